/** Locking by itself, the whole way: from what the browser says of the person to where no key is left, as the background is composed. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { isOpen } from '../../../src/background/services.ts';
import { toBase64Url, toHex } from '../../../src/base/bytes.ts';
import { LockedError } from '../../../src/storage/database.ts';
import { contentOf, fake, OWN_PAGE, opening } from '../../support/live-background.ts';
import { SOME_KDF } from '../../support/locking.ts';

const MINUTE_MS = 60_000;
const KEY = toBase64Url(new Uint8Array(32).fill(1));
const PAGE = 'https://before.example/read';

/** As our own page; a failure is one of the test. */
async function own<T>(type: string, body: object): Promise<T> {
  const answer = (await fake.send({ type, body }, OWN_PAGE)) as { ok: boolean; value: T };
  expect(answer, type).toMatchObject({ ok: true });
  return answer.value;
}
const lock = async () => (await own<{ lock?: { state: string; sealed?: number } }>('status.get', {})).lock;
const found = async () => {
  const { hits } = await own<{ hits: { url: string }[] }>('records.search', { text: '', limit: 200 });
  return hits.map(({ url }) => url).sort();
};
const pass = (ms: number) => void vi.setSystemTime(Date.now() + ms);
const minute = () => fake.ring('minute');
/** So many, one after another, as the browser's alarm tells them. */
async function minutes(n: number): Promise<void> {
  for (let i = 0; i < n; i++) {
    pass(MINUTE_MS);
    await minute();
  }
}
let nonces = 0;
/** A page says that it is there, from a tab of its own. */
async function appears(tabId: number, url: string): Promise<void> {
  fake.tabs.set(tabId, { id: tabId, url, title: `Title of ${url}`, incognito: false });
  const nonce = String(nonces++).padStart(22, 'N');
  const answer = await fake.send(
    { type: 'event.page', body: { startedMs: Date.now(), nonce } },
    contentOf(tabId, url),
  );
  expect(answer).toBe(true);
  await (await opening.recording()).settled();
}

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 24, 12) });
  await own('consent.set', { accepted: true });
  await appears(1, PAGE);
  await own('lock.set', { kdf: SOME_KDF, key: KEY });
});
afterAll(async () => {
  (await opening.recording()).close();
  vi.useRealTimers();
});
beforeEach(async () => {
  await fake.idle('active');
  if ((await lock())?.state === 'locked') await own('lock.unlock', { key: KEY });
});

describe('without the person', () => {
  // The browser says "idle" when a minute has passed, and that the screen was locked at once.
  it.each([
    ['idle', 14],
    ['locked', 15],
  ] as const)('(%s) for 15 minutes it locks, and not before', async (state, more) => {
    await fake.idle(state);
    await minutes(more - 1);
    pass(MINUTE_MS - 1);
    await minute();
    expect((await lock())?.state).toBe('unlocked');
    // The browser says it once more when the screen is locked: away is since the first time.
    await fake.idle('locked');
    pass(1);
    await minute();
    expect((await lock())?.state).toBe('locked');
    await expect(opening.ready()).rejects.toThrow(LockedError);
  });

  it.each([
    ['the next minute', minute],
    ['that the person is there', () => fake.idle('active')],
  ] as const)('a computer that slept so long is locked, when it tells %s', async (_, wakes) => {
    await minute();
    pass(15 * MINUTE_MS - 1);
    await wakes();
    expect((await lock())?.state).toBe('unlocked');
    pass(15 * MINUTE_MS);
    await wakes();
    expect((await lock())?.state).toBe('locked');
  });

  it('what was locked for long is not locked again as soon as it is opened', async () => {
    await own('lock.now', {});
    await minutes(20);
    await own('lock.unlock', { key: KEY });
    await minutes(1);
    expect((await lock())?.state).toBe('unlocked');
  });

  it('that came back in time it stays open, and counts anew', async () => {
    await fake.idle('idle');
    await minutes(13);
    await fake.idle('active');
    await minutes(14);
    await fake.idle('idle');
    await minutes(13);
    expect((await lock())?.state).toBe('unlocked');
  });

  it('it locks after the time that was chosen, or never', async () => {
    await own('lock.auto', { minutes: 0, current: KEY });
    await fake.idle('idle');
    pass(1_000 * MINUTE_MS);
    await minute();
    expect((await lock())?.state).toBe('unlocked');
    await own('lock.auto', { minutes: 5 });
    await minute();
    expect((await lock())?.state).toBe('locked');
    await own('lock.unlock', { key: KEY });
    await own('lock.auto', { minutes: 15, current: KEY });
  });
});

describe('when it has locked itself', () => {
  it('nothing that opens is in memory, pages are recorded, and all is there after unlocking', async () => {
    const { vault } = (await opening.ready()).profile.store;
    const secrets = [vault.unlockSecret(), vault.masterKey(), ...(await vault.ring()).map(({ raw }) => raw)];
    const memory = () => JSON.stringify([...fake.session.values]);
    // Where it would be: the search works, and the next worker would be let in.
    expect(await found()).toEqual([PAGE]);
    expect(memory()).toContain(toBase64Url(vault.unlockSecret()));
    // Of a tab that is open, memory has what it shows, as the browser has.
    await (await opening.recording()).recorder.tabGone(1);
    await fake.idle('idle');
    pass(15 * MINUTE_MS);
    await minute();
    expect(isOpen(await opening.recording())).toBe(false);
    expect(secrets.length).toBeGreaterThan(3);
    for (const secret of secrets) {
      expect(memory()).not.toContain(toBase64Url(secret));
      expect(memory()).not.toContain(toHex(secret));
      expect(memory()).not.toContain(JSON.stringify([...secret]).slice(1, -1));
    }
    expect(memory()).not.toContain(PAGE);
    for (const type of ['records.search', 'phrase.show', 'health.get'])
      expect(
        await fake.send({ type, body: type === 'records.search' ? { text: '', limit: 1 } : {} }, OWN_PAGE),
      ).toMatchObject({
        ok: false,
      });
    // The store that was open is closed, and what was opened of it forgotten.
    await expect(vault.currentKey({ store: 'interactions', day: '2020-01-01' })).rejects.toThrow();

    await appears(2, 'https://while-away.example/');
    await fake.idle('active');
    await appears(3, 'https://back.example/');
    await minute();
    expect(await lock()).toMatchObject({ state: 'locked' });
    expect((await lock())?.sealed).toBeGreaterThanOrEqual(2);
    await own('lock.unlock', { key: KEY });
    expect(await found()).toEqual(['https://back.example/', PAGE, 'https://while-away.example/']);
  });
});
