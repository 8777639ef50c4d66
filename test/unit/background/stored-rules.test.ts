/**
 * Level and rules, applied to what is stored: what was counted is what goes, no old byte opens, and any stop resumes.
 *
 * Over 300 lines, because each way in which applied rules are interrupted needs the same worker.
 */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import type { StoredScope } from '../../../src/model/reduction.ts';
import { DamagedError } from '../../../src/storage/database.ts';
import { openJournalRow } from '../../../src/storage/journal.ts';
import { fake } from '../../support/fake-browser.ts';
import { KILLED, killedAt } from '../../support/kill.ts';
import { START_MS, Worker } from '../../support/worker.ts';

let worker: Worker;
beforeEach(async () => {
  worker = await Worker.start();
});
afterEach(() => {
  vi.restoreAllMocks();
  worker.end();
});

/** Three months of two sites, with a search, a click and a link from one to the other. */
async function someMonths(): Promise<void> {
  for (let ago = 70; ago >= 0; ago -= 10) {
    vi.setSystemTime(START_MS - ago * DAY_MS);
    await worker.visit(1, `https://one.example/page?n=${ago}`, { title: `Onetitle ${ago}` });
    await worker.visit(1, `https://two.example/page?n=${ago}`, { title: `Twotitle ${ago}` });
    await worker.click(1, undefined, `${'N'.repeat(19)}${100 + ago}`);
    await worker.visit(1, 'https://www.google.com/search?q=blue+whales');
    // Half of it is packed.
    if (ago === 40) await worker.store.compact();
  }
  vi.setSystemTime(START_MS + 1_000);
}
const setRule = async (body: object): Promise<string> => {
  const { set } = await worker.send('rules.set', body as never);
  if (set === undefined) throw new Error('not set');
  return set;
};
const count = (scope: StoredScope) => worker.send('stored.count', { scope });
async function apply(scope: StoredScope): Promise<void> {
  await worker.send('stored.apply', { scope });
  await worker.services.storedRules.settled();
}
const state = () => worker.services.storedRules.state();
const sorted = async () =>
  JSON.stringify((await worker.events()).map((event) => Object.entries(event).sort()));

describe('counting', () => {
  beforeEach(someMonths);

  it('says exactly what applying does, and changes nothing', async () => {
    const id = await setRule({ host: 'one.example', capture: 'skip' });
    const before = await sorted();
    const counted = await count({ what: 'rule', id });
    // The visits of the other site that came from there are told apart from those that go.
    expect(counted).toMatchObject({
      erased: 8,
      reduced: 8,
      kinds: { visit: { erased: 8, reduced: 8 } },
      sites: 2,
      elsewhereDays: 0,
    });
    expect(counted.examples).toHaveLength(2);
    expect(await sorted()).toBe(before);
    const records = await worker.records();
    await apply({ what: 'rule', id });
    expect(state()).toEqual({ phase: 'done', days: 8, daysDone: 8, reduced: 8, erased: 8, keptDays: 0 });
    const after = await worker.records();
    expect(after).toHaveLength(records.length - 8);
    expect(JSON.stringify(after)).not.toContain('one.example');
    expect(JSON.stringify(await worker.events())).not.toContain('Onetitle');
    expect(await count({ what: 'rule', id })).toMatchObject({ erased: 0, reduced: 0 });
  });

  it('ends when it is cancelled', async () => {
    const days = worker.store.days.bind(worker.store);
    vi.spyOn(worker.store, 'days').mockImplementationOnce(async () => {
      await worker.send('stored.cancel', {});
      return days();
    });
    await expect(count({ what: 'all' })).rejects.toThrow('cancelled');
  });

  it('says so when the rule is gone', async () => {
    await expect(count({ what: 'rule', id: 'none' })).rejects.toThrow('not there any more');
    await expect(worker.send('stored.apply', { scope: { what: 'rule', id: 'none' } })).rejects.toThrow();
  });
});

