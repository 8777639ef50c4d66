/**
 * What a person asks of their data: exports, deletions and corrections, with what came of them, and what an interruption leaves.
 *
 * Over 300 lines, because each request is followed from being noted to being done.
 */

// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { servePort } from '../../../src/background/ports.ts';
import { fromUtf8, toBase64Url } from '../../../src/base/bytes.ts';
import { dayOf } from '../../../src/base/clock.ts';
import { open } from '../../../src/crypto/envelope.ts';
import { unpad } from '../../../src/crypto/padding.ts';
import type { ExportMessage } from '../../../src/messaging/answers.ts';
import type { Correction, DataAccessRequest } from '../../../src/model/data-request.ts';
import type { PagePort } from '../../../src/platform/runtime.ts';
import { eventsOf, rowAad } from '../../../src/storage/vault.ts';
import { damageNamed } from '../../support/damage.ts';
import { KILLED, killedAt } from '../../support/kill.ts';
import { SOME_KDF } from '../../support/locking.ts';
import { START_MS, Worker } from '../../support/worker.ts';

// Many real steps: a busy machine takes its time.
vi.setConfig({ testTimeout: 120_000 });

let worker: Worker;
beforeEach(async () => {
  worker = await Worker.start();
});
afterEach(() => worker.end());

const SENDER = { id: 'test', url: 'chrome-extension://test/x.html', origin: 'chrome-extension://test' };

/** A page's end of an export. */
function exporting(request: unknown) {
  const messages: ExportMessage[] = [];
  let hear: (message: unknown) => void = () => {};
  let leave = () => {};
  let more = () => {};
  servePort(
    {
      name: 'export',
      sender: SENDER,
      post(message) {
        messages.push(message as ExportMessage);
        more();
      },
      onMessage: (handler) => {
        hear = handler;
      },
      onDisconnect: (handler) => {
        leave = handler;
      },
      disconnect() {},
    } as PagePort,
    {
      exporting: async () => worker.services,
      importing: () => Promise.reject(new Error('not asked')),
      budget: () => Promise.reject(new Error('not asked')),
      watch: () => () => {},
      onDrop: () => {},
    },
  );
  const next = (message: unknown) =>
    new Promise<ExportMessage>((resolve) => {
      more = () => resolve(messages.at(-1) as ExportMessage);
      hear(message);
    });
  return { first: () => next(request), next: () => next({ next: true }), leave: () => leave() };
}

/** All of an export, by file. */
async function exported(request: unknown) {
  const port = exporting(request);
  const files = new Map<string, string>();
  let name = '';
  for (let message = await port.first(); ; message = await port.next()) {
    if (message.kind !== 'chunk') return { files, end: message };
    name = message.file ?? name;
    files.set(name, (files.get(name) ?? '') + message.text);
  }
}

const list = () => worker.send('requests.get', {});
const newest = async (): Promise<DataAccessRequest> => {
  const [one] = await list();
  if (!one) throw new Error('no request');
  return one;
};
const titles = async () => (await worker.records()).map((one) => ('title' in one ? one.title : '')).sort();
const rectify = (correction: Correction) => worker.send('requests.rectify', { correction, reason: '' });
const URL_A = 'https://a.example/x';

