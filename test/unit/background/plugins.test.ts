/** Who may use the API for other extensions: what everybody else is told, requests, and what the person allows. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/base/clock.ts';
import { NO_ACCESS, PLUGIN_LIMITS, PLUGIN_MEMORY_MS } from '../../../src/model/plugins.ts';
import { ID, PluginAsker, senderOf } from '../../support/plugin-asker.ts';

const REQUEST = { arq: 1, request: { name: 'Sample', fields: ['host', 'title'], reason: 'Because.' } };
const idOf = (n: number): string => `extension-${n}@some.example`;

let asker: PluginAsker;
beforeEach(async () => {
  asker = await PluginAsker.start();
});
afterEach(() => asker.worker.end());

describe('who is not allowed', () => {
  const messages = [
    REQUEST,
    { arq: 1, query: { kind: 'visits' } },
    { arq: 1, query: { kind: 'access' } },
    { arq: 2 },
    'x',
  ];
  const allTold = async () => {
    const told = new Set<unknown>();
    for (const message of messages) told.add(await asker.tell(message));
    return [...told];
  };

  it('is told the same whatever holds: nothing', async () => {
    await asker.browse();
    expect(await allTold()).toEqual([undefined]);
    await asker.turn(true);
    expect(await allTold()).toEqual([undefined]);
    await asker.worker.send('plugins.refuse', { id: ID });
    expect(await allTold()).toEqual([undefined]);
    await asker.allow(['host']);
    await asker.worker.send('plugins.withdraw', { id: ID });
    expect(await allTold()).toEqual([undefined]);
    await asker.allow(['host']);
    await asker.turn(false);
    expect(await allTold()).toEqual([undefined]);
    await asker.turn(true);
    await asker.worker.set({ consent: 'declined' });
    expect(await allTold()).toEqual([undefined]);
    await asker.worker.set({ consent: 'accepted' });
    expect(await asker.query({ kind: 'access' })).toMatchObject({ ok: true });
    expect((await asker.report()).log).toHaveLength(1);
  });

  it('is nobody by sending from where only a content script or a page of ours would', async () => {
    await asker.turn(true);
    await asker.allow(['host']);
    const asking = { arq: 1, query: { kind: 'access' } };
    const tab = { id: 1, incognito: false };
    for (const sender of [
      { ...senderOf(ID), url: 'https://site.example/', origin: 'https://site.example', tab },
      { ...senderOf(ID), origin: 'https://site.example', tab },
      { ...senderOf(ID), id: undefined },
      { ...senderOf(ID), id: 'test' },
      {
        id: 'test',
        url: 'chrome-extension://test/src/options/index.html',
        origin: 'chrome-extension://test',
      },
      { id: ID, url: 'chrome-extension://test/src/options/index.html', origin: 'chrome-extension://test' },
      {},
    ]) {
      asker.worker.pass(1_000);
      expect(await asker.handler(asking, sender as never)).toBeUndefined();
    }
    expect(await asker.tell(asking)).toMatchObject({ ok: true });
  });
});

describe('requests', () => {
  it('are noted only while the switch is on, and once, as they were first', async () => {
    await asker.tell(REQUEST);
    expect((await asker.report()).pending).toEqual([]);
    await asker.turn(true);
    await asker.tell(REQUEST);
    await asker.tell({ arq: 1, request: { ...REQUEST.request, name: 'Your bank', fields: ['url'] } });
    expect((await asker.report()).pending).toEqual([
      { id: ID, ...REQUEST.request, askedMs: expect.any(Number) },
    ]);
    expect(asker.worker.services.plugins.state()).toEqual({ waiting: 1, answered: 0 });
  });

  it('are at most so many, and forgotten after 30 days', async () => {
    await asker.turn(true);
    for (let i = 0; i < PLUGIN_LIMITS.pending + 5; i++) await asker.tell(REQUEST, idOf(i));
    expect((await asker.report()).pending).toHaveLength(PLUGIN_LIMITS.pending);
    asker.worker.pass(PLUGIN_MEMORY_MS);
    await asker.tell(REQUEST);
    expect((await asker.report()).pending.map(({ id }) => id)).toEqual([ID]);
  });

  it('that were refused are not listened to for 30 days', async () => {
    await asker.turn(true);
    await asker.tell(REQUEST);
    await asker.worker.send('plugins.refuse', { id: ID });
    await asker.tell(REQUEST);
    expect((await asker.report()).pending).toEqual([]);
    asker.worker.pass(PLUGIN_MEMORY_MS);
    await asker.tell(REQUEST);
    expect((await asker.report()).pending).toHaveLength(1);
  });

  it('of who is allowed wait, too, and change nothing before the person agrees', async () => {
    await asker.turn(true);
    await asker.allow(['host']);
    expect(await asker.tell({ arq: 1, request: { ...REQUEST.request, fields: ['url'] } })).toEqual({
      arq: 1,
      ok: true,
    });
    expect(await asker.query({ kind: 'access' })).toMatchObject({ fields: ['host'] });
    expect((await asker.report()).pending).toHaveLength(1);
    const after = await asker.allow(['url']);
    expect(after.pending).toEqual([]);
    expect(after.allowed).toHaveLength(1);
    expect(await asker.query({ kind: 'access' })).toMatchObject({ fields: ['url'] });
  });
});

describe('allowing', () => {
  const attempt = (more: object) =>
    asker.worker.handlers['plugins.allow'](
      { id: ID, name: 'Sample', fields: ['host'], untilMs: Date.now() + DAY_MS, ...more } as never,
      {} as never,
    );

  it('has an end within a year, and is for an id of another extension', async () => {
    expect(await attempt({ untilMs: Date.now() })).toMatchObject({ error: { code: 'bad-date' } });
    expect(await attempt({ untilMs: Date.now() + 400 * DAY_MS })).toMatchObject({
      error: { code: 'bad-date' },
    });
    const { runtime } = (globalThis as unknown as { browser: { runtime: { id: string } } }).browser;
    runtime.id = 'a'.repeat(32);
    expect(await attempt({ id: runtime.id })).toMatchObject({ error: { code: 'bad-id' } });
    runtime.id = 'test';
    expect(await attempt({ id: 'https://x/' })).toMatchObject({ error: { code: 'bad-id' } });
    expect((await asker.report()).allowed).toEqual([]);
    expect(await attempt({ name: ' \u202e ' })).toMatchObject({
      value: { allowed: [{ name: ID, grantedMs: Date.now() }] },
    });
  });

  it('is for 50 at most; those whose time is over make room', async () => {
    await asker.allow(['host'], Date.now() + 1, idOf(0));
    for (let i = 1; i < PLUGIN_LIMITS.allowed; i++) await asker.allow(['host'], Date.now() + DAY_MS, idOf(i));
    asker.worker.pass(2);
    expect(await attempt({})).toMatchObject({ ok: true });
    expect(await attempt({ id: 'c'.repeat(32) })).toMatchObject({ error: { code: 'too-many' } });
    // Who is on the list can be changed.
    expect(await attempt({ fields: ['url'] })).toMatchObject({ ok: true });
  });

  it('is kept when the worker stops, sealed; the switch, too', async () => {
    await asker.turn(true);
    await asker.allow(['host']);
    await asker.query({ kind: 'access' });
    const before = await asker.report();
    await asker.restartBrowser();
    expect(asker.worker.services.plugins.state()).toBeUndefined();
    expect(await asker.report()).toEqual(before);
    expect(await asker.query({ kind: 'access' })).toMatchObject({ ok: true });
    for (const row of await asker.worker.store.db.getAll('profiles')) {
      expect(row.box).toBeInstanceOf(Uint8Array);
      expect(Buffer.from(row.box).includes('Sample')).toBe(false);
    }
  });

  it('is nobody when what is stored is of another form', async () => {
    await asker.turn(true);
    await asker.allow(['host']);
    await asker.worker.store.writeNamed('plugin-access', { on: true, allowed: [{ id: ID }] });
    await asker.restartBrowser();
    expect(await asker.query({ kind: 'access' })).toBeUndefined();
    expect(await asker.report()).toMatchObject(NO_ACCESS);
  });
});
