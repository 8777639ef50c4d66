/** What is sensitive is taken out before anything is stored or remembered, and counted once. */

// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toBase64Url } from '../../../src/base/bytes.ts';
import { fake } from '../../support/fake-browser.ts';
import { SOME_KDF } from '../../support/locking.ts';
import { Worker } from '../../support/worker.ts';

let worker: Worker;
beforeEach(async () => {
  worker = await Worker.start();
});
afterEach(() => {
  vi.restoreAllMocks();
  worker.end();
});

const CARD = '4111 1111 1111 1111';
const stored = async () => decodeURIComponent(JSON.stringify(await worker.events()));
/** The browser's memory: what tabs show, and records of level `ephemeral`. */
const inMemory = () => decodeURIComponent(JSON.stringify([...fake.session.values]));
const totals = () => worker.send('sensitive.get', {});
const SEARCH = (query: string) => `https://www.google.com/search?q=${encodeURIComponent(query)}`;

describe('what is recorded', () => {
  it('has a name where a card number was: in titles, searches, addresses and clicks, and in what tabs show', async () => {
    await worker.visit(7, SEARCH(`is ${CARD} stolen`), { title: `is ${CARD} stolen - Search` });
    expect(inMemory()).not.toContain('4111');
    await worker.visit(7, 'https://a.example/?tel=%2B4930901820', { title: `Pay with ${CARD}` });
    await worker.title(7, `Paid with ${CARD}`);
    await worker.handlers['event.click'](
      { role: 'button', text: `Use ${CARD}`, target: 'https://b.example/jo@b.com', nonce: 'M'.repeat(22) },
      worker.sender(7),
    );
    const text = (await stored()) + inMemory();
    expect(text).not.toMatch(/4111|901820|jo@b/);
    expect(text).toContain('Paid with [card number]');
    expect((await worker.ofKind('search'))[0]?.query).toBe('is [card number] stolen');
    expect((await worker.ofKind('visit'))[1]?.referrer).toContain('is');
  });

  it('says of two mailboxes whether they are the same, also after the worker was stopped', async () => {
    await worker.visit(7, 'https://a.example/1', { title: 'Mail from jo@b.com' });
    await worker.restart();
    await worker.visit(7, 'https://a.example/2', { title: 'Mail to JO@b.com' });
    await worker.visit(7, 'https://a.example/3', { title: 'Mail to amy@b.com' });
    const hashes = (await worker.ofKind('visit')).map(({ title }) => /\[e-mail (\w{12})\]/.exec(title)?.[1]);
    expect(hashes[0]).toMatch(/^[0-9a-f]{12}$/);
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
  });

  it('is a search each time that another mailbox is asked for, and once for the same', async () => {
    await worker.visit(7, SEARCH('jo@b.com'), { title: '' });
    await worker.visit(7, `${SEARCH('jo@b.com')}&start=10`, { title: '' });
    await worker.visit(7, SEARCH('amy@b.com'), { title: '' });
    expect(await worker.ofKind('search')).toHaveLength(2);
  });

  it('has a title once, however often the browser tells it', async () => {
    await worker.visit(7, 'https://a.example/', { title: `A  ${CARD}` });
    await worker.title(7, `A ${CARD}`);
    await worker.title(7, `A  ${CARD}`);
    expect((await worker.events()).filter(({ kind }) => kind === 'visit-update')).toHaveLength(1);
  });
});