describe('applying', () => {
  beforeEach(someMonths);

  it('reduces to the level: counts by hour under the same ids, without titles that came later', async () => {
    const ids = (await worker.records()).map(({ id }) => id).sort();
    await worker.send('level.set', { level: 'anonymous', stored: 'reduce' });
    await worker.services.storedRules.settled();
    const events = await worker.events();
    expect(new Set(events.map(({ kind }) => kind))).toEqual(new Set(['reduced']));
    expect(events.map(({ id }) => id).sort()).toEqual(ids);
    expect(state()).toMatchObject({ phase: 'done', reduced: ids.length, erased: 0 });
  });

  it('never makes a level milder, nor brings anything back', async () => {
    await worker.send('level.set', { level: 'anonymous', stored: 'reduce' });
    await worker.services.storedRules.settled();
    const before = await sorted();
    await worker.send('level.set', { level: 'public', stored: 'reduce' });
    await worker.services.storedRules.settled();
    expect(await sorted()).toBe(before);
    expect(state()).toMatchObject({ reduced: 0, erased: 0 });
  });

  it('of a level leaves alone what a rule gives a level of its own, but not its links', async () => {
    await setRule({ host: 'two.example', capture: 'full', level: 'private' });
    await worker.send('level.set', { level: 'anonymous', stored: 'reduce' });
    await worker.services.storedRules.settled();
    const visits = await worker.ofKind('visit');
    expect(new Set(visits.map(({ url }) => new URL(url).hostname))).toEqual(new Set(['two.example']));
    expect(visits.every(({ title }) => title.startsWith('Twotitle'))).toBe(true);
    expect(JSON.stringify(await worker.events())).not.toMatch(/one\.example|google|whales/);
  });

  it('erases instead when that is wanted, also what is in memory, and keeps both when nothing is', async () => {
    await worker.send('level.set', { level: 'ephemeral', stored: 'keep' });
    await worker.visit(2, 'https://memory.example/');
    expect(await worker.services.ephemeral.records()).toHaveLength(1);
    const before = await sorted();
    const counted = await count({ what: 'level', level: 'ephemeral', erase: true });
    expect(counted).toMatchObject({ erased: (await worker.records()).length, reduced: 0, inMemory: 1 });
    await worker.send('level.set', { level: 'private' });
    expect([await sorted(), await worker.services.ephemeral.records()]).toMatchObject([before, [{}]]);
    await worker.send('level.set', { level: 'private', stored: 'erase' });
    await worker.services.storedRules.settled();
    expect(await worker.events()).toEqual([]);
    expect(await worker.services.ephemeral.records()).toEqual([]);
    expect(JSON.stringify([...fake.session.values])).not.toContain('memory.example');
  });

  it('of all rules obeys each, and the list of sensitive sites', async () => {
    await worker.services.profile.store.addEvents(dayOf(START_MS), [
      {
        kind: 'visit',
        id: 'AAAAAAAAAAAAAAAAAAAAAA.1.1',
        atMs: START_MS,
        level: 'public',
        url: 'https://www.paypal.com/',
        title: '',
        transition: 'link',
      },
    ]);
    await setRule({ host: 'one.example', path: '/page', capture: 'no-query' });
    await setRule({ host: '', pattern: 'two\\.example/.*[?&]n=', capture: 'domain' });
    await apply({ what: 'all' });
    const urls = (await worker.records()).flatMap((record) => ('url' in record ? record.url : []));
    expect(new Set(urls)).toEqual(
      new Set([
        'https://one.example/page',
        'https://two.example/',
        'https://www.google.com/search?q=blue+whales',
      ]),
    );
    // Of a site whose name alone is kept, what was clicked is not.
    expect(await worker.ofKind('click')).toEqual([]);
    expect(JSON.stringify(await worker.events())).not.toContain('Twotitle');
  });

  it('is remembered once, however often the same is applied', async () => {
    const remembered = async () =>
      ((await worker.store.readNote('reductions')) as { done: { only?: object }[] }).done.map(
        ({ only }) => only,
      );
    const one = await setRule({ host: 'one.example', capture: 'domain' });
    const two = await setRule({ host: 'two.example', capture: 'skip' });
    for (const id of [one, two, one]) await apply({ what: 'rule', id });
    expect(await remembered()).toEqual([
      { what: 'rule', key: 'two.example' },
      { what: 'rule', key: 'one.example' },
    ]);
    await apply({ what: 'all' });
    expect(await remembered()).toEqual([undefined]);
  });

  it('leaves the saved contexts, the statistics and the tabs without it', async () => {
    const { context } = worker.services.profile;
    await worker.services.contexts.tick();
    const id = await setRule({ host: 'two.example', capture: 'skip' });
    await apply({ what: 'rule', id });
    const latest = await context.latestContext();
    expect(JSON.stringify(latest)).not.toContain('two.example');
    expect((await context.getContextStats('all')).totalInteractions).toBe((await worker.records()).length);
    // The visit that the tab showed is gone: its title is nobody's.
    await worker.visit(3, 'https://three.example/');
    const other = await setRule({ host: 'three.example', capture: 'skip' });
    await apply({ what: 'rule', id: other });
    await worker.title(3, 'Threetitle');
    expect(JSON.stringify(await worker.events())).not.toMatch(/three/i);
  });

  it('is in the log of deletions when records went, as one entry with their number, and else not', async () => {
    const less = await setRule({ host: 'one.example', capture: 'domain' });
    await apply({ what: 'rule', id: less });
    expect((await worker.send('erase.log', {})).entries).toEqual([]);
    const skip = await setRule({ host: 'one.example', capture: 'skip' });
    await apply({ what: 'rule', id: skip });
    const { entries, whole } = await worker.send('erase.log', {});
    expect(whole).toBe(true);
    expect(entries).toMatchObject([
      { n: 0, kind: 'rules', reason: 'person', step: 'overwritten', records: 8, atMs: Date.now() },
    ]);
    // It is no deletion that waits, or that could be undone.
    await worker.restart();
    expect((await worker.send('status.get', {})).erasing).toBeUndefined();
    expect((await worker.send('erase.log', {})).entries).toHaveLength(1);
  });

  it('leaves no key that opens what was there before', async () => {
    const { db, vault } = worker.store;
    const generations = () =>
      vault.names('interactions').map(({ day, generation }) => `${day}/${generation}`);
    const before = generations();
    const journal = await db.getAll('journal');
    const [row] = journal;
    if (!row) throw new Error('nothing in the journal');
    await openJournalRow(vault, row);
    const id = await setRule({ host: 'one.example', capture: 'domain' });
    await apply({ what: 'rule', id });
    expect(generations().filter((one) => before.includes(one))).toEqual([]);
    expect(await db.getAll('journal')).toEqual([]);
    // Who has a copy of the row opens it no more.
    await expect(openJournalRow(vault, row)).rejects.toThrow(DamagedError);
  });
});

