/** What takes the memory elsewhere, or leaves it open longer, asks for what unlocks, where something does. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toBase64Url } from '../../../src/base/bytes.ts';
import { AUTO_LOCK_MINUTES, locksLater } from '../../../src/model/auto-lock.ts';
import { SOME_KDF } from '../../support/locking.ts';
import { Worker } from '../../support/worker.ts';

const keyOf = (byte: number) => toBase64Url(new Uint8Array(32).fill(byte));
const [KEY, OTHER] = [keyOf(1), keyOf(2)];
const passkey = { id: 'passkey-one', salt: keyOf(30), key: keyOf(31) };
const secret = toBase64Url(new Uint8Array(16));
// Nothing answers there: what got so far says so.
const url = 'http://127.0.0.1:1/';

let worker: Worker;
beforeEach(async () => {
  worker = await Worker.start();
});
afterEach(() => worker.end());

interface Given {
  readonly current?: string;
  readonly by?: string;
}
const ASKING = {
  'sync.create': (given: Given) => worker.send('sync.create', { url, ...given }),
  'sync.invite': (given: Given) => worker.send('sync.invite', given),
  'sync.join': (given: Given) => worker.send('sync.join', { code: 'arq1:x', ...given }),
  'plugins.allow': (given: Given) =>
    worker.send('plugins.allow', {
      id: 'a'.repeat(32),
      name: 'Sample',
      fields: ['host'],
      untilMs: Date.now() + 86_400_000,
      ...given,
    }),
  'sync.restore': (given: Given) => worker.send('sync.restore', { url, secret, ...given }),
};
const WRONG = /not the passphrase|not open ARQ/;
const said = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: Error) => error.message,
  );

describe.each(Object.entries(ASKING))('%s', (_, ask) => {
  it('goes on without a proof where nothing locks', async () => {
    expect(await said(ask({}))).not.toMatch(WRONG);
  });

  it('asks for the passphrase, or for what a passkey gives, where they lock', async () => {
    await worker.send('lock.set', { kdf: SOME_KDF, key: KEY });
    await worker.send('lock.add-passkey', { ...passkey, current: KEY });
    expect(await said(ask({}))).toMatch(WRONG);
    expect(await said(ask({ current: OTHER }))).toMatch(WRONG);
    expect(await said(ask({ current: KEY, by: passkey.id }))).toMatch(WRONG);
    expect(await said(ask({ current: KEY }))).not.toMatch(WRONG);
    expect(await said(ask({ current: passkey.key, by: passkey.id }))).not.toMatch(WRONG);
    // The same wait as at the lock itself: nobody guesses here instead.
    for (let n = 0; n < 2; n++) await said(ask({ current: OTHER }));
    expect(await said(ask({ current: OTHER }))).toMatch(/not the pass|Wait/);
    expect(await said(ask({ current: KEY }))).toMatch(/Wait 2 seconds/);
    expect((await worker.send('status.get', {})).sync.phase).toBe('off');
  });
});

describe('locking by itself', () => {
  const minutes = async () => (await worker.send('status.get', {})).lock?.autoLockMinutes;

  it('is put off only by who can unlock; sooner by anybody', async () => {
    await worker.send('lock.set', { kdf: SOME_KDF, key: KEY });
    for (const later of [60, 0] as const) {
      expect(await said(worker.send('lock.auto', { minutes: later }))).toMatch(WRONG);
      expect(await said(worker.send('lock.auto', { minutes: later, current: OTHER }))).toMatch(WRONG);
    }
    expect(await minutes()).toBe(15);
    await worker.send('lock.auto', { minutes: 5 });
    expect(await minutes()).toBe(5);
    await worker.send('lock.auto', { minutes: 0, current: KEY });
    expect(await minutes()).toBe(0);
    await worker.send('lock.auto', { minutes: 60 });
    expect(await minutes()).toBe(60);
  });

  it('never is later than any time', () => {
    const order = [5, 15, 60, 0] as const;
    expect([...order].sort()).toEqual([...AUTO_LOCK_MINUTES].sort());
    for (const [place, one] of order.entries())
      for (const [other, than] of order.entries()) expect(locksLater(one, than)).toBe(place > other);
  });
});
