/**
 * A profile with a passphrase, as the background lives with it.
 *
 * Over 300 lines, because one profile is locked and opened in each way.
 */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isAwayFor, notePresence } from '../../../src/background/services/presence.ts';
import type { Services } from '../../../src/background/services.ts';
import { toBase64Url } from '../../../src/base/bytes.ts';
import type { SealedRow } from '../../../src/storage/schema.ts';
import { failWrites } from '../../support/fail-write.ts';
import { fake } from '../../support/fake-browser.ts';
import { SOME_KDF } from '../../support/locking.ts';
import { Worker } from '../../support/worker.ts';

const kdf = SOME_KDF;
const keyOf = (byte: number) => toBase64Url(new Uint8Array(32).fill(byte));
const [KEY, OTHER] = [keyOf(1), keyOf(2)];

let worker: Worker;
beforeEach(async () => {
  worker = await Worker.start();
  await worker.visit(1, 'https://before.example/');
});
afterEach(async () => {
  (await worker.recording()).close();
  vi.useRealTimers();
});

const failing = async (call: Promise<unknown>) =>
  call.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: Error) => error.message,
  );
const urls = async () => {
  const { hits } = await worker.send('records.search', { text: '', limit: 200 });
  return hits.map(({ url }) => url).sort();
};
const lockState = async () => (await worker.send('status.get', {})).lock;

describe('a passphrase', () => {
  it('is asked for after the browser was closed, and not by the next worker', async () => {
    expect(await worker.send('lock.parameters', {})).toBeNull();
    await worker.send('lock.set', { kdf, key: KEY });
    expect(await lockState()).toEqual({ state: 'unlocked', autoLockMinutes: 15 });
    await worker.restart();
    expect(await lockState()).toEqual({ state: 'unlocked', autoLockMinutes: 15 });
    await worker.restartBrowser();
    expect(await lockState()).toEqual({ state: 'locked', sealed: 0 });
    expect(await worker.send('lock.parameters', {})).toEqual(kdf);
    expect(await failing(worker.send('records.search', { text: '', limit: 20 }))).toMatch(/locked/);
    await worker.send('lock.unlock', { key: KEY });
    expect(await lockState()).toEqual({ state: 'unlocked', autoLockMinutes: 15 });
    expect(await urls()).toEqual(['https://before.example/']);
  });

  it('that is wrong changes nothing, says the same each time, and makes wait longer and longer', async () => {
    await worker.send('lock.set', { kdf, key: KEY });
    await worker.restartBrowser();
    const told = new Set<string>();
    for (let n = 0; n < 3; n++) told.add(await failing(worker.send('lock.unlock', { key: OTHER })));
    expect([...told]).toEqual(['That is not the passphrase. Nothing was changed.']);
    // Also for the right one, and in the next worker.
    expect(await failing(worker.send('lock.unlock', { key: KEY }))).toMatch(/Wait 2 seconds/);
    await worker.restartBrowser();
    expect(await failing(worker.send('lock.unlock', { key: KEY }))).toMatch(/Wait 2 seconds/);
    const waits: number[] = [];
    for (let n = 0; n < 12; n++) {
      const message = await failing(worker.send('lock.unlock', { key: OTHER }));
      const wait = Number(/Wait (\d+) second/.exec(message)?.[1] ?? 0);
      if (wait > 0) waits.push(wait);
      worker.pass(wait * 1_000);
    }
    expect(waits).toEqual([2, 4, 8, 16, 32, 64]);
    worker.pass(15 * 60_000);
    await worker.send('lock.unlock', { key: KEY });
    expect(await urls()).toEqual(['https://before.example/']);
    // And forgotten once it was right.
    expect(await failing(worker.send('lock.remove', { current: OTHER, off: true }))).toMatch(
      /not the passphrase/,
    );
    await worker.send('lock.remove', { current: KEY, off: true });
  });

  it('is changed and removed only by who knows it', async () => {
    await worker.send('lock.set', { kdf, key: KEY });
    expect(await failing(worker.send('lock.set', { kdf, key: OTHER }))).toMatch(/not the passphrase/);
    expect(await failing(worker.send('lock.set', { kdf, key: OTHER, current: OTHER }))).toMatch(
      /not the pass/,
    );
    expect(await failing(worker.send('lock.remove', { current: OTHER, off: true }))).toMatch(
      /not the passphrase/,
    );
    await worker.send('lock.set', { kdf, key: OTHER, current: KEY });
    await worker.restartBrowser();
    expect(await failing(worker.send('lock.unlock', { key: KEY }))).toMatch(/not the passphrase/);
    await worker.send('lock.unlock', { key: OTHER });
    await worker.send('lock.remove', { current: OTHER, off: true });
    await worker.restartBrowser();
    expect(await lockState()).toBeUndefined();
    expect(await urls()).toEqual(['https://before.example/']);
    expect(fake.local.values.has('gate')).toBe(false);
  });
});