describe('an export', () => {
  it('is noted with what came of it, and has what the store has', async () => {
    await worker.visit(1, URL_A, { title: 'Whales' });
    await worker.click(1);
    const { files, end } = await exported({ format: 'package', kind: 'full' });
    expect(end).toEqual({ kind: 'done', records: 2 });
    const { interactions } = JSON.parse(files.get('interactions.json') ?? '') as { interactions: unknown[] };
    expect(interactions).toHaveLength(2);
    expect(JSON.parse(files.get('profile.json') ?? '')).toMatchObject({ totalInteractions: 2 });
    expect(JSON.parse(files.get('settings.json') ?? '')).toMatchObject({
      settings: { level: 'private', consent: 'accepted' },
      consents: [{ use: 'recording' }],
      requests: [{ status: 'running' }],
    });
    expect(JSON.parse(files.get('deletions.json') ?? '')).toEqual({ whole: true, entries: [] });
    expect(await newest()).toMatchObject({
      userId: worker.store.vault.userId,
      requestType: 'export',
      status: 'completed',
      detail: { type: 'export', kind: 'full' },
      affectedRecords: 2,
      timestamp: new Date(START_MS).toISOString(),
      completionDate: new Date(START_MS).toISOString(),
    });
  });

  it('that is anonymised has no title and no address', async () => {
    await worker.visit(1, URL_A, { title: 'Whales' });
    const { files } = await exported({ format: 'package', kind: 'anonymised' });
    for (const [name, text] of files)
      if (name !== 'README.txt') expect(text).not.toMatch(/whales|a\.example/i);
  });

  it('goes on without what is damaged, and says so', async () => {
    await worker.visit(1, URL_A);
    const { context } = worker.services.profile;
    await context.changePreferences({ theme: 'dark' });
    await damageNamed(worker.store, 'preferences');
    const { files, end } = await exported({ format: 'package', kind: 'full' });
    expect(end).toMatchObject({ kind: 'done', records: 1 });
    expect([...files.keys()]).not.toContain('preferences.json');
    expect([...files.keys()]).toContain('contexts.json');
    expect((await newest()).message).toContain('Your preferences cannot be read');
  });

  it('asks for what unlocks, where something does: every sort of it, and those who guess wait', async () => {
    await worker.visit(1, URL_A, { title: 'Whales' });
    const key = toBase64Url(new Uint8Array(32).fill(1));
    const wrong = toBase64Url(new Uint8Array(32).fill(2));
    await worker.send('lock.set', { kdf: SOME_KDF, key });
    const sorts = [
      { format: 'json' },
      { format: 'csv' },
      ...(['full', 'encrypted', 'anonymised'] as const).map((kind) => ({ format: 'package', kind })),
    ];
    const told = new Set<unknown>();
    for (const sort of sorts) {
      for (const given of [{}, { current: wrong }]) {
        const { end, files } = await exported({ ...sort, ...given });
        told.add(JSON.stringify(end));
        expect(files.size).toBe(0);
        worker.pass(60_000);
      }
      expect((await exported({ ...sort, current: key })).end).toMatchObject({ kind: 'done' });
    }
    expect([...told]).toEqual([
      JSON.stringify({ kind: 'failed', message: 'That is not the passphrase. Nothing was changed.' }),
    ]);
    // Refused ones are no requests.
    expect(await list()).toHaveLength(sorts.length);
    for (let n = 0; n < 3; n++) await exported({ format: 'json', current: wrong });
    expect((await exported({ format: 'json', current: key })).end).toEqual({
      kind: 'failed',
      message: 'Too many wrong passphrases. Wait 2 seconds and try again.',
    });
  });

  it('is made when nothing can be written any more', async () => {
    await worker.visit(1, URL_A);
    const put = vi
      .spyOn(worker.store, 'writeNamed')
      .mockRejectedValue(new DOMException('', 'QuotaExceededError'));
    const { files, end } = await exported({ format: 'package', kind: 'full' });
    put.mockRestore();
    expect(end).toMatchObject({ kind: 'done', records: 1 });
    expect(files.get('interactions.json')).toContain(URL_A);
  });

  it('that the page gave up is cancelled', async () => {
    await worker.visit(1, URL_A);
    const port = exporting({ format: 'package', kind: 'full' });
    await port.first();
    port.leave();
    await expect.poll(async () => (await newest()).status).toBe('cancelled');
  });

  it('that the worker was stopped in is interrupted, and goes on as the same request', async () => {
    await worker.visit(1, URL_A);
    await exporting({ format: 'package', kind: 'encrypted' }).first();
    expect((await newest()).status).toBe('running');
    await worker.restart();
    const { id, status } = await newest();
    expect(status).toBe('interrupted');
    await exported({ format: 'package', kind: 'encrypted', request: id });
    expect(await list()).toMatchObject([{ id, status: 'completed', affectedRecords: 1 }]);
  });

  it('that was interrupted can be cancelled, and an ended one cannot', async () => {
    await exporting({ format: 'package', kind: 'full' }).first();
    await worker.restart();
    const { id } = await newest();
    expect(await worker.send('requests.cancel', { id })).toMatchObject([{ status: 'cancelled' }]);
    await expect(worker.send('requests.cancel', { id })).rejects.toThrow('ended already');
    expect(await worker.send('requests.clear', {})).toEqual([]);
  });
});

