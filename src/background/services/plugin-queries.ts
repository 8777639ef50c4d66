/** Answers what an allowed extension asks: newest first, of public records alone, in the fields that were chosen. */
import { DAY_MS, dayOf, HOUR_MS } from '../../base/clock.ts';
import { isPublic, publicView } from '../../capture/public-view.ts';
import { categoryOf } from '../../capture/site-category.ts';
import type { Tally } from '../../context/metrics.ts';
import {
  type ExternalAnswer,
  type ExternalErrorCode,
  MAX_ITEMS,
  type PluginQuery,
  type PublicCount,
} from '../../messaging/external.ts';
import type { InteractionRecord } from '../../model/interaction.ts';
import { hostOf } from '../../model/page.ts';
import type { AllowedPlugin, PluginField } from '../../model/plugins.ts';
import { itemHasWords, type PublicItem } from '../../model/public-item.ts';
import { queryWords } from '../../model/words.ts';
import type { Profile } from './profile.ts';

const DEFAULT_SPAN_MS = 7 * DAY_MS;
/** Days are opened one by one, whatever is public on them. */
const MAX_SPAN_MS = 31 * DAY_MS;
const DEFAULT_ITEMS = 20;

/** Fields that items of this kind can have. */
const ITEM_FIELDS = {
  visits: ['host', 'category', 'url', 'title', 'hour'],
  searches: ['host', 'category', 'url', 'searchQuery', 'hour'],
} as const satisfies Record<string, readonly PluginField[]>;

export interface Answered {
  readonly answer: ExternalAnswer & { readonly ok: true };
  /** That the answer may have, for the log. */
  readonly fields: readonly PluginField[];
  readonly records: number;
  readonly byWords: boolean;
}

interface Span {
  readonly fromMs: number;
  /** Not included. */
  readonly toMs: number;
}

/**
 * Full hours only, and only for who may know the hour: else asking for ever smaller spans would tell the time of a record to
 * the millisecond.
 */
function spanOf(
  query: { readonly from?: number | undefined; readonly to?: number | undefined },
  fields: readonly PluginField[],
  nowMs: number,
): Span | ExternalErrorCode {
  const { from, to } = query;
  if ((from !== undefined || to !== undefined) && !fields.includes('hour')) return 'not-allowed-field';
  if ((from ?? 0) % HOUR_MS !== 0 || (to ?? 0) % HOUR_MS !== 0) return 'bad-span';
  const toMs = to ?? nowMs + 1;
  const fromMs = from ?? Math.max(0, toMs - DEFAULT_SPAN_MS);
  return fromMs < toMs && toMs - fromMs <= MAX_SPAN_MS ? { fromMs, toMs } : 'bad-span';
}

/** Records of the span, newest first. */
async function* recordsOf({ store }: Profile, { fromMs, toMs }: Span, tally: Tally) {
  const [first, last] = [dayOf(fromMs), dayOf(toMs - 1)];
  for (const day of await store.days()) {
    if (day > last) continue;
    if (day < first) return;
    const records: readonly InteractionRecord[] = await store.recordsOfDay(day);
    for (const record of records.toReversed()) {
      tally.rowsRead += 1;
      if (record.atMs >= fromMs && record.atMs < toMs) yield record;
    }
  }
}

async function items(
  profile: Profile,
  { fields }: AllowedPlugin,
  query: PluginQuery & { kind: 'visits' | 'searches' },
  span: Span,
): Promise<PublicItem[]> {
  const { kind, words: typed = '', limit = DEFAULT_ITEMS } = query;
  const words = queryWords(typed);
  // Only signs that are no words: nothing can match, which is not the same as no words.
  if (words.length === 0 && typed.trim() !== '') return [];
  const chosen = new Set(fields);
  const found: PublicItem[] = [];
  return profile.context.queries.measure({}, async (tally) => {
    for await (const record of recordsOf(profile, span, tally)) {
      if (record.kind !== (kind === 'visits' ? 'visit' : 'search')) continue;
      const item = publicView(record, chosen, profile.settings);
      if (item && itemHasWords(item, words)) found.push(item);
      if (found.length === limit) break;
    }
    tally.rowsReturned = found.length;
    return found;
  });
}

function counts(profile: Profile, span: Span): Promise<{ counts: PublicCount[]; records: number }> {
  const byCategory = new Map<string, { visits: number; searches: number }>();
  return profile.context.queries.measure({}, async (tally) => {
    let records = 0;
    for await (const record of recordsOf(profile, span, tally)) {
      if (!isPublic(record, profile.settings)) continue;
      const category = categoryOf(hostOf(record.url));
      const count = byCategory.get(category) ?? { visits: 0, searches: 0 };
      if (record.kind === 'visit') count.visits += 1;
      else count.searches += 1;
      byCategory.set(category, count);
      records += 1;
    }
    tally.rowsReturned = byCategory.size;
    const sorted = [...byCategory].map(([category, count]) => ({ category, ...count }));
    sorted.sort(
      (a, b) => b.visits + b.searches - (a.visits + a.searches) || (a.category < b.category ? -1 : 1),
    );
    return { counts: sorted.slice(0, MAX_ITEMS), records };
  });
}

/** @throws what reading the store does. */
export async function answerQuery(
  profile: Profile,
  access: AllowedPlugin,
  query: PluginQuery,
): Promise<Answered | ExternalErrorCode> {
  const { fields, untilMs } = access;
  if (query.kind === 'access')
    return { answer: { arq: 1, ok: true, fields, until: untilMs }, fields: [], records: 0, byWords: false };
  const given = query.kind === 'counts' ? (['counts'] as const) : ITEM_FIELDS[query.kind];
  const used = fields.filter((field) => (given as readonly PluginField[]).includes(field));
  if (used.length === 0) return 'not-allowed-field';
  const span = spanOf(query, fields, profile.clock.nowMs());
  if (typeof span === 'string') return span;
  if (query.kind === 'counts') {
    const { counts: sums, records } = await counts(profile, span);
    return { answer: { arq: 1, ok: true, counts: sums }, fields: used, records, byWords: false };
  }
  const found = await items(profile, access, query, span);
  return {
    answer: { arq: 1, ok: true, items: found },
    fields: used,
    records: found.length,
    byWords: (query.words ?? '').trim() !== '',
  };
}
