/**
 * What is known here of archives: which days are in files, and what was erased since those were made. One sealed record, so
 * that both change in one step. Sites and addresses that were erased are in it as keyed hashes only: nobody who opens it reads
 * what the person wanted gone.
 */
import * as v from 'valibot';
import type { Bytes } from '../base/bytes.ts';
import { DAY_MS, type Day, dayOf, dayStartMs } from '../base/clock.ts';
import { foldEvents, type InteractionEvent, type InteractionRecord, recordOf } from '../model/interaction.ts';
import { MAX_TIME_MS } from '../model/interaction-fields.ts';
import { type MeantAs, withoutLinks } from '../model/links.ts';
import { domainsOf } from '../model/rules.ts';
import { type EraseTarget, isInRange, recordHost } from '../model/selector.ts';
import { DamagedError, type Database } from './database.ts';
import { inTransaction, STRICT } from './transaction.ts';
import type { Vault } from './vault.ts';

/** In `metadata`. */
const NAME = 'archives';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const time = v.pipe(v.number(), v.safeInteger());
const day = v.pipe(v.string(), v.isoDate());

const sectionSchema = v.strictObject({
  day,
  generation: whole,
  records: whole,
  /** Keyed hash of its events: says that the day is still what is in the file. */
  content: v.string(),
  /**
   * `made`: in a file that nobody said is safe; the day is here. `leaving`: it is being dropped. `out`: it is in the file only.
   * `here`: it is here, again or still, and the file may be somewhere.
   */
  state: v.picklist(['made', 'leaving', 'out', 'here']),
});
export type ArchivedSection = v.InferOutput<typeof sectionSchema>;

const n = { n: whole };
const erasedSchema = v.variant('what', [
  v.strictObject({ ...n, what: v.literal('record'), id: v.string() }),
  v.strictObject({ ...n, what: v.literal('page'), tag: v.string() }),
  v.strictObject({ ...n, what: v.literal('site'), tag: v.string() }),
  v.strictObject({ ...n, what: v.literal('range'), fromMs: time, toMs: time }),
]);
export type Erased = v.InferOutput<typeof erasedSchema>;

const listSchema = v.strictObject({
  /**
   * The file that waits for the person to say that it is safe. `keep`: sites that were left out of it. `stay`: the same with
   * those that were pinned when the person said so.
   */
  made: v.exactOptional(
    v.strictObject({
      id: v.string(),
      keep: v.array(v.string()),
      stay: v.exactOptional(v.array(v.string())),
    }),
  ),
  sections: v.array(sectionSchema),
  /** How many deletions were noted so far: the next one's number. */
  deletions: whole,
  erased: v.array(erasedSchema),
});
export type List = v.InferOutput<typeof listSchema>;

const EMPTY: List = { sections: [], deletions: 0, erased: [] };

export class ArchiveList {
  #known: Promise<List> | undefined;

  constructor(
    private readonly db: Database,
    private readonly vault: Vault,
  ) {}

  /** @throws DamagedError when it does not open. */
  read(): Promise<List> {
    if (!this.#known) {
      const reading = this.#read();
      this.#known = reading;
      // What failed is tried again.
      reading.catch(() => {
        if (this.#known === reading) this.#known = undefined;
      });
    }
    return this.#known;
  }

  async #read(): Promise<List> {
    const box = await this.db.get('metadata', NAME);
    if (box === undefined) return EMPTY;
    const parsed = v.safeParse(listSchema, await this.vault.openNamed(NAME, box as Bytes));
    if (!parsed.success) throw new DamagedError('The list of archives does not open.');
    return parsed.output;
  }

  /** The caller holds the write lock. */
  async write(list: List): Promise<void> {
    const box = await this.vault.sealNamed(NAME, list);
    this.#known = undefined;
    await inTransaction(this.db.transaction('metadata', 'readwrite', STRICT), (tx, ask) =>
      ask(tx.store.put(box, NAME)),
    );
  }

  async clear(): Promise<void> {
    this.#known = undefined;
    await this.db.delete('metadata', NAME);
  }
}

const siteTag = (vault: Vault, host: string): Promise<string> => vault.tagOf(`erased site ${host}`);
const pageTag = (vault: Vault, url: string): Promise<string> => vault.tagOf(`erased page ${url}`);

