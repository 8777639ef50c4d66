/**
 * Putting right what is recorded. A record is not changed: a version of its own is added under another id, then the old one is
 * erased with the key that opened it, here and, by an erase command, on the other devices, which get the new one through sync.
 * Ids of new versions follow from the request, so that a worker that was stopped in between does nothing twice. Days that are at the
 * sync service only come back for it; what is in files only stays as it is, and that is said.
 */
import { utf8 } from '../../base/bytes.ts';
import type { Day } from '../../base/clock.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { cleanTitle } from '../../capture/capture.ts';
import { sha256 } from '../../crypto/primitives.ts';
import {
  type Correctable,
  type Correction,
  type CorrectionOfRecords,
  type DaysElsewhere,
  REQUEST_LIMITS,
} from '../../model/data-request.ts';
import { IMPORTED, type InteractionEvent, type InteractionRecord } from '../../model/interaction.ts';
import { DamagedError } from '../../storage/database.ts';
import { timeInAll } from '../../storage/imported-time.ts';
import type { Services } from '../services.ts';
import { isTooMuch } from './erase.ts';
import type { Profile } from './profile.ts';
import { daysOf, recordsOfPage } from './search.ts';
import { unlessDamaged } from './unless-damaged.ts';

type Reaching = Pick<Services, 'profile' | 'sync' | 'budget' | 'erasures'>;
type Rectifying = Reaching & Pick<Services, 'unsealing'>;

/** Records that are looked at to show what there is to put right. */
const MAX_SHOWN = 2_000;

/** What can be put right of one page, the most frequent first. What lives in memory only ends by itself. */
export async function correctable(
  services: Reaching & Pick<Services, 'ephemeral'>,
  url: string,
): Promise<Correctable> {
  const { profile, ephemeral } = services;
  const elsewhere = await reach(services, url);
  const inMemory = new Set((await ephemeral.records()).map(({ id }) => id));
  const page = await recordsOfPage(profile, ephemeral, { url, limit: MAX_SHOWN });
  const records = page.records.filter(({ id }) => !inMemory.has(id));
  return {
    titles: counted(records.flatMap((one) => ('title' in one ? [one.title] : []))),
    queries: counted(records.flatMap((one) => (one.kind === 'search' ? [one.query] : []))),
    elsewhere,
  };
}

/** Days that may have this address and are at the sync service only come back, as far as there is room. Says what is still elsewhere. */
async function reach({ profile, sync, budget, erasures }: Reaching, url: string): Promise<DaysElsewhere> {
  const target = { what: 'page', url } as const;
  const away = await sync.days.of(target);
  // What comes back is not meant by a deletion that waits.
  if (away.length > 0) await erasures.settle();
  const left = away.length === 0 ? [] : await budget.fetchDays(away);
  const filed = await unlessDamaged(profile.store.archives.filed(target));
  return { away: left.length, filed: filed?.days ?? 0 };
}

function counted(texts: readonly string[]): { text: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([text, count]) => ({ text, count })).sort((a, b) => b.count - a.count);
}

/** `null` for records that are not meant. */
export function correctedBy(
  record: InteractionRecord,
  wanted: CorrectionOfRecords,
): InteractionRecord | null {
  if (record.kind === 'reduced' || record.url !== wanted.url) return null;
  if (wanted.what === 'title')
    return 'title' in record && record.title === wanted.from
      ? { ...record, title: cleanTitle(wanted.to) }
      : null;
  // The page of results was visited, and clicked on, under an address that says the query, too.
  const url = withQuery(record.url, wanted.from, wanted.to);
  if (record.kind === 'search')
    return record.query === wanted.from ? { ...record, query: wanted.to, url } : null;
  return url === record.url ? null : { ...record, url };
}

/** The address of a page of results says what was searched, too. */
function withQuery(address: string, from: string, to: string): string {
  const url = new URL(address);
  for (const [name, value] of [...url.searchParams]) if (value === from) url.searchParams.set(name, to);
  return url.href.length <= 4096 ? url.href : address;
}

/** 48 bits that the request and the old record decide, spelled like an imported one's. */
export async function newId(profile: Profile, request: string, old: string): Promise<string> {
  const hash = await sha256(utf8(`arq/rectified/1 ${request} ${old}`));
  const number = hash.subarray(0, 6).reduce((sum, byte) => sum * 256 + byte, 0);
  return `${profile.store.vault.deviceId}.${IMPORTED}.${number.toString(36)}`;
}

interface Meant {
  readonly old: Exclude<InteractionRecord, { kind: 'reduced' }>;
  readonly day: Day;
  /** The new version: a visit, and how much time was spent on it. */
  readonly events: readonly InteractionEvent[];
}

