/** Helps with what does not open: says what it is, tries what could open it, and only last takes it away. */
import type { Bytes } from '../../base/bytes.ts';
import type { Day } from '../../base/clock.ts';
import { randomId } from '../../base/random.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { ClosedDay, ClosedReport } from '../../model/closed.ts';
import { logSteps } from '../../sync/erasures.ts';
import { mastersByPhrase } from '../../sync/recovery.ts';
import { serviceAddress, Transport } from '../../sync/transport.ts';
import { countBroken, readUnread } from '../../sync/unread.ts';
import type { Profile } from './profile.ts';
import type { Sync } from './sync.ts';

interface Parts {
  readonly profile: Profile;
  readonly sync: Sync;
}

/** Opens everything, and changes nothing. */
export async function closedReport(
  { profile }: Parts,
  { mended, lacking }: Pick<ClosedReport, 'mended' | 'lacking'> = { mended: 0, lacking: [] },
): Promise<ClosedReport> {
  const { store, clock } = profile;
  const days: ClosedDay[] = [];
  for await (const { day, damaged, records } of store.recordsByDay('newest')) {
    if (damaged === 0) continue;
    const needs = (await store.closedKeys(day)).map(({ store: of, generation, why }) => ({
      of: of === 'months' ? ('month' as const) : ('day' as const),
      generation,
      why,
    }));
    const counted = await store.countedRecords(day);
    days.push({
      day,
      rows: damaged,
      records: Math.max(0, counted - records.length),
      open: records.length,
      needs,
    });
  }
  profile.damagedRows = days.reduce((sum, { rows }) => sum + rows, 0);
  profile.changed();
  return { madeMs: clock.nowMs(), days, objects: countBroken(await readUnread(store)), mended, lacking };
}

const closedDays = async (parts: Parts): Promise<Day[]> =>
  (await closedReport(parts)).days.map(({ day }) => day);

/** Asks what the account has: keys that this device published, and records that it and others sent. */
export async function fetchClosed(parts: Parts): Promise<Result<ClosedReport>> {
  const found = await parts.sync.mend(await closedDays(parts));
  if (!found.ok) return found;
  return ok(await closedReport(parts, { mended: found.value.keys, lacking: found.value.lacking }));
}

/** Looks whether one of the master keys that the phrase leads to opens keys of this profile. */
export async function tryPhrase(
  parts: Parts,
  typedUrl: string,
  secret: Bytes,
): Promise<Result<ClosedReport>> {
  const url = serviceAddress(typedUrl.trim());
  if (url === null)
    return fail(
      'bad-address',
      'Use an address that starts with https://, or http:// for this computer itself.',
    );
  const { store, clock } = parts.profile;
  const masters = await mastersByPhrase(new Transport(url, clock), secret);
  if (!masters.ok) return masters;
  const mended = await store.exclusive(async () =>
    store.vault.mend(await store.vault.openedBy(masters.value)),
  );
  return ok(await closedReport(parts, { mended, lacking: [] }));
}

/**
 * The last thing: takes out of these days what does not open. What opens stays. In an account the service is asked first, because what
 * lies there would be replaced by what is left here.
 */
export async function eraseClosed(parts: Parts, days: readonly Day[]): Promise<Result<ClosedReport>> {
  const { store, clock } = parts.profile;
  let lacking: readonly Day[] = [];
  if (store.syncing) {
    const found = await parts.sync.mend(days);
    if (!found.ok) return found;
    lacking = found.value.lacking;
  }
  const dropped = days.filter((day) => !lacking.includes(day));
  if (dropped.length > 0) {
    const records = await store.dropClosed(dropped);
    const atMs = clock.nowMs();
    await logSteps(store, { purge: randomId(), reason: 'person', kind: 'closed', records, atMs });
  }
  parts.sync.changed();
  return ok(await closedReport(parts, { mended: 0, lacking }));
}
