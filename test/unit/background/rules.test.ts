// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { excluded, included } from '../../../src/model/rules.ts';
import { Worker } from '../../support/worker.ts';

let worker: Worker;
beforeEach(async () => {
  worker = await Worker.start();
});
afterEach(() => worker.end());

const rules = () => worker.services.profile.settings.rules.map(({ id: _, ...rule }) => rule);
const set = (body: object) => worker.handlers['rules.set'](body as never, {} as never);
/** As the popup's buttons do it. */
const exclude = (host: string) => set(excluded(worker.services.profile.settings.rules, host));
async function include(host: string) {
  const next = included(worker.services.profile.settings.rules, host);
  if (next?.what === 'set') await set(next.rule);
  if (next?.what === 'remove') await worker.handlers['rules.remove']({ id: next.id }, {} as never);
}

it('excluding a site keeps its level, and including it brings its rule back as it was', async () => {
  await set({ host: 'a.example', capture: 'no-query', level: 'anonymous' });
  const before = rules();
  await exclude('www.a.example');
  expect(rules()).toMatchObject([{ host: 'a.example', capture: 'skip', level: 'anonymous' }]);
  await exclude('a.example');
  await worker.restart();
  await include('www.a.example');
  expect(rules()).toEqual(before);
});

it('a site that had no rule has none again', async () => {
  await exclude('a.example');
  expect(rules()).toEqual([{ host: 'a.example', capture: 'skip' }]);
  await include('a.example');
  expect(rules()).toEqual([]);
});

it('the rule of a domain above is left as it is', async () => {
  await set({ host: 'a.example', capture: 'full', level: 'public' });
  await exclude('sub.a.example');
  expect(rules()).toMatchObject([
    { host: 'a.example', capture: 'full', level: 'public' },
    { host: 'sub.a.example', capture: 'skip' },
  ]);
  await include('sub.a.example');
  expect(rules()).toEqual([{ host: 'a.example', capture: 'full', level: 'public' }]);
});

it('a rule that is set anew forgets what it was before', async () => {
  await set({ host: 'a.example', capture: 'domain' });
  await exclude('a.example');
  await set({ host: 'a.example', capture: 'full' });
  expect(rules()).toEqual([{ host: 'a.example', capture: 'full' }]);
});

it('of changes that are made at once none is forgotten', async () => {
  const { handlers } = worker;
  await Promise.all([
    set({ host: 'a.example', capture: 'skip' }),
    handlers['pause.set']({ pause: 'restart' }, {} as never),
    set({ host: 'b.example', capture: 'domain' }),
    handlers['level.set']({ level: 'anonymous' }, {} as never),
  ]);
  expect(rules().map(({ host }) => host)).toEqual(['a.example', 'b.example']);
  expect(worker.services.profile.settings).toMatchObject({ level: 'anonymous', pause: { kind: 'restart' } });
});

it('a rule for a part of a site, and one for a pattern, are set beside that of the site', async () => {
  await set({ host: 'a.example', capture: 'full' });
  await set({ host: 'https://www.a.example/', path: 'account', capture: 'skip' });
  await set({ host: '', pattern: '[?&]user=', capture: 'no-query', level: 'anonymous' });
  await set({ host: 'a.example', path: '/account', capture: 'domain' });
  await worker.restart();
  expect(rules()).toEqual([
    { host: 'a.example', capture: 'full' },
    { host: '', kind: 'pattern', pattern: '[?&]user=', capture: 'no-query', level: 'anonymous' },
    { host: 'a.example', kind: 'path', path: '/account', capture: 'domain' },
  ]);
});

it.each([
  [{ host: 'not a site', capture: 'skip' }, 'bad-host'],
  [{ host: 'a.example', path: '/x?y', capture: 'skip' }, 'bad-path'],
  [{ host: 'a.example', path: '/', capture: 'skip' }, 'bad-path'],
  [{ host: 'paypal.*', path: '/x', capture: 'skip' }, 'bad-host'],
  [{ host: '', pattern: '(', capture: 'skip' }, 'bad-pattern'],
])('%j is refused, and nothing is set', async (draft, code) => {
  expect(await set(draft)).toMatchObject({ ok: false, error: { code } });
  expect(rules()).toEqual([]);
});

it('a thirty-first pattern is refused', async () => {
  for (let i = 0; i < 30; i++) await set({ host: '', pattern: `p${i}`, capture: 'skip' });
  expect(await set({ host: '', pattern: 'p30', capture: 'skip' })).toMatchObject({
    error: { code: 'too-many' },
  });
  expect(await set({ host: '', pattern: 'p3', capture: 'full' })).toMatchObject({ ok: true });
});

it('trying a rule says what would be stored, and stores and sets nothing', async () => {
  const { events, ...trial } = await worker.send('rules.test', {
    address: 'a.example/page?q=1&token=x#there',
    rule: { host: 'a.example', path: '/page', capture: 'no-query', level: 'public' },
  });
  expect(trial).toMatchObject({
    address: 'https://a.example/page?q=1',
    capture: 'no-query',
    level: 'public',
  });
  expect(trial.by.map(({ id }) => id)).toEqual([trial.draft]);
  expect(events).toMatchObject([
    { kind: 'visit', url: 'https://a.example/page', title: 'Title of the page' },
  ]);
  expect(rules()).toEqual([]);
  expect(await worker.records()).toEqual([]);
  const now = await worker.send('rules.test', { address: 'https://www.paypal.com/' });
  expect(now).toMatchObject({ bySensitive: true, capture: 'skip', events: [], by: [] });
  await worker.visit(1, 'https://a.example/page?q=1');
  const [stored] = await worker.records();
  const [said] = (await worker.send('rules.test', { address: 'https://a.example/page?q=1' })).events;
  expect(Object.keys(said ?? {}).sort()).toEqual(
    Object.keys(stored ?? {})
      .filter((name) => name !== 'id' && name !== 'dwellMs')
      .sort(),
  );
});
