/**
 * What is damaged here, from what lies at the service: keys of days from this device's own published ring, and records from its parts and
 * those of the others. Nothing is taken away for it.
 */
import { fromBase64Url } from '../base/bytes.ts';
import type { Day } from '../base/clock.ts';
import { ok, type Result } from '../base/result.ts';
import { signerOf } from './account-state.ts';
import { eventsAtService, partsByDay } from './away.ts';
import { addEvents, type PullSession } from './parts.ts';
import { publishedBefore } from './rings.ts';
import type { TransportFailure } from './transport.ts';

export interface Mended {
  /** Keys that open now. */
  readonly keys: number;
  /** Days of which parts are missing at the service, or do not open. */
  readonly lacking: readonly Day[];
}

export async function mendFromService(
  session: PullSession,
  days: readonly Day[],
): Promise<Result<Mended, TransportFailure>> {
  const { store, account } = session;
  const needed = async () =>
    (await Promise.all(days.map((day) => store.closedKeys(day))))
      .flat()
      .filter((name) => name.store === 'interactions');
  const names = await needed();
  const published = await publishedBefore(session, signerOf(store, account.account), names);
  if (!published.ok) return published;
  const found = published.value.flatMap(({ day, generation, key }) => {
    const raw = fromBase64Url(key);
    return raw?.length === 32 ? [{ store: 'interactions' as const, day, generation, raw }] : [];
  });
  const keys = await store.exclusive(async () => {
    // What was deleted while the service was asked has no key any more, and gets none back.
    const now = new Set((await needed()).map(({ day, generation }) => `${day}/${generation}`));
    return store.vault.mend(found.filter(({ day, generation }) => now.has(`${day}/${generation}`)));
  });
  const lacking: Day[] = [];
  const parts = await partsByDay(store);
  for (const day of days) {
    const at = await eventsAtService(session, day, parts.get(day) ?? []);
    if (!at.ok) return at;
    if (at.value.missing > 0) lacking.push(day);
    await addEvents(session, new Map([[day, at.value.events]]));
  }
  return ok({ keys, lacking });
}