describe('while it is locked', () => {
  it('what does not come through is told afterwards, until the person has read it', async () => {
    await worker.send('lock.set', { kdf, key: KEY });
    await worker.send('lock.now', {});
    for (const n of [1, 2, 3]) await worker.visit(n, `https://locked${n}.example/`);
    const { db } = (await worker.recording()).profile.store;
    const [first] = (await db.getAllKeys('sealed')) as number[];
    await db.delete('sealed', first ?? 0);
    await worker.send('lock.unlock', { key: KEY });
    const health = async () => (await worker.send('status.get', {})).health;
    const { code, message } = await health();
    expect([code, message]).toEqual([
      'sealed-gap',
      '1 event that came while it was locked cannot be read. Everything else is here.',
    ]);
    await worker.send('loss.seen', { message: 'another sentence' });
    expect((await health()).code).toBe('sealed-gap');
    await worker.send('loss.seen', { message });
    expect((await health()).code).toBe('ok');
  });

  it('no key and no page that was stored is in memory', async () => {
    await worker.send('lock.set', { kdf, key: KEY });
    expect(JSON.stringify([...fake.session.values])).toContain(
      toBase64Url(worker.services.profile.store.vault.unlockSecret()),
    );
    await worker.send('lock.now', {});
    const memory = JSON.stringify([...fake.session.values]);
    expect(memory).not.toContain(toBase64Url(worker.services.profile.store.vault.unlockSecret()));
    expect(await lockState()).toEqual({ state: 'locked', sealed: 0 });
  });

  it('visits, titles, searches and clicks are recorded once and are there afterwards, in order', async () => {
    await worker.send('lock.set', { kdf, key: KEY });
    await worker.send('lock.now', {});
    await worker.visit(1, 'https://during.example/');
    await worker.visit(2, 'https://www.google.com/search?q=blue+whales');
    await worker.click(1, 'https://during.example/');
    // A repeat of the same message, in the next worker.
    await worker.restart();
    await worker.click(1, 'https://during.example/');
    await worker.restartBrowser();
    await worker.visit(3, 'https://after-restart.example/');
    expect((await lockState())?.sealed).toBeGreaterThan(5);
    await worker.send('lock.unlock', { key: KEY });
    expect(await urls()).toEqual([
      'https://after-restart.example/',
      'https://before.example/',
      'https://during.example/',
      'https://www.google.com/search?q=blue+whales',
    ]);
    worker.services = await worker.opening.ready();
    const records = await worker.records();
    expect(records.map(({ kind }) => kind)).toEqual(['visit', 'visit', 'visit', 'search', 'click', 'visit']);
    const titles = records.flatMap((record) => (record.kind === 'visit' ? [record.title] : []));
    expect(titles).toContain('Title of https://during.example/');
    expect((await worker.send('status.get', {})).health.code).toBe('ok');
  });

  it('rules hold: at once while the browser is open, and when it is opened after it was closed', async () => {
    await worker.send('rules.set', { host: 'skipped.example', capture: 'skip' });
    await worker.send('rules.set', { host: 'short.example', capture: 'domain' });
    await worker.send('lock.set', { kdf, key: KEY });
    await worker.send('lock.now', {});
    await worker.visit(1, 'https://skipped.example/1');
    expect(await lockState()).toEqual({ state: 'locked', sealed: 0 });
    await worker.visit(1, 'https://short.example/path/1');
    await worker.restartBrowser();
    await worker.visit(1, 'https://skipped.example/2');
    await worker.visit(1, 'https://short.example/path/2', { title: 'A telling title' });
    await worker.send('lock.unlock', { key: KEY });
    expect(await urls()).toEqual(['https://before.example/', 'https://short.example/']);
    const { store } = (await worker.opening.ready()).profile;
    for (const day of await store.days())
      expect(JSON.stringify((await store.eventsOfDay(day)).events)).not.toMatch(/skipped|path|telling/);
  });

  it('a pause holds, can be set and ended, and stays so when it is opened', async () => {
    await worker.send('lock.set', { kdf, key: KEY });
    await worker.send('lock.now', {});
    await worker.send('pause.set', { pause: 'resumed' });
    await worker.visit(1, 'https://paused.example/');
    await worker.restartBrowser();
    await worker.visit(1, 'https://paused.example/2');
    expect(await lockState()).toEqual({ state: 'locked', sealed: 0 });
    await worker.send('lock.unlock', { key: KEY });
    expect((await worker.send('status.get', {})).pause).toEqual({ kind: 'resumed' });
    await worker.send('lock.now', {});
    await worker.send('pause.end', {});
    await worker.visit(1, 'https://again.example/');
    await worker.send('lock.unlock', { key: KEY });
    expect(await urls()).toEqual(['https://again.example/', 'https://before.example/']);
  });

  it('nothing is recorded where nobody agreed, nor at level ephemeral on disk', async () => {
    await worker.send('level.set', { level: 'ephemeral' });
    await worker.send('lock.set', { kdf, key: KEY });
    await worker.restartBrowser();
    await worker.visit(1, 'https://memory.example/');
    expect(await lockState()).toEqual({ state: 'locked', sealed: 0 });
    expect((await worker.send('status.get', {})).ephemeralCount).toBe(1);
    fake.local.values.delete('gate');
    await worker.restart();
    await worker.visit(1, 'https://nobody.example/');
    expect((await worker.send('status.get', {})).ephemeralCount).toBe(1);
  });

  it('what was being stored when it was locked is there', async () => {
    await worker.send('lock.set', { kdf, key: KEY });
    const visits = [2, 3, 4, 5].map((tab) => worker.visit(tab, `https://racing.example/${tab}`));
    await worker.send('lock.now', {});
    await Promise.all(visits);
    await worker.send('lock.unlock', { key: KEY });
    expect((await urls()).filter((url) => url.includes('racing'))).toHaveLength(4);
  });
});

