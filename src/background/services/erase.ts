/** What a person points at when they delete something: what it comes to now, and how much that is. */
import { type Day, dayOf, HOUR_MS } from '../../base/clock.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { InteractionRecord } from '../../model/interaction.ts';
import { type PageQuery, typedQueries } from '../../model/page-query.ts';
import { PURGE_KIND_OF, type PurgeKind } from '../../model/purge.ts';
import {
  type EraseCount,
  type EraseQuestion,
  type EraseTarget,
  matchesFilter,
  targetedBy,
} from '../../model/selector.ts';
import type { Services } from '../services.ts';
import type { Ephemeral } from './ephemeral.ts';
import type { Profile } from './profile.ts';
import { daysOf, search } from './search.ts';
import type { Sync } from './sync.ts';
import { unlessDamaged } from './unless-damaged.ts';

type Counted = Pick<Services, 'profile' | 'ephemeral' | 'sync'>;

/** So many pages of a search are deleted at once: other devices are told of each. */
export const MOST_PAGES = 2_000;

export interface Meaning {
  readonly kind: PurgeKind;
  readonly targets: readonly EraseTarget[];
}

/** What a question comes to now. */
export async function meaningOf(
  profile: Profile,
  ephemeral: Ephemeral,
  question: EraseQuestion,
): Promise<Result<Meaning>> {
  if (question.what === 'found') return foundMeaning(profile, ephemeral, question);
  if (question.what === 'hour') {
    const nowMs = profile.clock.nowMs();
    const target = { what: 'range', fromMs: nowMs - HOUR_MS, toMs: nowMs + 1 } as const;
    return ok({ kind: 'hour', targets: [target] });
  }
  return ok({ kind: PURGE_KIND_OF[question.what], targets: [question] });
}

/**
 * Everything that a search finds: the pages themselves, or, where only a span of time or a kind was asked for, the records of
 * them that were.
 */
async function foundMeaning(
  profile: Profile,
  ephemeral: Ephemeral,
  { text, site, fromMs, toMs, kind }: Extract<EraseQuestion, { what: 'found' }>,
): Promise<Result<Meaning>> {
  const filter = { site, fromMs, toMs, kind };
  const { hits } = await search(profile, ephemeral, { text, ...filter, limit: MOST_PAGES + 1 });
  if (hits.length > MOST_PAGES)
    return fail(
      'too-many',
      `This search finds more than ${MOST_PAGES.toLocaleString()} pages. Add a word, a site or days, or delete by site or by time on the "Your data" page.`,
    );
  const urls = new Set(hits.map(({ url }) => url));
  if (kind === undefined && fromMs === undefined && toMs === undefined)
    return ok({ kind: 'search', targets: [...urls].map((url) => ({ what: 'page', url })) });
  const isFound = (record: InteractionRecord) =>
    record.kind !== 'reduced' && urls.has(record.url) && matchesFilter(record, filter);
  const targets = new Map<string, EraseTarget>();
  const add = (record: InteractionRecord) =>
    targets.set(record.id, {
      what: 'record',
      id: record.id,
      day: dayOf(record.atMs),
      ...('url' in record ? { url: record.url } : {}),
    });
  for (const record of await ephemeral.records()) if (isFound(record)) add(record);
  const seen = new Set<Day>();
  for (const query of typedQueries(text).map((typed): PageQuery => ({ ...filter, ...typed })))
    for await (const day of profile.store.candidateDays(query)) {
      if (seen.has(day)) continue;
      seen.add(day);
      for (const record of await profile.store.recordsOfDay(day)) if (isFound(record)) add(record);
    }
  return ok({ kind: 'search', targets: [...targets.values()] });
}

/** Of several: where any of them can be; `undefined`: perhaps everywhere. */
export async function daysOfAll(
  profile: Profile,
  targets: readonly EraseTarget[],
): Promise<Day[] | undefined> {
  const days = new Set<Day>();
  for (const target of targets) {
    const own = await daysOf(profile, target);
    if (own === undefined) return undefined;
    for (const day of own) days.add(day);
  }
  return [...days];
}

export async function countErased(
  { profile, ephemeral, sync }: Counted,
  question: EraseQuestion,
): Promise<Result<EraseCount>> {
  const { store, context } = profile;
  const meaning = await meaningOf(profile, ephemeral, question);
  if (!meaning.ok) return meaning;
  const { targets } = meaning.value;
  return context.queries.measure({}, async (tally) => {
    const isMeant = targetedBy(targets);
    const targeted = (record: InteractionRecord) => {
      tally.rowsRead += 1;
      return isMeant(record);
    };
    const inMemory = (await ephemeral.records()).filter(targeted).length;
    const stored = inMemory + (await store.countTargeted(targeted, await daysOfAll(profile, targets)));
    tally.rowsReturned = stored;
    let [count, archivedDays, awayDays] = [stored, 0, 0];
    for (const target of targets) {
      const filed = await unlessDamaged(store.archives.filed(target));
      const away = await sync.days.meant(target);
      count += (filed?.records ?? 0) + away.records;
      archivedDays = Math.max(archivedDays, filed?.days ?? 0);
      awayDays = Math.max(awayDays, away.days);
    }
    return ok({
      count,
      ...(archivedDays > 0 ? { archivedDays } : {}),
      ...(awayDays > 0 ? { awayDays } : {}),
    });
  });
}

/** Said after what cannot be deleted. */
export const DELETE_BY_SITE = 'Delete by site or by time on the "Your data" page.';
const TOO_MANY_IN_ALL = `So much was deleted page by page in your account that no more pages of a search can be told to your other devices. ${DELETE_BY_SITE}`;

/** Whether the account has no room for the commands of so many pages or records. There is always room for one. */
export const isTooMuch = async (sync: Pick<Sync, 'deleting'>, count: number): Promise<boolean> =>
  count > 1 && !(await sync.deleting.takes(count));

/** Deletes, and resolves with how many records that are. It can be undone for some seconds. */
export async function eraseRecords(
  { profile, ephemeral, erasures, sync }: Services,
  question: EraseQuestion,
): Promise<Result<{ readonly count: number }>> {
  const meaning = await meaningOf(profile, ephemeral, question);
  if (!meaning.ok) return meaning;
  if (await isTooMuch(sync, meaning.value.targets.length)) return fail('too-many', TOO_MANY_IN_ALL);
  return ok({ count: await erasures.flag({ ...meaning.value, reason: 'person' }) });
}