describe('a correction', () => {
  it('of a title: the new one is found, the old one is gone with its key, and all else stays', async () => {
    await worker.visit(1, URL_A, { title: 'Wails' });
    await worker.services.recorder.spent(1, 1_234);
    worker.pass(1_000);
    await worker.click(1);
    worker.pass(1_000);
    await worker.visit(2, 'https://b.example/', { title: 'Wails' });
    await worker.store.pack(true);
    const before = (await worker.records()).map(({ id: _, ...rest }) => rest);
    const day = dayOf(START_MS);
    const generations = worker.store.vault.names('interactions').filter((name) => name.day === day);
    expect(await worker.send('rectify.find', { url: URL_A })).toEqual({
      titles: [{ text: 'Wails', count: 2 }],
      queries: [],
      elsewhere: { away: 0, filed: 0 },
    });
    await rectify({ what: 'title', url: URL_A, from: 'Wails', to: 'Whales' });
    const after = await worker.records();
    const isMeant = (one: object) => 'url' in one && one.url === URL_A;
    expect(after.map(({ id: _, ...rest }) => rest)).toEqual(
      before.map((one) => (isMeant(one) ? { ...one, title: 'Whales' } : one)),
    );
    for (const { generation } of generations)
      expect(worker.store.vault.knows(eventsOf(day), generation)).toBe(false);
    expect(JSON.stringify(await worker.events())).not.toContain('"Wails","url":"https://a.example');
    const { hits } = await worker.send('records.search', { text: 'whales', limit: 9 });
    expect(hits).toMatchObject([{ url: URL_A, title: 'Whales' }]);
    const { hits: old } = await worker.send('records.search', { text: 'wails', limit: 9 });
    expect(old).toMatchObject([{ url: 'https://b.example/' }]);
    const done = await newest();
    expect(done).toMatchObject({ status: 'completed', affectedRecords: 2, requestType: 'rectify' });
    // What it said, before and after, is not in the log.
    expect(JSON.stringify(done)).not.toMatch(/wails|whales|a\.example/i);
  });

  it('of a search, with the address that says it', async () => {
    const url = 'https://www.google.com/search?q=blue+wails&hl=en';
    await worker.visit(1, url, { title: '' });
    expect(await worker.send('rectify.find', { url })).toMatchObject({ queries: [{ text: 'blue wails' }] });
    await rectify({ what: 'query', url, from: 'blue wails', to: 'blue whales' });
    const right = 'https://www.google.com/search?q=blue+whales&hl=en';
    expect(await worker.records()).toMatchObject([{ url: right }, { url: right }]);
    expect(await worker.ofKind('search')).toMatchObject([{ query: 'blue whales' }]);
    expect(JSON.stringify(await worker.events())).not.toContain('wails');
  });

  it('of a title leaves what links to the page; of a search, nothing links to what was searched', async () => {
    const url = 'https://www.google.com/search?q=blue+wails&hl=en';
    await worker.visit(1, URL_A, { title: 'Wails' });
    await worker.visit(1, url, { title: '' });
    const link = (referrer: string) =>
      worker.store.append({
        event: {
          kind: 'visit',
          atMs: Date.now(),
          level: 'private',
          url: 'https://next.example/',
          title: '',
          transition: 'link',
          referrer,
        },
      });
    await link(URL_A);
    await link(url);
    const referrers = async () =>
      (await worker.records()).flatMap((one) => ('referrer' in one ? [one.referrer] : []));
    const before = await referrers();
    expect(before.slice(-2)).toEqual([URL_A, url]);
    await rectify({ what: 'title', url: URL_A, from: 'Wails', to: 'Whales' });
    expect(await titles()).toContain('Whales');
    expect(await referrers()).toEqual(before);
    await rectify({ what: 'query', url, from: 'blue wails', to: 'blue whales' });
    expect(await referrers()).toEqual(before.filter((one) => one !== url));
  });

  it('is redacted like everything else', async () => {
    await worker.visit(1, URL_A, { title: 'Card' });
    await rectify({ what: 'title', url: URL_A, from: 'Card', to: 'My card 4111 1111 1111 1111' });
    expect(await titles()).toEqual(['My card [card number]']);
  });

  it('of what is not there corrects nothing, and says so', async () => {
    await worker.visit(1, URL_A, { title: 'One' });
    await rectify({ what: 'title', url: URL_A, from: 'Two', to: 'Three' });
    expect(await newest()).toMatchObject({ status: 'completed', affectedRecords: 0 });
    expect(await titles()).toEqual(['One']);
  });

  it('of the profile is in force, and nonsense is refused', async () => {
    await rectify({ what: 'language', to: 'pt-BR' });
    await rectify({ what: 'timezone', to: 'Europe/Lisbon' });
    const { context } = worker.services.profile;
    expect(await context.preferences()).toMatchObject({ language: 'pt-BR', timezone: 'Europe/Lisbon' });
    expect(await context.profile()).toMatchObject({ language: 'pt-BR', timezone: 'Europe/Lisbon' });
    await expect(rectify({ what: 'timezone', to: 'Atlantis/Port' })).rejects.toThrow('not a time zone');
    await expect(rectify({ what: 'language', to: '!' })).rejects.toThrow('not a language');
    await expect(rectify({ what: 'title', url: 'no', from: '', to: 'x' })).rejects.toThrow('not the address');
    expect(await list()).toHaveLength(2);
  });

  it('killed anywhere goes on, or is taken back, with each record there once', async () => {
    let kills = 0;
    for (let call = 1; ; call += 2) {
      worker.end();
      worker = await Worker.start();
      await worker.visit(1, URL_A, { title: 'Wails' });
      await worker.click(1);
      await worker.visit(2, 'https://b.example/', { title: 'B' });
      const done = await killedAt(call, () =>
        rectify({ what: 'title', url: URL_A, from: 'Wails', to: 'Whales' }),
      );
      if (done !== KILLED) break;
      kills += 1;
      await worker.open();
      const [left] = await list();
      // It may have been stopped before it was noted: then nothing happened.
      if (!left || left.status === 'completed') {
        if (!left) expect(await titles()).toEqual(['B', 'Wails', 'Wails']);
        await vi.waitFor(() => expect(worker.store.corrections.keys(), `call ${call}`).toBe(0));
        continue;
      }
      expect(left.status, `call ${call}`).toBe('interrupted');
      const goesOn = kills % 2 === 0;
      await worker.send(goesOn ? 'requests.resume' : 'requests.cancel', { id: left.id });
      const now = await titles();
      const right = ['B', 'Whales', 'Whales'];
      // What was erased before it was cancelled stays corrected.
      if (goesOn || now.includes('Whales')) expect(now, `call ${call}`).toEqual(right);
      else expect(now, `call ${call}`).toEqual(['B', 'Wails', 'Wails']);
      expect(worker.store.corrections.keys(), `call ${call}`).toBe(0);
    }
    expect(kills).toBeGreaterThan(5);
  });
});