export const rangeOf = (
  target: EraseTarget,
): { readonly fromMs: number; readonly toMs: number } | undefined =>
  target.what === 'all' ? { fromMs: 0, toMs: MAX_TIME_MS + 1 } : target.what === 'range' ? target : undefined;

/** Whether a target takes all of a day. */
export function coversDay(target: EraseTarget, one: Day): boolean {
  const range = rangeOf(target);
  const startMs = dayStartMs(one);
  return range !== undefined && range.fromMs <= startMs && range.toMs >= startMs + DAY_MS;
}

/** Whether a target may take something of a day. */
export function touchesDay(target: EraseTarget, one: Day): boolean {
  const range = rangeOf(target);
  const startMs = dayStartMs(one);
  if (range) return range.fromMs < startMs + DAY_MS && range.toMs > startMs;
  return target.what !== 'record' || target.day === undefined || target.day === one;
}

/** Days of which spans take a part only. */
export function daysInPart(targets: readonly EraseTarget[]): Set<Day> {
  const days = new Set<Day>();
  for (const target of targets) {
    if (target.what !== 'range') continue;
    const ends = [target.fromMs, target.toMs - 1].map((ms) => Math.min(Math.max(ms, 0), MAX_TIME_MS));
    for (const day of ends.map(dayOf)) if (!coversDay(target, day)) days.add(day);
  }
  return days;
}

export async function noteOf(vault: Vault, target: EraseTarget, number: number): Promise<Erased> {
  switch (target.what) {
    case 'record':
      return { n: number, what: 'record', id: target.id };
    case 'page':
      return { n: number, what: 'page', tag: await pageTag(vault, target.url) };
    case 'site':
      return { n: number, what: 'site', tag: await siteTag(vault, target.host) };
    default: {
      const { fromMs, toMs } = rangeOf(target) as { fromMs: number; toMs: number };
      return { n: number, what: 'range', fromMs, toMs };
    }
  }
}

/** A test for "erased after a file with so many deletions before it was made". */
function erasedTest(
  vault: Vault,
  erased: readonly Erased[],
): (record: InteractionRecord, as?: MeantAs) => Promise<boolean> {
  const ids = new Set(erased.flatMap((one) => (one.what === 'record' ? [one.id] : [])));
  const tags = (what: 'page' | 'site') =>
    new Set(erased.flatMap((one) => (one.what === what ? [one.tag] : [])));
  const [pages, sites] = [tags('page'), tags('site')];
  const ranges = erased.filter((one) => one.what === 'range');
  const known = new Map<string, Promise<boolean>>();
  const siteErased = (host: string): Promise<boolean> => {
    let found = known.get(host);
    if (!found) {
      found = Promise.all(domainsOf(host).map((domain) => siteTag(vault, domain))).then((own) =>
        own.some((tag) => sites.has(tag)),
      );
      known.set(host, found);
    }
    return found;
  };
  return async (record, as) => {
    // What is named by its id says itself which links go with it.
    if (as !== 'linked' && ids.has(record.id)) return true;
    if (ranges.some((range) => isInRange(record, range))) return true;
    if (record.kind === 'reduced') return false;
    if (pages.size > 0 && pages.has(await pageTag(vault, record.url))) return true;
    const host = sites.size > 0 ? recordHost(record) : null;
    return host !== null && (await siteErased(host));
  };
}

/** Of a day's events, without records that were erased since, and without what belonged to those. */
export async function withoutErased(
  vault: Vault,
  events: readonly InteractionEvent[],
  erased: readonly Erased[],
  alsoErased?: (record: InteractionRecord, as?: MeantAs) => Promise<boolean>,
): Promise<readonly InteractionEvent[]> {
  if (erased.length === 0 && !alsoErased) return events;
  const test = erasedTest(vault, erased);
  const isMeant = async (record: InteractionRecord, as: MeantAs) =>
    (await test(record, as)) || (await alsoErased?.(record, as)) === true;
  const gone = new Set<string>();
  const urls = new Set<string>();
  for (const record of foldEvents(events)) {
    if (!(await isMeant(record, 'record'))) continue;
    gone.add(record.id);
    if ('url' in record && (await isMeant(record, 'linked'))) urls.add(record.url);
  }
  const left = events.filter((event) => !gone.has(recordOf(event)));
  return withoutLinks(
    left,
    async (record) => ('url' in record && urls.has(record.url)) || isMeant(record, 'link'),
  );
}