/** The newest that are meant, at most `REQUEST_LIMITS.records`, and how many more there are. */
async function meantBy(
  profile: Profile,
  request: string,
  wanted: CorrectionOfRecords,
): Promise<{ readonly meant: readonly Meant[]; readonly more: number }> {
  const days = (await daysOf(profile, { what: 'page', url: wanted.url })) ?? [];
  const found: { old: Meant['old']; day: Day; to: InteractionRecord }[] = [];
  for (const day of [...days].sort().reverse())
    for (const old of (await profile.store.recordsOfDay(day)).reverse()) {
      const to = correctedBy(old, wanted);
      // A text that the correction leaves as it is: nothing to do.
      if (to && old.kind !== 'reduced' && JSON.stringify(to) !== JSON.stringify(old))
        found.push({ old, day, to });
    }
  const taken = found.slice(0, REQUEST_LIMITS.records);
  const meant = await Promise.all(
    taken.map(async ({ old, day, to }): Promise<Meant> => {
      const id = await newId(profile, request, old.id);
      const { dwellMs = 0, ...rest } = { ...to, id } as InteractionRecord & { dwellMs?: number };
      const event = rest as InteractionEvent;
      return { old, day, events: dwellMs > 0 ? [event, await timeInAll(event, dwellMs)] : [event] };
    }),
  );
  return { meant, more: found.length - taken.length };
}

export interface Rectified {
  readonly records: number;
  /** Records that are meant, too, but were more than are corrected at once. */
  readonly more: number;
  readonly elsewhere: DaysElsewhere;
}

const NO_ROOM =
  'So much was deleted page by page in your account that no more old versions can be taken back from your other devices. Nothing more was corrected.';

/**
 * Fails, and corrects nothing, when the account takes no more commands.
 * @throws DamagedError when something damaged keeps an old version.
 */
export async function rectifyRecords(
  services: Rectifying,
  request: string,
  wanted: CorrectionOfRecords,
): Promise<Result<Rectified>> {
  const { profile, sync, unsealing } = services;
  await unsealing.settle();
  const elsewhere = await reach(services, wanted.url);
  const { meant, more } = await meantBy(profile, request, wanted);
  if (meant.length === 0) return ok({ records: 0, more, elsewhere });
  if (await isTooMuch(sync, meant.length)) return fail('too-many', NO_ROOM);
  const redacted = new Map<Meant, readonly InteractionEvent[]>();
  for (const one of meant) redacted.set(one, (await profile.sensitive.redact(one.events)).events);
  await profile.storing(() =>
    profile.store.importDays(async (known) => {
      const days = new Map<Day, readonly InteractionEvent[]>();
      // What was deleted since it was looked for does not come back corrected.
      for (const [{ old, day }, events] of redacted)
        if ((await known(day)).some(({ id }) => id === old.id))
          days.set(day, [...(days.get(day) ?? []), ...events]);
      return { days };
    }),
  );
  await eraseExactly(
    services,
    meant.map((one) => {
      const [now] = redacted.get(one) ?? [];
      const { id, url } = one.old;
      // Links to its page stay, unless the page has another address now.
      const isSame = now !== undefined && 'url' in now && now.url === url;
      return { id, day: one.day, ...(isSame ? {} : { url }) };
    }),
  );
  sync.changed();
  return ok({ records: meant.length, more, elsewhere });
}

/** Takes new versions back whose old one is still there. */
export async function unrectify(
  services: Rectifying,
  request: string,
  wanted: CorrectionOfRecords,
): Promise<void> {
  const { profile } = services;
  const { meant } = await meantBy(profile, request, wanted);
  const added = meant.map(({ day, events }) => ({ day, id: events[0]?.id ?? '' }));
  const there: { day: Day; id: string }[] = [];
  for (const one of added)
    if ((await profile.store.recordsOfDay(one.day)).some(({ id }) => id === one.id)) there.push(one);
  if (there.length > 0) await eraseExactly(services, there);
}

/**
 * Erases records by their ids, at once, and lets the other devices know of each. `url`: links to it go, too.
 * @throws DamagedError when something damaged keeps one of them.
 */
async function eraseExactly(
  { profile, erasures }: Rectifying,
  records: readonly { readonly id: string; readonly day: Day; readonly url?: string }[],
): Promise<void> {
  const ids = new Set(records.map(({ id }) => id));
  const targets = records.map((record) => ({ what: 'record', ...record }) as const);
  const days = [...new Set(records.map(({ day }) => day))];
  await erasures.flag({ targets, kind: 'visit', reason: 'person', days, now: true, linksStay: true });
  for (const day of days)
    if ((await profile.store.recordsOfDay(day)).some(({ id }) => ids.has(id))) throw new DamagedError(KEPT);
}

const KEPT =
  'The right text is stored, but the wrong one is still there, because stored data of its day is damaged.';

/** The profile's own facts. The former value is overwritten, and what the browser still has of it in its logs is pushed out. */
export async function rectifyProfile(
  { profile }: Pick<Services, 'profile'>,
  { what, to }: Extract<Correction, { what: 'language' | 'timezone' }>,
): Promise<void> {
  await profile.context.changePreferences({ [what]: to });
  await profile.context.profile();
  await profile.store.pushOut();
}

/** What is wrong with a correction, as a sentence; `null` when nothing is. */
export function correctionFault(correction: Correction): string | null {
  try {
    if (correction.what === 'language') new Intl.Locale(correction.to);
    if (correction.what === 'timezone') new Intl.DateTimeFormat('en', { timeZone: correction.to });
    if ('url' in correction) new URL(correction.url);
  } catch {
    if (correction.what === 'language') return 'That is not a language. Type it like en or pt-BR.';
    if (correction.what === 'timezone') return 'That is not a time zone. Type it like Europe/Lisbon.';
    return 'That is not the address of a page.';
  }
  return null;
}
