/** What a store answers, and two months of interactions to ask for. */
import { DAY_MS, HOUR_MS } from '../../src/base/clock.ts';
import { exportWriter } from '../../src/lifecycle/export-format.ts';
import { type PageQuery, typedQuery } from '../../src/model/page-query.ts';
import type { InteractionFilter } from '../../src/model/query.ts';
import type { NewInteraction } from '../../src/model/user-interaction.ts';
import type { ContextProfile } from '../support/context-on-profile.ts';
import { clickAt, reducedAt, searchAt, visitAt } from '../support/some-interactions.ts';

/** Every sort of interaction, today, this month and in the two months before; `whale` and `garden` on two sites each. */
export const someInteractions = (nowMs: number): NewInteraction[] => [
  visitAt(nowMs - 60_000, 'https://sea.example/whales', { title: 'Whale songs', dwellMs: 30_000 }),
  clickAt(nowMs - 50_000, 'button', 'Play the whale'),
  visitAt(nowMs - DAY_MS, 'https://green.example/beds', { title: 'Garden beds', id: 'given.0.1' }),
  searchAt(nowMs - DAY_MS + 1000, 'garden soil'),
  visitAt(nowMs - 30 * DAY_MS, 'https://www.sea.example/tide', { title: 'Tide of the whale' }),
  reducedAt(nowMs - 30 * DAY_MS - 3 * HOUR_MS, 'search'),
  visitAt(nowMs - 31 * DAY_MS, 'https://green.example/shed', { title: 'Garden shed', dwellMs: 5_000 }),
  visitAt(nowMs - 60 * DAY_MS, 'https://green.example/beds', { title: 'Garden beds' }),
  searchAt(nowMs - 61 * DAY_MS, 'whale garden'),
];

export async function foundUrls({ profile }: ContextProfile, text: string, more: Partial<PageQuery> = {}) {
  const found: string[] = [];
  for await (const { page } of profile.store.findPages({ ...typedQuery(text), ...more }))
    found.push(page.url);
  return found;
}

/** The text of a whole export, but for the time it was made at. */
export async function exported({ profile }: ContextProfile): Promise<string> {
  const writer = exportWriter('json');
  let text = writer.start(new Date(0));
  for await (const { records } of profile.store.recordsByDay('oldest')) text += writer.records(records);
  return text + writer.end();
}

const FILTERS: readonly InteractionFilter[] = [
  {},
  { text: 'whale' },
  { text: 'gard be' },
  { site: 'sea.example' },
  { type: 'search' },
  { text: 'garden', type: 'visit', limit: 2 },
  { text: 'nothing' },
];

/** Everything that can be asked, in one value: two stores that answer the same have the same of it. */
export async function answersOf(both: ContextProfile): Promise<Record<string, unknown>> {
  const { storage, profile } = both;
  const answers: Record<string, unknown> = {
    // The order of a record's fields is no promise.
    export: JSON.parse(await exported(both)),
    count: await profile.store.recordCount(),
    stats: await storage.getContextStats('all'),
    month: await storage.getContextStats('month'),
    days: await profile.store.days(),
  };
  for (const filter of FILTERS)
    answers[`query ${JSON.stringify(filter)}`] = await storage.queryInteractions(filter);
  for (const text of ['', 'whale', 'garden', 'garden-shed', 'green.example/beds'])
    answers[`pages ${text}`] = await foundUrls(both, text);
  return answers;
}
