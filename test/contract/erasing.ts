/** What is promised of erasing: gone from search, export and statistics at once and after a restart, and its key destroyed. */
import { DAY_MS } from '../../src/base/clock.ts';
import { type EraseTarget, isTargeted } from '../../src/model/selector.ts';
import type { ContextProfile } from '../support/context-on-profile.ts';
import { someContext, visitAt } from '../support/some-interactions.ts';
import { exported, foundUrls } from './answers.ts';
import { type Check, equal } from './check.ts';
import { visitEvent } from './durability.ts';
import { readRows, writeRows } from './raw-rows.ts';

const pages = (nowMs: number) => [
  visitAt(nowMs, 'https://keep.example/today', { title: 'Word keptone', id: 'd.0.1' }),
  visitAt(nowMs, 'https://gone.example/today', { title: 'Word goneone', id: 'd.0.2' }),
  visitAt(nowMs - DAY_MS, 'https://www.gone.example/yesterday', { title: 'Word gonetwo', id: 'd.0.3' }),
  visitAt(nowMs - 40 * DAY_MS, 'https://keep.example/old', { title: 'Word kepttwo', id: 'd.0.4' }),
  visitAt(nowMs - 40 * DAY_MS, 'https://gone.example/old', { title: 'Word gonethree', id: 'd.0.5' }),
];
/** The whole words, so that one does not find another. */
const WORDS = ['keptone', 'goneone', 'gonetwo', 'kepttwo', 'gonethree'];

const targets = (nowMs: number): readonly (readonly [string, EraseTarget, string[]])[] => [
  ['a record', { what: 'record', id: 'd.0.2' }, ['goneone']],
  ['a page', { what: 'page', url: 'https://gone.example/old' }, ['gonethree']],
  ['a site', { what: 'site', host: 'gone.example' }, ['goneone', 'gonetwo', 'gonethree']],
  [
    'a range of time',
    { what: 'range', fromMs: nowMs - 41 * DAY_MS, toMs: nowMs },
    ['gonetwo', 'kepttwo', 'gonethree'],
  ],
  ['everything', { what: 'all' }, WORDS],
];

async function expectGone(both: ContextProfile, gone: readonly string[], when: string): Promise<void> {
  const text = await exported(both);
  for (const word of WORDS) {
    const expected = gone.includes(word) ? 0 : 1;
    equal((await foundUrls(both, word)).length, expected, `${when}: pages for ${word}`);
    equal(
      (await both.storage.queryInteractions({ text: word })).length,
      expected,
      `${when}: records for ${word}`,
    );
    equal(text.includes(word), expected === 1, `${when}: ${word} in the export`);
  }
  const left = WORDS.length - gone.length;
  equal((await both.storage.getContextStats('all')).totalInteractions, left, `${when}: statistics`);
  equal(await both.profile.store.recordCount(), left, `${when}: the count`);
  equal((await both.storage.currentContext()).recentVisits.length, left, `${when}: the current context`);
}

/** How the records lie when they are erased. */
const PLACES: readonly (readonly [string, (both: ContextProfile) => Promise<void>])[] = [
  ['new', async () => {}],
  ['packed', ({ profile }) => profile.store.pack(true)],
  ['merged', ({ storage }) => storage.compactDatabase()],
];

const erasureChecks = targets(0).flatMap(([name], index) =>
  PLACES.map(
    ([place, bring]): Check => ({
      name: `${name} that is erased (${place}) is gone at once and after a restart, and the rest stays`,
      async run(both) {
        const { profile, storage } = both;
        await storage.saveInteractions(pages(profile.nowMs));
        await bring(both);
        await expectGone(both, [], 'before');
        const [, target, gone] = targets(profile.nowMs)[index] ?? [];
        if (!target || !gone) throw new Error('no such target');
        const targeted = (record: Parameters<typeof isTargeted>[0]) => isTargeted(record, target);
        equal(await profile.store.countTargeted(targeted), gone.length, 'the count before');
        const all = target.what === 'all';
        equal(await profile.store.erase(targeted, all), gone.length, 'how many were erased');
        await expectGone(both, gone, 'at once');
        await both.reopen();
        await expectGone(both, gone, 'after a restart');
        await both.profile.store.pack(true);
        await expectGone(both, gone, 'packed after it');
        equal(profile.damaged, 0, 'damaged rows');
      },
    }),
  ),
);