describe('what a correction said', () => {
  const failing = () => {
    vi.spyOn(worker.services.erasures, 'flag').mockRejectedValue(new Error('not now'));
    vi.spyOn(console, 'error').mockImplementation(() => {});
  };
  const copied = () => worker.store.db.getAll('profiles');
  /** All that these rows say to who has the keys of now. */
  async function opened(rows: Awaited<ReturnType<typeof copied>>): Promise<string> {
    const { vault } = worker.store;
    const { userId } = vault;
    const said: unknown[] = [];
    for (const { name, box } of rows) {
      said.push(await vault.openNamed(name, box).catch(() => null));
      for (const { aead, day } of await vault.ring('derived')) {
        const found = await open(aead, box, rowAad(userId, 'profiles', day, name, 0));
        if (found.ok) said.push(fromUtf8(unpad(found.plaintext) ?? new Uint8Array(0)));
      }
    }
    return JSON.stringify(said);
  }
  const wails = { what: 'title', url: URL_A, from: 'Wails', to: 'Whales' } as const;
  const seals = { what: 'title', url: 'https://b.example/', from: 'Seels', to: 'Seals' } as const;
  beforeEach(async () => {
    await worker.visit(1, URL_A, { title: 'Wails' });
    await worker.visit(2, seals.url, { title: 'Seels' });
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each(['requests.resume', 'requests.cancel'] as const)(
    'is opened by nobody after %s, also not from a copy of what lay there before',
    async (ending) => {
      failing();
      await rectify(wails);
      vi.restoreAllMocks();
      const rows = await copied();
      expect(await opened(rows)).toMatch(/Wails.*a\.example|a\.example.*Wails/);
      const { id } = await newest();
      await worker.send(ending, { id });
      expect(await opened(rows)).not.toMatch(/wails|whales|a\.example/i);
      for (const row of rows) await worker.store.db.put('profiles', row);
      await worker.restart();
      expect(await opened(await copied())).not.toMatch(/wails|whales|a\.example/i);
      await expect(worker.send('requests.resume', { id })).resolves.toMatchObject([
        { status: 'failed', message: expect.stringContaining('not known any more') },
      ]);
    },
  );

  it('goes alone: another that waits is still known, wherever the worker was stopped', async () => {
    let kills = 0;
    for (let call = 1; ; call++) {
      worker.end();
      worker = await Worker.start();
      await worker.visit(2, seals.url, { title: 'Seels' });
      failing();
      vi.spyOn(worker.services.profile.context, 'changePreferences').mockRejectedValue(new Error('not now'));
      await rectify({ what: 'language', to: 'pt-BR' });
      await rectify(seals);
      vi.restoreAllMocks();
      const rows = await copied();
      expect(await opened(rows)).toContain('pt-BR');
      const [later, first] = (await list()) as [DataAccessRequest, DataAccessRequest];
      const done = await killedAt(call, () => worker.send('requests.cancel', { id: first.id }));
      if (done === KILLED) {
        kills += 1;
        await worker.open();
        const [, left] = (await list()) as [DataAccessRequest, DataAccessRequest];
        if (left.status !== 'cancelled') await worker.send('requests.cancel', { id: first.id });
      }
      await vi.waitFor(async () => expect(await opened(rows), `call ${call}`).not.toMatch(/pt-BR|seels/i));
      expect(worker.store.corrections.keys(), `call ${call}`).toBe(1);
      expect(await opened(await copied()), `call ${call}`).toMatch(/Seels/);
      await worker.send('requests.resume', { id: later.id });
      expect(await titles(), `call ${call}`).toEqual(['Seals']);
      expect(worker.store.corrections.keys(), `call ${call}`).toBe(0);
      if (done !== KILLED) break;
    }
    expect(kills).toBeGreaterThan(5);
  });

  it('in a list of an older version goes the same way', async () => {
    failing();
    await rectify(wails);
    vi.restoreAllMocks();
    const { store } = worker;
    await store.writeNamed('requests', await list());
    await store.exclusive(() => store.corrections.forget());
    expect(await newest()).toMatchObject({ detail: { correction: wails } });
    await rectify(seals);
    expect(JSON.stringify(await store.readNamed('requests'))).not.toMatch(/wails|seels/i);
    const [, { id }] = (await list()) as [DataAccessRequest, DataAccessRequest];
    await worker.send('requests.resume', { id });
    expect(await titles()).toEqual(['Seals', 'Whales']);
  });

  describe('while it was interrupted', () => {
    let rows: Awaited<ReturnType<typeof copied>>;
    beforeEach(async () => {
      failing();
      await rectify(wails);
      vi.restoreAllMocks();
      rows = await copied();
      expect(await opened(rows)).toMatch(/Wails/);
    });
    const isDestroyed = async () => {
      expect(await opened(rows)).not.toMatch(/wails|whales/i);
      expect(await newest()).toMatchObject({
        status: 'cancelled',
        message: 'What it was to correct was deleted.',
      });
      expect(worker.store.corrections.keys()).toBe(0);
    };

    it.each([
      { what: 'all' },
      { what: 'site', host: 'a.example' },
      { what: 'page', url: URL_A },
      { what: 'range', fromMs: START_MS - 1, toMs: START_MS + 1_000 },
    ] as const)('goes with what it was said of: %j', async (target) => {
      await worker.erase(target);
      await isDestroyed();
    });

    it('goes with the record', async () => {
      // The new version is there as well.
      for (const { id, ...record } of await worker.records())
        if ('url' in record && record.url === URL_A)
          await worker.erase({ what: 'record', id, day: dayOf(START_MS) });
      await isDestroyed();
    });

    it.each([
      { what: 'site', host: 'b.example' },
      // When it was asked for, not when the page was visited.
      { what: 'range', fromMs: START_MS + 5_000, toMs: START_MS + 20_000 },
    ] as const)('stays with anything else: %j', async (target) => {
      worker.pass(10_000);
      await worker.visit(3, 'https://c.example/');
      await worker.erase(target);
      const { id } = await newest();
      await worker.send('requests.resume', { id });
      expect(await newest()).toMatchObject({ id, status: 'completed', affectedRecords: 1 });
      expect(await titles()).toContain('Whales');
    });
  });
});

describe('the deletion of everything', () => {
  const remove = (reason = '') => worker.send('requests.delete', { account: false, reason, word: 'DELETE' });

  it('takes records, contexts, profile, preferences and older requests, and is noted', async () => {
    await worker.visit(1, URL_A, { title: 'Whales' });
    await worker.services.contexts.tick();
    const { context } = worker.services.profile;
    await context.changePreferences({ theme: 'dark', language: 'pt' });
    await context.profile();
    await exported({ format: 'json' });
    await remove('moving on');
    expect(await worker.records()).toEqual([]);
    expect(await context.contextCount()).toBe(0);
    expect(await context.preferences()).toEqual(context.defaultPreferences());
    expect(await list()).toMatchObject([
      { requestType: 'delete', status: 'completed', affectedRecords: 1, reason: 'moving on' },
    ]);
    expect(worker.services.profile.settings.consent).toBe('accepted');
  });

  it('that the worker was stopped in goes on to its end', async () => {
    let kills = 0;
    for (let call = 1; ; call += 6) {
      worker.end();
      worker = await Worker.start();
      await worker.visit(1, URL_A, { title: 'Whales' });
      if ((await killedAt(call, () => remove())) !== KILLED) break;
      kills += 1;
      await worker.open();
      const [left] = await list();
      if (!left || left.status === 'completed') continue;
      expect(left.status).toBe('interrupted');
      await worker.send('requests.resume', { id: left.id });
      expect(await worker.records()).toEqual([]);
      expect(await list()).toMatchObject([{ id: left.id, status: 'completed' }]);
    }
    expect(kills).toBeGreaterThan(3);
  });
});
