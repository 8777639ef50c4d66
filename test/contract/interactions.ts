/** What is promised of saving interactions and asking for them. */
import { DAY_MS, HOUR_MS } from '../../src/base/clock.ts';
import type { ContextStorage } from '../../src/context/context-storage.ts';
import type { InteractionFilter, QueryMetrics, QueryOptions } from '../../src/model/query.ts';
import type { NewInteraction, UserInteraction } from '../../src/model/user-interaction.ts';
import type { ContextProfile } from '../support/context-on-profile.ts';
import { clickAt, reducedAt, searchAt, someContext, visitAt } from '../support/some-interactions.ts';
import { someInteractions } from './answers.ts';
import { type Check, equal, isTypeError, rejects } from './check.ts';

/** Without the ids that the store gave, and without time that was not spent. */
const plain = (all: readonly (UserInteraction | NewInteraction)[]) =>
  all.map(({ id: _, ...rest }) =>
    'dwellMs' in rest && rest.dwellMs === 0 ? { ...rest, dwellMs: undefined } : rest,
  );

const newestFirst = (all: readonly NewInteraction[]) =>
  [...all].sort((a, b) => b.timestamp.getTime() - a.timestamp.getTime());

const shown = (all: readonly UserInteraction[]) =>
  all.map((one) => (one.kind === 'search' ? one.query : 'title' in one ? one.title : one.kind));

async function filled({ storage, profile: { nowMs } }: ContextProfile): Promise<void> {
  await storage.saveInteractions([
    visitAt(nowMs - 3 * DAY_MS, 'https://news.a.example/x', { title: 'Old garden' }),
    visitAt(nowMs - 2 * DAY_MS, 'https://b.example/', { title: 'Garden shed' }),
    reducedAt(nowMs - 2 * DAY_MS + HOUR_MS),
    searchAt(nowMs - DAY_MS, 'garden gate'),
    visitAt(nowMs, 'https://a.example/', { title: 'Kitchen' }),
  ]);
}

/** The same question to a store as it was filled, and to one that is packed. */
const asked = (
  name: string,
  answers: (nowMs: number) => readonly (readonly [InteractionFilter, string[]])[],
) => ({
  name,
  async run(both: ContextProfile) {
    await filled(both);
    for (const packed of [false, true]) {
      if (packed) await both.storage.compactDatabase();
      for (const [filter, expected] of answers(both.profile.nowMs))
        equal(
          shown(await both.storage.queryInteractions(filter)),
          expected,
          `${JSON.stringify(filter)}, packed ${packed}`,
        );
    }
  },
});

