/** Setting a passphrase, and beginning anew without it, ended at every call to the database. */
import { KILLED, killedAt } from '../../support/kill.ts';
import '../../support/fake-browser.ts';
import { afterEach, expect, it, vi } from 'vitest';
import { toBase64Url } from '../../../src/base/bytes.ts';
import { fake } from '../../support/fake-browser.ts';
import { SOME_KDF } from '../../support/locking.ts';
import { Worker } from '../../support/worker.ts';

vi.setConfig({ testTimeout: 120_000 });

const KEY = toBase64Url(new Uint8Array(32).fill(1));
const LOCK = { kdf: SOME_KDF, key: KEY };
const BEFORE = 'https://before.example/';
const AFTER = 'https://after.example/';

let worker: Worker;
afterEach(async () => {
  (await worker.recording()).close();
  vi.useRealTimers();
});

async function filled(): Promise<void> {
  worker = await Worker.start();
  await worker.visit(1, BEFORE);
}
/** As after the whole browser was killed: of what was open nobody answers any more. */
async function restarted(): Promise<void> {
  fake.endSession();
  await worker.open();
}
const status = () => worker.send('status.get', {});
const urls = async () => {
  const { hits } = await worker.send('records.search', { text: '', limit: 200 });
  return hits.map(({ url }) => url).sort();
};

it('a passphrase: what is locked then records all the same', async () => {
  const seen = new Set<string>();
  for (let call = 1, isKilled = true; isKilled; call++) {
    await filled();
    isKilled = (await killedAt(call, () => worker.send('lock.set', LOCK))) === KILLED;
    worker.services.close();
    await restarted();
    const { lock } = await status();
    seen.add(lock?.state ?? 'open');
    await worker.visit(2, AFTER);
    if (lock) {
      expect((await status()).lock?.sealed, `call ${call}`).toBeGreaterThan(0);
      await worker.send('lock.unlock', { key: KEY });
    }
    expect(await urls(), `call ${call}`).toEqual([AFTER, BEFORE]);
    if (isKilled) (await worker.recording()).close();
  }
  expect([...seen]).toEqual(['open', 'locked']);
});

it('beginning anew: it is the old profile, locked, or a new one that has nothing of it', async () => {
  const seen = new Set<string>();
  for (let call = 1, isKilled = true; isKilled; call++) {
    await filled();
    await worker.send('lock.set', LOCK);
    await worker.restartBrowser();
    const task = () => worker.send('lock.start-over', { word: 'DELETE' });
    isKilled = (await killedAt(call, task)) === KILLED;
    if (!isKilled) (await worker.recording()).close();
    await restarted();
    const { lock } = await status();
    seen.add(lock?.state ?? 'open');
    // Whoever asked for it asks again.
    if (lock) await worker.send('lock.start-over', { word: 'DELETE' });
    const where = `call ${call}`;
    expect(await status(), where).toMatchObject({ consent: 'unasked', health: { code: 'no-consent' } });
    worker.services = await worker.opening.ready();
    await worker.set({ consent: 'accepted' });
    await worker.visit(2, AFTER);
    expect(await urls(), where).toEqual([AFTER]);
    expect(await status(), where).toMatchObject({ recordCount: 1, health: { code: 'ok' } });
    if (isKilled) worker.services.close();
  }
  expect([...seen]).toEqual(['locked', 'open']);
});
