// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY_MS } from '../../../src/base/clock.ts';
import { EPHEMERAL_MS } from '../../../src/model/privacy.ts';
import { fake } from '../../support/fake-browser.ts';
import { Worker } from '../../support/worker.ts';

let worker: Worker;
/** What the computer's own counter says, which nobody sets. */
let ticks = 0;
beforeEach(async () => {
  vi.spyOn(performance, 'now').mockImplementation(() => ticks);
  worker = await Worker.start();
  await worker.set({ level: 'ephemeral' });
});
afterEach(() => {
  worker.end();
  vi.restoreAllMocks();
});

const memory = () => JSON.stringify(fake.session.values.get('ephemeral') ?? null);
const urls = async () =>
  (await worker.services.ephemeral.records()).map((record) => ('url' in record ? record.url : ''));

describe('what has expired', () => {
  it('leaves the memory, with its updates, also when nothing new comes', async () => {
    await worker.visit(7, 'https://old.example/');
    worker.pass(EPHEMERAL_MS - 1_000);
    await worker.title(7, 'Oldword');
    await worker.visit(8, 'https://new.example/');
    expect(await worker.services.ephemeral.purge()).toBe(false);
    worker.pass(2_000);
    expect(memory()).toContain('old.example');
    expect(await worker.services.ephemeral.purge()).toBe(true);
    expect(memory()).not.toMatch(/old/i);
    expect(memory()).toContain('new.example');
    expect(await worker.services.ephemeral.purge()).toBe(false);
  });
});

describe('a clock that is set back', () => {
  const purged = async () => {
    await worker.services.ephemeral.purge();
    return memory();
  };
  /** Really, whatever the clock says. */
  const passes = (ms: number) => {
    ticks += ms;
  };

  it('makes an hour no longer, while the worker lives', async () => {
    await worker.visit(7, 'https://old.example/');
    worker.pass(-30 * DAY_MS);
    passes(EPHEMERAL_MS / 2);
    await worker.visit(8, 'https://new.example/');
    passes(EPHEMERAL_MS / 2 - 1);
    expect(await purged()).toContain('old.example');
    passes(1);
    expect(await urls()).toEqual(['https://new.example/']);
    expect(await purged()).not.toContain('old.example');
    passes(EPHEMERAL_MS / 2);
    expect(await purged()).not.toContain('new.example');
  });

  it('nor over several workers: each goes on where the one before was', async () => {
    await worker.visit(7, 'https://old.example/');
    for (let n = 0; n < 4; n++) {
      expect(await purged()).toContain('old.example');
      passes(EPHEMERAL_MS / 4);
      worker.pass(-DAY_MS);
      await worker.services.ephemeral.purge();
      await worker.restart();
      // Put right by a second, which nobody takes for a clock that was set.
      worker.pass(-1_000);
    }
    expect(await urls()).toEqual([]);
  });

  it('between two workers ends all of it: nobody knows how long that was', async () => {
    await worker.visit(7, 'https://old.example/');
    await worker.restart();
    expect(await urls()).toEqual(['https://old.example/']);
    worker.services.close();
    worker.pass(-3 * 60_000);
    await worker.open();
    expect(await purged()).not.toContain('old.example');
    await worker.visit(8, 'https://new.example/');
    expect(await urls()).toEqual(['https://new.example/']);
  });

  it('does not outlive the browser', async () => {
    await worker.visit(7, 'https://old.example/');
    worker.pass(-30 * DAY_MS);
    await worker.restartBrowser();
    expect(await urls()).toEqual([]);
  });
});

describe('a repeated message', () => {
  it('is acted on once in memory too', async () => {
    await worker.visit(7, 'https://a.example/');
    await worker.click(7);
    await worker.restart();
    await worker.click(7);
    expect(await worker.services.ephemeral.records()).toHaveLength(2);
  });

  it('is acted on once when the level changed in between, whichever way', async () => {
    await worker.visit(7, 'https://a.example/');
    await worker.click(7);
    await worker.set({ level: 'private' });
    fake.session.values.delete('tab:7');
    await worker.restart();
    await worker.click(7);
    expect(await worker.records()).toEqual([]);
    await worker.click(7, undefined, 'O'.repeat(22));
    await worker.set({ level: 'ephemeral' });
    await worker.click(7, undefined, 'O'.repeat(22));
    expect(await worker.services.ephemeral.records()).toHaveLength(2);
    expect(await worker.records()).toHaveLength(1);
  });
});

describe('memory that is full', () => {
  const health = async () => (await worker.services.status()).health;
  const room = (characters: number) => {
    fake.session.beforeSet = (values) => {
      if ('ephemeral' in values && JSON.stringify(values).length > characters)
        throw new Error('Session storage quota bytes exceeded. Values were not stored.');
    };
  };

  it('loses the oldest first', async () => {
    for (let i = 0; i < 8; i++) {
      await worker.visit(i, `https://a.example/${i}`);
      worker.pass(1_000);
    }
    room(memory().length);
    await worker.visit(9, 'https://a.example/newest');
    const kept = await urls();
    expect(kept.at(-1)).toBe('https://a.example/newest');
    expect(kept).not.toContain('https://a.example/0');
    expect(kept.length).toBeGreaterThan(3);
    expect((await health()).code).toBe('ok');
  });

  it('that takes nothing at all is told in the health line, until it does', async () => {
    room(10);
    await expect(worker.visit(7, 'https://a.example/')).rejects.toThrow('quota');
    expect(await health()).toMatchObject({ code: 'storage-full', message: expect.stringMatching(/memory/) });
    room(10_000);
    await worker.visit(7, 'https://b.example/');
    expect((await health()).code).toBe('ok');
  });
});

describe('a change of the level while something is in memory', () => {
  it('moves nothing into the store: it stays in memory, with what comes to it, until its hour is over', async () => {
    await worker.visit(7, 'https://short.example/', { title: '' });
    await worker.send('level.set', { level: 'private' });
    await worker.title(7, 'Shortword');
    worker.pass(EPHEMERAL_MS - 1_000);
    expect(memory()).toContain('Shortword');
    expect(await worker.events()).toEqual([]);
    worker.pass(2_000);
    expect(await urls()).toEqual([]);
    await worker.services.ephemeral.purge();
    expect(memory()).not.toMatch(/short/i);
    expect(await worker.events()).toEqual([]);
  });

  it('or forgets it, when that is said, without touching what is stored', async () => {
    await worker.set({ level: 'private' });
    await worker.visit(6, 'https://stored.example/');
    await worker.set({ level: 'ephemeral' });
    await worker.visit(7, 'https://short.example/');
    await worker.send('level.set', { level: 'private', stored: 'forget' });
    expect(memory()).not.toMatch(/short/i);
    expect((await worker.records()).map((record) => 'url' in record && record.url)).toEqual([
      'https://stored.example/',
    ]);
    expect(worker.services.storedRules.state()).toBeUndefined();
  });

  it('lets it end with the browser, whatever the level is by then', async () => {
    await worker.visit(7, 'https://short.example/');
    await worker.send('level.set', { level: 'public' });
    await worker.restart();
    expect(await urls()).toEqual(['https://short.example/']);
    await worker.restartBrowser();
    expect(await urls()).toEqual([]);
    expect(await worker.events()).toEqual([]);
  });
});
