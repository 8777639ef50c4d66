/** Saving interactions that come from elsewhere, and asking for them. */
import { toBase64Url, utf8 } from '../base/bytes.ts';
import { DAY_MS, type Day, dayOf, dayStartMs } from '../base/clock.ts';
import { sha256 } from '../crypto/primitives.ts';
import type { InteractionEvent, InteractionRecord } from '../model/interaction.ts';
import { searchDetail } from '../model/page.ts';
import type { ParsedFilter } from '../model/query.ts';
import { matchesFilter } from '../model/selector.ts';
import { type NewInteraction, type UserInteraction, viewOf } from '../model/user-interaction.ts';
import { addressText, eachWord } from '../model/words.ts';
import { timeInAll } from '../storage/imported-time.ts';
import type { LocalStore } from '../storage/local-store.ts';
import type { Tally } from './metrics.ts';

/** 128 bits that the content decides, spelled as the device of an event's id is. */
const digestOf = async (value: unknown): Promise<string> =>
  toBase64Url((await sha256(utf8(JSON.stringify(value)))).subarray(0, 16));

/** A visit with time spent is two events, as if it had been imported: the visit, then how much it was in all. */
async function eventsOf(interaction: NewInteraction): Promise<InteractionEvent[]> {
  const { timestamp, id: given, dwellMs, ...rest } = interaction as NewInteraction & { dwellMs?: number };
  const atMs = timestamp.getTime();
  const id = given ?? `${await digestOf(['arq/interaction/1', atMs, Object.entries(rest).sort()])}.0.1`;
  const event = { ...rest, id, atMs } as InteractionEvent;
  return event.kind === 'visit' && dwellMs ? [event, await timeInAll(event, dwellMs)] : [event];
}

/**
 * Each id once on its day, however often it is saved (days are not searched for ids of other days); of a record that is there nothing is changed. Day by day, each in one durable
 * step that also queues it for sync: after an interruption the same call saves the rest.
 */
export async function saveInteractions(
  store: LocalStore,
  interactions: readonly NewInteraction[],
  signal: AbortSignal | undefined,
): Promise<number> {
  const days = new Map<Day, InteractionEvent[][]>();
  for (const interaction of interactions) {
    const day = dayOf(interaction.timestamp.getTime());
    const events = await eventsOf(interaction);
    const ofDay = days.get(day);
    if (ofDay) ofDay.push(events);
    else days.set(day, [events]);
  }
  let saved = 0;
  for (const [day, records] of [...days].sort(([a], [b]) => (a < b ? -1 : 1))) {
    signal?.throwIfAborted();
    let fresh: InteractionEvent[][] = [];
    await store.importDay(day, async (known) => {
      const ids = new Set(known.map(({ id }) => id));
      fresh = records.filter(([record]) => {
        const isNew = record !== undefined && !ids.has(record.id);
        if (isNew) ids.add(record.id);
        return isNew;
      });
      return { events: fresh.flat() };
    });
    saved += fresh.length;
  }
  return saved;
}

/** Newest first. `tally.rowsRead` counts records that were looked at. */
export async function* findInteractions(
  store: LocalStore,
  filter: ParsedFilter,
  signal: AbortSignal | undefined,
  tally: Tally,
): AsyncGenerator<UserInteraction> {
  let left = filter.limit;
  if (left <= 0) return;
  for await (const day of daysOf(store, filter)) {
    signal?.throwIfAborted();
    const records = await store.recordsOfDay(day);
    signal?.throwIfAborted();
    for (let i = records.length - 1; i >= 0; i--) {
      const record = records[i] as InteractionRecord;
      tally.rowsRead += 1;
      if (!matchesFilter(record, filter) || !matchesWords(record, filter.words)) continue;
      yield viewOf(record);
      left -= 1;
      if (left <= 0) return;
    }
  }
}

/**
 * Days to look at, newest first. The index knows pages, and records of level `anonymous` have none: it is asked only where
 * none of those can match.
 */
async function* daysOf(store: LocalStore, filter: ParsedFilter): AsyncGenerator<Day> {
  if (filter.words.length > 0 || filter.site !== undefined) {
    yield* store.candidateDays(filter);
    return;
  }
  for (const day of await store.days()) {
    const startMs = dayStartMs(day);
    if (filter.toMs !== undefined && startMs >= filter.toMs) continue;
    if (filter.fromMs !== undefined && startMs + DAY_MS <= filter.fromMs) return;
    yield day;
  }
}

/** Each word is the beginning of some word of the record. The same texts are in the index (`pagesOf`), so no day is missed. */
export function matchesWords(record: InteractionRecord, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  if (record.kind === 'reduced') return false;
  const left = new Set(words);
  const strike = (word: string) => {
    for (const beginning of left) if (word.startsWith(beginning)) left.delete(beginning);
  };
  eachWord(addressText(record.url), strike);
  if (record.kind === 'search') eachWord(searchDetail(record.engine, record.query), strike);
  else eachWord(record.title, strike);
  if (record.kind === 'click') eachWord(record.text, strike);
  return left.size === 0;
}