describe('a passphrase that is lost', () => {
  it('leaves a way to begin anew, from which nothing of before can be read', async () => {
    await worker.send('lock.set', { kdf, key: KEY });
    expect(await failing(worker.send('lock.start-over', { word: 'DELETE' }))).toMatch(/not locked/);
    expect(await urls()).toEqual(['https://before.example/']);
    const before = worker.services.profile.store.vault.userId;
    await worker.restartBrowser();
    await worker.visit(1, 'https://sealed.example/');
    const status = await worker.send('lock.start-over', { word: 'DELETE' });
    expect(status).toMatchObject({ consent: 'unasked', recordCount: 0, health: { code: 'no-consent' } });
    expect(status.lock).toBeUndefined();
    await worker.restartBrowser();
    expect(await urls()).toEqual([]);
    expect((await worker.opening.ready()).profile.store.vault.userId).not.toBe(before);
    await worker.visit(1, 'https://not-agreed.example/');
    expect(await urls()).toEqual([]);
  });
});

describe('on a full disk', () => {
  beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => {}));
  afterEach(() => void vi.restoreAllMocks());

  it('it locks all the same, and is unlocked again', async () => {
    await worker.send('lock.set', { kdf, key: KEY });
    // As many days on as keys lie ready for: more are to be made.
    worker.pass(40 * 86_400_000);
    failWrites();
    await worker.send('lock.now', {});
    expect(await lockState()).toMatchObject({ state: 'locked' });
    expect([...fake.session.values.keys()]).not.toContain('unlock-secret');
    await worker.send('lock.unlock', { key: KEY });
    expect(await urls()).toEqual(['https://before.example/']);
  });

  it('and what is in force cannot be noted, nothing is recorded that it would not allow', async () => {
    await worker.send('lock.set', { kdf, key: KEY });
    const set = fake.local.set.bind(fake.local);
    vi.spyOn(fake.local, 'set').mockImplementation(async (values: object) => {
      if ('gate' in values) throw new Error('no room');
      await set(values as never);
    });
    await worker.send('lock.now', {});
    expect(await lockState()).toMatchObject({ state: 'locked' });
    expect(fake.local.values.has('gate')).toBe(false);
    await worker.restartBrowser();
    await worker.visit(1, 'https://while-locked.example/');
    expect(await lockState()).toMatchObject({ state: 'locked', sealed: 0 });
  });

  it('a start finds it locked, and unlocks it; what came since is counted from then on', async () => {
    await worker.send('lock.set', { kdf, key: KEY });
    failWrites();
    await worker.restartBrowser();
    expect(await lockState()).toMatchObject({ state: 'locked' });
    await worker.send('lock.unlock', { key: KEY });
    expect(await urls()).toEqual(['https://before.example/']);
    await worker.send('lock.now', {});
    vi.restoreAllMocks();
    await worker.visit(1, 'https://while-locked.example/');
    // What is taken away is missed: it was noted from which number on it counts.
    const db = (await worker.recording()).profile.store.db;
    expect(await db.count('sealed')).toBeGreaterThan(0);
    await db.clear('sealed');
    await worker.send('lock.unlock', { key: KEY });
    expect((await worker.send('status.get', {})).health).toMatchObject({ code: 'sealed-gap' });
  });

  it('a start finds it locked, and it can begin anew', async () => {
    await worker.send('lock.set', { kdf, key: KEY });
    failWrites();
    await worker.restartBrowser();
    await worker.send('lock.start-over', { word: 'DELETE' }).catch(() => {});
    vi.restoreAllMocks();
    await worker.restartBrowser();
    expect(await worker.send('status.get', {})).toMatchObject({ consent: 'unasked', recordCount: 0 });
  });
});