describe('a worker that is stopped', () => {
  /** Two days of one month, packed, and one of the next, each with something to reduce. */
  async function aFewDays(): Promise<string> {
    for (const ago of [31, 30, 0]) {
      vi.setSystemTime(START_MS - ago * DAY_MS);
      await worker.visit(1, `https://one.example/page?n=${ago}`, { title: `Onetitle ${ago}` });
      await worker.visit(1, 'https://two.example/', { title: 'Twotitle' });
      if (ago === 30) await worker.store.compact();
    }
    return setRule({ host: 'one.example', capture: 'domain', level: 'private' });
  }

  it('at any call to the database goes on when it starts again, and counts nothing twice', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    let [calls, resumed] = [0, 0];
    for (let reached = true; reached; calls += 5) {
      worker.end();
      worker = await Worker.start();
      const id = await aFewDays();
      const ended = await killedAt(calls + 1, () => apply({ what: 'rule', id }));
      reached = ended === KILLED;
      await worker.open();
      await worker.services.storedRules.settled();
      const isBegun = state() !== undefined;
      if (isBegun) {
        resumed += 1;
        expect(state(), `call ${calls}`).toMatchObject({ phase: 'done', reduced: 6, erased: 0, keptDays: 0 });
      }
      // Stopped before it was noted, nothing has begun: the person presses again. What ended before it was stopped changes nothing.
      else await apply({ what: 'rule', id });
      const events = JSON.stringify(await worker.events());
      expect(events, `call ${calls}`).not.toMatch(/one\.example\/page|Onetitle/);
      expect(await worker.records()).toHaveLength(6);
    }
    expect(calls).toBeGreaterThan(30);
    expect(resumed).toBeGreaterThan(5);
  }, 120_000);

  it('between telling the log of deletions and noting that it is done tells it once', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    await aFewDays();
    const id = await setRule({ host: 'one.example', capture: 'skip' });
    const write = worker.store.writeNote.bind(worker.store);
    vi.spyOn(worker.store, 'writeNote').mockImplementation((name, value) =>
      (value as { queue: unknown[] }).queue.length === 0
        ? Promise.reject(new Error('stopped'))
        : write(name, value),
    );
    await apply({ what: 'rule', id });
    expect(state()).toMatchObject({ phase: 'failed', erased: 3 });
    await worker.restart();
    await worker.services.storedRules.settled();
    expect(state()).toMatchObject({ phase: 'done', erased: 3 });
    const { entries, whole } = await worker.send('erase.log', {});
    expect([entries.map(({ kind, records }) => [kind, records]), whole]).toEqual([[['rules', 3]], true]);
  });
});

describe('a deletion of everything', () => {
  const noted = async () => JSON.stringify(await worker.store.readNote('reductions'));

  it('forgets what was applied, with the sites that it names; of a site it does not', async () => {
    await someMonths();
    await apply({ what: 'rule', id: await setRule({ host: 'one.example', capture: 'domain' }) });
    await worker.erase({ what: 'site', host: 'one.example' });
    expect(await noted()).toContain('one.example');
    await worker.erase({ what: 'all' });
    expect(await worker.store.db.get('metadata', 'reductions')).toBeUndefined();
    await worker.restart();
    expect([await noted(), state()]).toEqual([undefined, undefined]);
  });

  it('ends what is being applied', async () => {
    await someMonths();
    const id = await setRule({ host: 'one.example', capture: 'domain' });
    await worker.send('stored.apply', { scope: { what: 'rule', id } });
    await worker.erase({ what: 'all' });
    await worker.services.storedRules.settled();
    expect(await worker.store.db.get('metadata', 'reductions')).toBeUndefined();
    expect(await worker.records()).toEqual([]);
  });
});