export const INTERACTION_CHECKS: readonly Check[] = [
  {
    name: 'every sort of interaction comes back as it was, over months, packed and after a restart',
    async run(both) {
      const all = someInteractions(both.profile.nowMs);
      await both.storage.saveInteractions(all);
      const expected = plain(newestFirst(all));
      equal(plain(await both.storage.queryInteractions({})), expected);
      await both.storage.compactDatabase();
      await both.reopen();
      equal(plain(await both.storage.queryInteractions({})), expected, 'packed');
    },
  },
  {
    name: 'an interaction is saved once: by the id that it has, or by its content',
    async run({ storage, profile: { nowMs, store } }) {
      const all = [
        visitAt(nowMs),
        clickAt(nowMs),
        searchAt(nowMs, 'x'),
        visitAt(nowMs, 'https://b.example/', { id: 'd.0.1' }),
      ];
      await storage.saveInteractions([...all, ...all]);
      await storage.compactDatabase();
      await storage.saveInteractions(all);
      await storage.saveInteractions([visitAt(nowMs, 'https://other.example/', { id: 'd.0.1' })]);
      await storage.saveInteractions(await storage.queryInteractions({}));
      equal([(await storage.queryInteractions({})).length, await store.recordCount()], [4, 4]);
    },
  },
  {
    name: 'of interactions of which one is wrong none is saved; what is ephemeral is none to save',
    async run({ storage, profile: { nowMs } }) {
      for (const wrong of [
        visitAt(nowMs, 'javascript:alert(1)'),
        visitAt(nowMs, undefined, { level: 'ephemeral' }),
        visitAt(nowMs, undefined, { dwellMs: -1 }),
        reducedAt(HOUR_MS + 1),
      ])
        await rejects(storage.saveInteractions([visitAt(nowMs), wrong]), isTypeError, JSON.stringify(wrong));
      equal(await storage.queryInteractions({}), []);
    },
  },
  asked('a query by time has its beginning in it and its end not', (now) => [
    [{ from: new Date(now - 2 * DAY_MS), to: new Date(now) }, ['garden gate', 'reduced', 'Garden shed']],
    [{ from: new Date(now + 1) }, []],
  ]),
  asked('a query by site finds its subdomains too, however the site is written', () => [
    [{ site: 'a.example' }, ['Kitchen', 'Old garden']],
    [{ site: 'https://www.a.example/path' }, ['Kitchen', 'Old garden']],
    [{ site: 'c.example' }, []],
  ]),
  asked('a query by type finds records of level "anonymous" too', () => [
    [{ type: 'visit' }, ['Kitchen', 'reduced', 'Garden shed', 'Old garden']],
    [{ type: 'search' }, ['garden gate']],
    [{ type: 'click' }, []],
  ]),
  asked(
    'a query by text finds every word by its beginning, in any order, and goes with all other conditions',
    () => [
      [{ text: 'GARD' }, ['garden gate', 'Garden shed', 'Old garden']],
      [{ text: 'shed garden' }, ['Garden shed']],
      [{ text: 'gard', type: 'visit', site: 'a.example' }, ['Old garden']],
      [{ text: 'garden kitchen' }, []],
      [{ text: '!?' }, []],
    ],
  ),
  asked('a query is newest first and stops at its limit', () => [
    [{}, ['Kitchen', 'garden gate', 'reduced', 'Garden shed', 'Old garden']],
    [{ limit: 2 }, ['Kitchen', 'garden gate']],
    [{ limit: 0 }, []],
  ]),
  {
    name: 'what is no filter is refused',
    async run({ storage }) {
      for (const wrong of [
        { from: new Date(Number.NaN) },
        { site: 'no host!' },
        { type: 'clicks' as never },
        { limit: -1 },
      ])
        await rejects(storage.queryInteractions(wrong), isTypeError, JSON.stringify(wrong));
    },
  },
  {
    name: 'a cursor reads no further than its consumer, and tells what it cost',
    async run(both) {
      await filled(both);
      await both.storage.compactDatabase();
      let cost: QueryMetrics | undefined;
      const metrics = (told: QueryMetrics) => {
        cost = told;
      };
      for await (const _ of both.storage.interactionsCursor({}, { metrics })) break;
      equal([cost?.rowsRead, cost?.rowsReturned], [1, 1], 'rows read and returned');
    },
  },
  {
    name: 'a cursor that is stopped by its signal rejects with the reason, between two records of a day too',
    async run({ storage, profile: { nowMs } }) {
      await storage.saveInteractions([0, 1, 2].map((i) => visitAt(nowMs - i, `https://a.example/${i}`)));
      const stop = new AbortController();
      const cursor = storage.interactionsCursor({}, { signal: stop.signal });
      equal((await cursor.next()).done, false);
      stop.abort(new Error('enough'));
      await rejects(cursor.next(), ({ message }) => message === 'enough');
    },
  },
  {
    name: 'every method is stopped by its signal, and a stopped one changes nothing',
    async run({ storage, profile: { nowMs } }) {
      const signal = AbortSignal.abort(new Error('stopped'));
      for (const [name, call] of Object.entries(everyMethod(storage, nowMs, { signal })))
        await rejects(call(), ({ message }) => message === 'stopped', name);
      equal(await storage.queryInteractions({}), []);
      equal(await storage.contextCount(), 0);
      equal((await storage.preferences()).theme, storage.defaultPreferences().theme);
    },
  },
  {
    name: 'every method tells once what it cost',
    async run({ storage, profile: { nowMs } }) {
      const told: QueryMetrics[] = [];
      const methods = everyMethod(storage, nowMs, { metrics: (cost) => void told.push(cost) });
      const atOnce = ['constructor', 'userId', 'defaultPreferences', 'queryTotals', 'flush', 'close'];
      equal(
        Object.getOwnPropertyNames(Object.getPrototypeOf(storage)).sort(),
        [...Object.keys(methods), ...atOnce].sort(),
        'the methods that are tried here',
      );
      for (const [name, call] of Object.entries(methods)) {
        told.length = 0;
        await call().catch(() => {});
        equal(told.length, 1, name);
      }
    },
  },
];

/** Every one that takes a last argument, called with it. */
function everyMethod(
  storage: ContextStorage,
  nowMs: number,
  options: QueryOptions,
): Readonly<Record<string, () => Promise<unknown>>> {
  return {
    queryInteractions: () => storage.queryInteractions({}, options),
    interactionsCursor: () => storage.interactionsCursor({}, options).next(),
    saveInteractions: () => storage.saveInteractions([visitAt(nowMs)], options),
    getContextStats: () => storage.getContextStats('all', options),
    computeUserSegment: () => storage.computeUserSegment(options),
    currentContext: () => storage.currentContext(options),
    saveContext: () => storage.saveContext(someContext(storage.userId, 1, nowMs), options),
    contextCount: () => storage.contextCount(options),
    listContexts: () => storage.listContexts(storage.userId, 9, options),
    contextsCursor: () => storage.contextsCursor('somebody else', options).next(),
    loadContext: () => storage.loadContext('x', options),
    latestContext: () => storage.latestContext(storage.userId, options),
    deleteContext: () => storage.deleteContext('x', options),
    screenSeen: () => storage.screenSeen({ width: 800, height: 600 }, options),
    profile: () => storage.profile(options),
    preferences: () => storage.preferences(options),
    changePreferences: () => storage.changePreferences({ theme: 'dark' }, options),
    compactDatabase: () => storage.compactDatabase(options),
    archiveOldData: () => storage.archiveOldData(new Date(nowMs), { ...options, sink() {} }),
    restoreArchive: () => storage.restoreArchive(new Uint8Array(), options),
    archivedDays: () => storage.archivedDays(options),
    estimateSize: () => storage.estimateSize(options),
    purgeCaches: () => storage.purgeCaches(options),
    cacheStats: () => storage.cacheStats(options),
  };
}