describe('it locks itself', () => {
  it('when the person was away for so long, and not when they came back', async () => {
    const now = Date.now();
    expect(await isAwayFor(15, now)).toBe(false);
    await notePresence(false, now);
    await notePresence(false, now + 60_000);
    expect(await isAwayFor(15, now + 15 * 60_000 - 1)).toBe(false);
    expect(await isAwayFor(15, now + 15 * 60_000)).toBe(true);
    expect(await isAwayFor(0, now + 1e9)).toBe(false);
    await notePresence(true, now);
    expect(await isAwayFor(5, now + 1e9)).toBe(false);
    // Nobody asked for so long: the computer slept.
    expect(await isAwayFor(5, now + 1e9 + 5 * 60_000)).toBe(true);
  });
});

describe('passkeys', () => {
  const one = { id: 'passkey-one', salt: keyOf(30), key: keyOf(31) };
  const two = { id: 'passkey-two', salt: keyOf(40), key: keyOf(41) };
  const by = ({ id, key }: typeof one) => ({ current: key, by: id });

  it('one alone locks, records while locked, and opens; a wrong one says so and makes nobody wait', async () => {
    await worker.send('lock.add-passkey', one);
    const { key: _, ...place } = one;
    const told = { passkeys: [{ ...place, madeMs: Date.now() }], passphrase: false };
    expect(await lockState()).toEqual({ state: 'unlocked', autoLockMinutes: 15, ...told });
    await worker.restartBrowser();
    expect(await lockState()).toEqual({ state: 'locked', sealed: 0, ...told });
    expect(await worker.send('lock.parameters', {})).toBeNull();
    await worker.visit(1, 'https://sealed.example/');
    for (let n = 0; n < 6; n++)
      expect(await failing(worker.send('lock.unlock', { key: KEY, by: one.id }))).toMatch(/not open ARQ/);
    expect(await failing(worker.send('lock.unlock', { key: one.key, by: two.id }))).toMatch(/not open ARQ/);
    await worker.send('lock.unlock', { key: one.key, by: one.id });
    expect(await urls()).toEqual(['https://before.example/', 'https://sealed.example/']);
  });

  it('beside a passphrase are added and removed only by who can unlock, and each still opens', async () => {
    await worker.send('lock.set', { kdf, key: KEY });
    expect(await failing(worker.send('lock.add-passkey', one))).toMatch(/not the passphrase/);
    expect(await failing(worker.send('lock.add-passkey', { ...one, current: OTHER }))).toMatch(
      /not the pass/,
    );
    await worker.send('lock.add-passkey', { ...one, current: KEY });
    // By the passkey, without the passphrase.
    await worker.send('lock.add-passkey', { ...two, ...by(one) });
    await worker.send('lock.set', { kdf, key: OTHER, ...by(two) });
    for (const proof of [{ key: OTHER }, { key: one.key, by: one.id }, { key: two.key, by: two.id }]) {
      await worker.restartBrowser();
      await worker.send('lock.unlock', proof);
      expect(await urls()).toEqual(['https://before.example/']);
    }
    expect(await failing(worker.send('lock.remove-passkey', { id: one.id }))).toMatch(/not the passphrase/);
    await worker.send('lock.remove-passkey', { id: one.id, current: OTHER });
    await worker.restartBrowser();
    expect(await failing(worker.send('lock.unlock', { key: one.key, by: one.id }))).toMatch(/not open ARQ/);
    await worker.send('lock.unlock', { key: OTHER });
  });

  it('the last way goes only when that is what is wanted; then nothing is locked', async () => {
    await worker.send('lock.add-passkey', one);
    expect(await failing(worker.send('lock.remove-passkey', { id: one.id, ...by(one) }))).toMatch(/only way/);
    expect(await failing(worker.send('lock.remove-passkey', { id: two.id, ...by(one), off: true }))).toMatch(
      /not open/,
    );
    await worker.send('lock.set', { kdf, key: KEY, ...by(one) });
    await worker.send('lock.remove', { current: KEY });
    expect(await failing(worker.send('lock.remove', { current: KEY, off: true }))).toMatch(
      /not the passphrase/,
    );
    await worker.send('lock.remove-passkey', { id: one.id, ...by(one), off: true });
    await worker.restartBrowser();
    expect(await lockState()).toBeUndefined();
    expect(await urls()).toEqual(['https://before.example/']);
    expect(fake.local.values.has('gate')).toBe(false);
  });

  it('the last way stays while something of what came while it was locked is not in the store', async () => {
    await worker.send('lock.add-passkey', one);
    const { db } = ((await worker.recording()) as Services).profile.store;
    await db.put('sealed', { n: 1 } as SealedRow);
    expect(await failing(worker.send('lock.remove-passkey', { id: one.id, ...by(one), off: true }))).toMatch(
      /not in the store yet/,
    );
    await db.delete('sealed', 1);
    await worker.send('lock.remove-passkey', { id: one.id, ...by(one), off: true });
    expect(await lockState()).toBeUndefined();
  });

  it('of which there are eight at most', async () => {
    await worker.send('lock.add-passkey', one);
    for (let n = 2; n <= 8; n++)
      await worker.send('lock.add-passkey', { ...two, id: `number-${n}`, ...by(one) });
    expect(await failing(worker.send('lock.add-passkey', { ...two, ...by(one) }))).toMatch(/At most 8/);
    // The same one again takes its own place.
    await worker.send('lock.add-passkey', { ...two, id: 'number-8', ...by(one) });
    expect((await lockState())?.passkeys).toHaveLength(8);
  });

  it('what it gives is nowhere in the files or in memory once it is locked', async () => {
    await worker.send('lock.add-passkey', one);
    await worker.send('lock.now', {});
    const held = JSON.stringify([...fake.session.values, ...fake.local.values]);
    expect(held).not.toContain(one.key);
  });
});
