/** What is promised of finding pages. The same is found in what is new, packed, or merged by month. */
import { DAY_MS } from '../../src/base/clock.ts';
import type { NewInteraction } from '../../src/model/user-interaction.ts';
import type { ContextProfile } from '../support/context-on-profile.ts';
import { clickAt, reducedAt, searchAt, visitAt } from '../support/some-interactions.ts';
import { foundUrls } from './answers.ts';
import { type Check, equal } from './check.ts';

type Questions = Readonly<Record<string, readonly string[]>>;

/** @param questions what is typed, and the pages that answer, newest first: the last part of each address. */
const found = (name: string, pages: (nowMs: number) => NewInteraction[], questions: Questions): Check => ({
  name,
  async run(both: ContextProfile) {
    const { storage, profile } = both;
    await storage.saveInteractions(pages(profile.nowMs));
    const ask = async (when: string) => {
      for (const [text, expected] of Object.entries(questions)) {
        const urls = await foundUrls(both, text);
        equal(
          urls.map((url) => url.slice(url.lastIndexOf('/') + 1)),
          expected,
          `"${text}", ${when}`,
        );
      }
    };
    await ask('new');
    await profile.store.pack(true);
    await ask('packed');
    profile.nowMs += 40 * DAY_MS;
    await profile.store.pack(true);
    await both.reopen();
    await ask('merged');
  },
});

const titled = (atMs: number, name: string, title: string) =>
  visitAt(atMs, `https://site.example/${name}`, { title });

export const SEARCH_CHECKS: readonly Check[] = [
  found(
    'a word finds the words that begin with it, in title and address, in any case',
    (now) => [
      titled(now - 2 * DAY_MS, 'p1', 'Beetroot salad'),
      titled(now - DAY_MS, 'p2', 'Beet soup'),
      titled(now, 'p3-beetle', 'Nothing else'),
    ],
    { beet: ['p3-beetle', 'p2', 'p1'], BEETROOT: ['p1'], eet: [], 'site.ex': ['p3-beetle', 'p2', 'p1'] },
  ),
  found(
    'of several words each must be in the page, wherever and in any order',
    (now) => [
      titled(now - DAY_MS, 'p1', 'Red onion'),
      titled(now, 'p2', 'Green onion'),
      clickAt(now - 40 * DAY_MS, 'link', 'Peel the onion'),
    ],
    {
      'onion red': ['p1'],
      'onion p2': ['p2'],
      'red green': [],
      onion: ['p2', 'p1', ''],
      'peel a.example': [''],
    },
  ),
  found(
    'texts without spaces are found by their words (Chinese, Japanese, Thai)',
    (now) => [
      titled(now - 2 * DAY_MS, 'p1', '北京大学图书馆'),
      titled(now - DAY_MS, 'p2', '東京の写真'),
      titled(now, 'p3', 'ภาษาไทย'),
    ],
    { 東京: ['p2'], 写真: ['p2'], 北京: ['p1'], ภาษา: ['p3'], 大阪: [] },
  ),
  found(
    'accents, ligatures and full-width letters do not matter, either way',
    (now) => [
      titled(now - 2 * DAY_MS, 'p1', 'Café de Ñandú'),
      titled(now - DAY_MS, 'p2', 'Cafe Zurich'),
      titled(now, 'p3', 'ﬁne ＷＩＤＥ Ёлка'),
    ],
    {
      cafe: ['p2', 'p1'],
      CAFÉ: ['p2', 'p1'],
      nandu: ['p1'],
      zürich: ['p2'],
      fine: ['p3'],
      wide: ['p3'],
      елка: ['p3'],
    },
  ),
  found(
    'what is typed without a space is meant as it stands',
    (now) => [titled(now - DAY_MS, 'p1', 'Release notes'), titled(now, 'p2', 'The release-notes page')],
    { 'release-notes': ['p2'], 'release notes': ['p2', 'p1'] },
  ),
  found(
    'a page is found by what was searched there and by what was clicked on it; records without a page never',
    (now) => [
      searchAt(now - DAY_MS, 'purple carrot'),
      clickAt(now, 'button', 'Buy turnips'),
      reducedAt(now - 12 * 3_600_000),
    ],
    { carrot: ['?q=purple%20carrot'], turnip: [''], news: [] },
  ),
  {
    name: "a page comes once for each day, with that day's count, newest first, and only of the time that was asked for",
    async run(both) {
      const { storage, profile } = both;
      const now = profile.nowMs;
      const at = (daysAgo: number, name: string) => titled(now - daysAgo * DAY_MS, name, 'Same words');
      await storage.saveInteractions([
        at(0, 'a'),
        at(1, 'a'),
        { ...at(1, 'a'), timestamp: new Date(now - DAY_MS - 5) },
        at(33, 'b'),
      ]);
      for (const packed of [false, true]) {
        if (packed) await storage.compactDatabase();
        const counts = [];
        for await (const { page, atMs, count } of profile.store.findPages({ words: ['same'] }))
          counts.push([page.url.slice(-1), (now - atMs) / DAY_MS, count]);
        equal(
          counts,
          [
            ['a', 0, 1],
            ['a', 1, 2],
            ['b', 33, 1],
          ],
          `packed ${packed}`,
        );
        const urls = await foundUrls(both, 'same', { fromMs: now - DAY_MS - 5, toMs: now - DAY_MS });
        equal(urls, ['https://site.example/a'], `packed ${packed}, in time`);
        equal(await foundUrls(both, 'same', { toMs: now - 33 * DAY_MS }), [], `packed ${packed}, before all`);
      }
    },
  },
];