export const ERASING_CHECKS: readonly Check[] = [
  ...erasureChecks,
  {
    name: 'rows that were copied before an erasure open nowhere after it: their keys are destroyed',
    async run(both) {
      const { profile, storage } = both;
      await storage.saveInteractions(pages(profile.nowMs));
      await storage.compactDatabase();
      await storage.saveInteractions([
        visitAt(profile.nowMs, undefined, { title: 'Word late', id: 'd.0.9' }),
      ]);
      const rows = await readRows(profile.store.db);
      await profile.store.erase((record) => isTargeted(record, { what: 'site', host: 'gone.example' }));
      await writeRows(profile.store.db, rows);
      await both.reopen();
      const text = await exported(both);
      for (const word of ['goneone', 'gonetwo', 'gonethree'])
        equal([text.includes(word), await foundUrls(both, word)], [false, []], word);
      equal(profile.damaged > 0, true, 'the rows were met');
    },
  },
  {
    name: 'erasing takes the lines of what went out of saved contexts; of everything, the contexts too',
    async run(both) {
      const { storage, profile } = both;
      await storage.saveInteractions(pages(profile.nowMs));
      const context = someContext(storage.userId, 1, profile.nowMs, {
        recentVisits: ['https://gone.example/today', 'https://keep.example/today'],
      });
      await storage.saveContext(context);
      await profile.store.erase((record) => isTargeted(record, { what: 'site', host: 'gone.example' }));
      equal((await storage.loadContext(context.id))?.recentVisits, ['https://keep.example/today']);
      await profile.store.erase(() => true, true);
      equal(await storage.listContexts(storage.userId, 9), []);
      await both.reopen();
      equal(await both.storage.listContexts(both.storage.userId, 9), []);
    },
  },
  {
    name: 'a visit that was erased gains nothing more, and what is recorded meanwhile is not lost',
    async run(both) {
      const { profile } = both;
      const event = {
        kind: 'visit',
        atMs: profile.nowMs,
        level: 'private',
        title: '',
        transition: 'link',
      } as const;
      const gone = await profile.store.append({
        event: { ...event, url: 'https://gone.example/' },
        tab: { tabId: 7, keepsTitle: true },
      });
      const erasing = profile.store.erase((record) =>
        isTargeted(record, { what: 'site', host: 'gone.example' }),
      );
      const meanwhile = profile.store.append({ event: { ...event, url: 'https://new.example/' } });
      await Promise.all([erasing, meanwhile]);
      const update = await profile.store.append({
        event: { kind: 'visit-update', visit: gone?.id ?? '', atMs: profile.nowMs, title: 'goneone' },
        shownIn: 7,
      });
      equal(update, null, 'the update');
      await both.reopen();
      const text = await exported(both);
      equal([text.includes('gone'), text.includes('new.example')], [false, true]);
    },
  },
  {
    name: 'a store that was erased altogether begins anew; it remembers no message either',
    async run(both) {
      const { profile } = both;
      await profile.store.append({ event: visitEvent('gone', profile.nowMs), nonce: 'page:1' });
      await both.storage.saveInteractions(pages(profile.nowMs));
      await profile.store.erase(() => true, true);
      await both.reopen();
      equal(await profile.store.saw('page:1'), false, 'the message is known');
      await both.storage.saveInteractions(pages(profile.nowMs));
      await expectGone(both, [], 'saved again');
    },
  },
];