describe('the counts', () => {
  it('say how many of which kind since when, and go on after a restart', async () => {
    expect(await totals()).toBeNull();
    const sinceMs = Date.now();
    await worker.visit(7, 'https://a.example/', { title: `${CARD}, jo@b.com, amy@b.com, diabetes` });
    worker.pass(1000);
    await worker.restart();
    await worker.visit(7, 'https://a.example/2', { title: 'password: hunter2' });
    expect(await totals()).toMatchObject({
      sinceMs,
      counts: { card: 1, email: 2, health: 1, credential: 1, phone: 0 },
    });
  });

  it('count a search once, which is in the query, the address and the title', async () => {
    await worker.visit(7, SEARCH(`mail jo@b.com ${CARD}`), { title: '' });
    expect(await totals()).toMatchObject({ counts: { card: 1, email: 1 } });
  });

  it('do not count a repeat, nor what was not stored', async () => {
    const click = { role: 'button', text: CARD, nonce: 'M'.repeat(22) };
    await worker.visit(7, 'https://a.example/');
    await worker.handlers['event.click'](click, worker.sender(7));
    await worker.handlers['event.click'](click, worker.sender(7));
    vi.spyOn(worker.store, 'append').mockRejectedValue(new Error('full'));
    await expect(worker.visit(7, 'https://a.example/2', { title: CARD })).rejects.toThrow('full');
    expect(await totals()).toMatchObject({ counts: { card: 1 } });
  });

  it('leave no trace of level ephemeral, which is redacted all the same', async () => {
    await worker.set({ level: 'ephemeral' });
    await worker.visit(7, SEARCH(`is ${CARD} mine`), { title: `Pay with ${CARD}` });
    expect(inMemory()).toContain('Pay with [card number]');
    expect(inMemory()).not.toContain('4111');
    expect(await totals()).toBeNull();
  });

  it('do not stop what they count when they cannot be written', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    vi.spyOn(worker.store, 'writeNamed').mockRejectedValue(new Error('full'));
    await worker.visit(7, 'https://a.example/', { title: CARD });
    expect(await stored()).toContain('[card number]');
    expect(await totals()).toBeNull();
  });

  it('are sealed', async () => {
    await worker.visit(7, 'https://a.example/', { title: CARD });
    const row = await worker.store.db.get('profiles', [worker.store.vault.userId, 'sensitive']);
    expect(row?.box).toBeInstanceOf(Uint8Array);
    expect(new TextDecoder().decode(row?.box)).not.toContain('card');
  });

  it('go when everything is erased, and stay when one page is', async () => {
    await worker.visit(7, 'https://a.example/', { title: CARD });
    await worker.erase({ what: 'page', url: 'https://a.example/' });
    expect(await totals()).not.toBeNull();
    await worker.erase({ what: 'all' });
    expect(await totals()).toBeNull();
  });

  describe('of what comes while it is locked', () => {
    const key = toBase64Url(new Uint8Array(32).fill(1));
    const unlocked = async () => {
      await worker.send('lock.unlock', { key });
      worker.services = await worker.opening.ready();
    };

    it('are there when it is opened, each once', async () => {
      await worker.send('lock.set', { kdf: SOME_KDF, key });
      await worker.send('lock.now', {});
      await worker.visit(7, SEARCH(`mail jo@b.com ${CARD}`), { title: `Pay with ${CARD}` });
      await worker.restartBrowser();
      await worker.visit(7, 'https://a.example/', { title: '' });
      await worker.title(7, `Card ${CARD}`);
      await unlocked();
      expect(await stored()).toContain('Pay with [card number]');
      expect(await totals()).toMatchObject({ counts: { card: 3, email: 1 } });
      await worker.restart();
      await worker.send('lock.now', {});
      await unlocked();
      expect(await totals()).toMatchObject({ counts: { card: 3, email: 1 } });
    });

    it('have nothing of what the rules leave out then', async () => {
      await worker.send('rules.set', { host: 'skipped.example', capture: 'skip' });
      await worker.send('rules.set', { host: 'short.example', capture: 'domain' });
      await worker.send('lock.set', { kdf: SOME_KDF, key });
      await worker.restartBrowser();
      await worker.visit(7, 'https://skipped.example/', { title: `Pay with ${CARD}` });
      await worker.visit(8, 'https://short.example/?tel=%2B4930901820', { title: `Pay with ${CARD}` });
      await unlocked();
      expect(await stored()).not.toContain('card number');
      expect(await totals()).toBeNull();
    });
  });
});
