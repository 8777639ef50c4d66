/** The log of deletions: chained, so that what was changed in it is seen; without a word of what was deleted. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { LogFact } from '../../../src/model/deletion-log.ts';
import { PURGE_STEPS } from '../../../src/model/purge.ts';
import { emptyProfile, type LocalProfile } from '../../support/local-profile.ts';

let profile: LocalProfile;
beforeEach(async () => {
  profile = await emptyProfile();
});
const log = () => profile.store.deletions;
const fact = (purge: string, step: LogFact['step'] = 'flagged', records = 1): LogFact => ({
  purge,
  step,
  reason: 'person',
  kind: 'site',
  atMs: profile.nowMs,
  records,
});
const rows = async () =>
  (await profile.store.db.getAll('profiles')).filter(({ name }) => name.startsWith('deletion/'));
const filled = async () => {
  for (const purge of ['a', 'b', 'c']) await log().append(fact(purge));
};

it('has what was written, in order, also after a restart and after everything was erased', async () => {
  expect(await log().read()).toEqual({ entries: [], whole: true });
  await filled();
  await profile.store.erase(() => true, true);
  await profile.reopen();
  const { entries, whole } = await log().read();
  expect(entries.map(({ n, purge }) => [n, purge])).toEqual([
    [0, 'a'],
    [1, 'b'],
    [2, 'c'],
  ]);
  expect(whole).toBe(true);
});

it('has each step of a deletion once, however often it is told', async () => {
  for (const step of PURGE_STEPS) for (const _ of [1, 2]) await log().append(fact('a', step));
  expect((await log().read()).entries.map(({ step }) => step)).toEqual(PURGE_STEPS);
});

it('knows which deletions did not end, and takes what rules took for one step', async () => {
  await log().append({ ...fact('r', 'overwritten'), kind: 'rules' });
  for (const step of ['undone', 'failed', 'notified'] as const)
    for (const one of ['flagged', step] as const) await log().append(fact(step, one));
  expect(await log().unfinished()).toEqual([]);
  await log().append(fact('a'));
  await log().append({ ...fact('s', 'overwritten'), kind: 'rules' });
  expect(await log().unfinished()).toMatchObject([{ purge: 'a', step: 'flagged' }]);
});

it('keeps the order of what is told at once', async () => {
  await Promise.all(Array.from({ length: 20 }, (_, i) => log().append(fact(`p${i}`))));
  const { entries, whole } = await log().read();
  expect([entries.length, whole]).toEqual([20, true]);
});

describe('it is not whole any more', () => {
  it.each([0, 1, 2])('when entry %i is missing', async (n) => {
    await filled();
    const [row] = (await rows()).slice(n);
    await profile.store.db.delete('profiles', [row?.userId ?? '', row?.name ?? '']);
    const { entries, whole } = await log().read();
    expect([entries.length, whole]).toEqual([2, false]);
  });

  it('when an entry says something else, though it is sealed as it should be', async () => {
    await filled();
    const [, row] = await rows();
    if (!row) throw new Error('no row');
    const text = String(await profile.store.vault.openNamed(row.name, row.box));
    const changed = text.replace('"records":1', '"records":0');
    expect(changed).not.toBe(text);
    await profile.store.writeNamed(row.name, changed);
    expect((await log().read()).whole).toBe(false);
  });

  it('when two are exchanged, one is damaged, or the head is', async () => {
    await filled();
    const [first, second] = await rows();
    if (!first || !second) throw new Error('no rows');
    await profile.store.db.put('profiles', { ...first, box: second.box });
    expect((await log().read()).whole).toBe(false);
    await profile.store.db.put('profiles', first);
    expect((await log().read()).whole).toBe(true);
    const head = await profile.store.db.get('profiles', [first.userId, 'deletions']);
    await profile.store.db.put('profiles', { ...first, name: 'deletions' });
    expect((await log().read()).whole).toBe(false);
    // It goes on, and what is there can be read.
    await log().append(fact('d'));
    const { entries, whole } = await log().read();
    expect([entries.at(-1)?.purge, whole]).toEqual(['d', false]);
    if (head) await profile.store.db.put('profiles', head);
  });

  it('when it was cut off at its end, or put back to what it was in part', async () => {
    await filled();
    const old = await profile.store.db.get('profiles', [profile.store.vault.userId, 'deletions']);
    await log().append(fact('d'));
    if (old) await profile.store.db.put('profiles', old);
    expect((await log().read()).whole).toBe(false);
  });
});

it('forgets the oldest of very many, and is whole all the same', { timeout: 120_000 }, async () => {
  for (let i = 0; i < 2_510; i++) await log().append(fact(`p${i}`));
  const { entries, whole } = await log().read();
  expect([entries.length, entries[0]?.purge, whole]).toEqual([2_500, 'p10', true]);
  expect(await rows()).toHaveLength(2_500);
});
