/** When the background saves a context, and when it may not; what an erasure leaves; what a page says of the device. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KEPT_CONTEXTS } from '../../../src/background/services/context-keeper.ts';
import { DAY_MS, HOUR_MS } from '../../../src/base/clock.ts';
import type { MessageBody } from '../../../src/messaging/messages.ts';
import { waitFor } from '../../support/wait-for.ts';
import { Worker } from '../../support/worker.ts';

const MINUTE_MS = 60_000;
const SEARCH = 'https://duckduckgo.com/?q=';

let worker: Worker;
beforeEach(async () => {
  vi.stubEnv('TZ', 'America/Sao_Paulo');
  vi.stubGlobal('navigator', {
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    language: 'pt-BR',
  });
  worker = await Worker.start();
});
afterEach(() => {
  worker.end();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});

const storage = () => worker.services.profile.context;
const tick = () => worker.services.contexts.tick();
const later = async (ms: number) => {
  worker.pass(ms);
  return tick();
};
const latest = () => storage().latestContext();
const saved = () => storage().listContexts(storage().userId, 1000);
const device = (more: Partial<MessageBody<'device.seen'>> = {}) =>
  worker.send('device.seen', { width: 1920, height: 1080, theme: 'dark', ...more });

describe('a context is saved', () => {
  it('at once, then at most every five minutes, and not while nothing changes', async () => {
    await tick();
    expect(await latest()).toBeNull();
    await worker.visit(1, 'https://a.example/1');
    await tick();
    expect((await latest())?.recentVisits).toEqual(['https://a.example/1']);
    await worker.visit(1, 'https://a.example/2');
    await later(4 * MINUTE_MS);
    expect((await latest())?.recentVisits).toHaveLength(1);
    await later(MINUTE_MS);
    expect((await latest())?.recentVisits).toHaveLength(2);
    const queries = () => storage().queryTotals().count;
    const before = queries();
    const contexts = await worker.store.db.getAll('contexts');
    for (let i = 0; i < 10; i++) await later(5 * MINUTE_MS);
    expect(queries()).toBe(before);
    expect(await worker.store.db.getAll('contexts')).toEqual(contexts);
  });

  it('also when the worker, or the browser, stopped before its time', async () => {
    await worker.visit(1, 'https://a.example/0');
    await tick();
    await worker.visit(1, 'https://a.example/1');
    await worker.restart();
    await tick();
    expect((await latest())?.recentVisits).toEqual(['https://a.example/0']);
    await later(5 * MINUTE_MS);
    expect((await latest())?.recentVisits).toEqual(['https://a.example/1', 'https://a.example/0']);
    await worker.visit(1, 'https://a.example/2');
    await worker.restartBrowser();
    await tick();
    expect((await latest())?.recentVisits[0]).toBe('https://a.example/2');
  });

  it('once for each session, and replaced while it lasts', async () => {
    const browse = async (minutes: number) => {
      for (let i = 0; i < minutes; i++) {
        await worker.visit(1, `https://a.example/${Date.now()}`);
        await later(MINUTE_MS);
      }
    };
    await browse(20);
    expect(await saved()).toHaveLength(1);
    await later(20 * MINUTE_MS);
    await browse(10);
    expect(await saved()).toHaveLength(1);
    await later(40 * MINUTE_MS);
    await browse(10);
    const contexts = await saved();
    expect(contexts.map(({ recentVisits }) => recentVisits.length)).toEqual([
      expect.any(Number),
      expect.any(Number),
    ]);
    expect((await latest())?.id).toBe(contexts[0]?.id);
  });

  it('not when it would say what the latest says', async () => {
    await worker.visit(1, 'https://a.example/');
    await tick();
    const before = await latest();
    await later(DAY_MS);
    await worker.store.pack(true);
    await later(DAY_MS);
    expect(await saved()).toEqual([before]);
  });

  it('for the last sessions only', async () => {
    for (let i = 0; i < KEPT_CONTEXTS + 3; i++) {
      await worker.visit(1, `https://a.example/${i}`);
      await later(HOUR_MS);
    }
    const contexts = await saved();
    expect(contexts).toHaveLength(KEPT_CONTEXTS);
    expect(contexts[0]?.recentVisits[0]).toBe(`https://a.example/${KEPT_CONTEXTS + 2}`);
    expect((await latest())?.id).toBe(contexts[0]?.id);
  });

  it('when the clock was set back', async () => {
    await worker.visit(1, 'https://a.example/1');
    await tick();
    worker.pass(-3 * DAY_MS);
    await worker.visit(1, 'https://a.example/2');
    await tick();
    expect((await saved()).flatMap(({ recentVisits }) => recentVisits)).toContain('https://a.example/2');
  });
});

describe('no context is saved', () => {
  it('before consent, and the screen is not noted', async () => {
    await worker.visit(1, 'https://a.example/');
    await worker.set({ consent: 'declined' });
    await device();
    await later(HOUR_MS);
    expect(await latest()).toBeNull();
    expect(await worker.store.db.getAllKeys('profiles')).toEqual([[storage().userId, 'settings']]);
  });

  it('while paused; what was recorded before is in the next one', async () => {
    await worker.visit(1, 'https://a.example/');
    await worker.send('pause.set', { pause: 'resumed' });
    await later(HOUR_MS);
    expect(await latest()).toBeNull();
    await worker.send('pause.end', {});
    await tick();
    expect((await latest())?.recentVisits).toEqual(['https://a.example/']);
  });

  it('of what is only in memory', async () => {
    await worker.visit(1, 'https://a.example/kept');
    await worker.send('level.set', { level: 'ephemeral' });
    await worker.visit(1, 'https://a.example/memory');
    await worker.visit(1, `${SEARCH}memory`);
    await later(HOUR_MS);
    expect(JSON.stringify(await saved())).not.toContain('memory');
    expect((await latest())?.recentVisits).toEqual(['https://a.example/kept']);
  });

  it('of an empty store', async () => {
    await tick();
    await later(HOUR_MS);
    expect(await saved()).toEqual([]);
  });
});

describe('what is erased', () => {
  it('is in no context a minute later, and the profile counts it no more', async () => {
    await worker.visit(1, 'https://a.example/');
    await worker.visit(2, 'https://b.example/');
    await worker.click(1);
    await worker.click(2, undefined, 'B'.repeat(22));
    await later(MINUTE_MS);
    expect((await latest())?.clickPatterns).toMatchObject([{ count: 2 }]);
    await worker.erase({ what: 'site', host: 'b.example' });
    expect(await latest()).toMatchObject({ recentVisits: ['https://a.example/'], clickPatterns: [] });
    await later(MINUTE_MS);
    expect(await latest()).toMatchObject({
      timestamp: new Date(),
      recentVisits: ['https://a.example/'],
      clickPatterns: [{ count: 1 }],
    });
    expect(await worker.store.readNamed('profile')).toMatchObject({ totalInteractions: 2 });
  });

  it('while one is made is not in it, also where nothing makes another', async () => {
    await worker.visit(1, 'https://a.example/');
    await worker.visit(2, 'https://b.example/');
    const make = storage().currentContext.bind(storage());
    let erasing: Promise<unknown> | undefined;
    vi.spyOn(storage(), 'currentContext').mockImplementationOnce(async () => {
      const made = await make();
      erasing = worker.erase({ what: 'site', host: 'b.example' });
      await waitFor('the records to go', async () => (await worker.records()).length === 1);
      return made;
    });
    await tick();
    await erasing;
    await worker.send('pause.set', { pause: 'resumed' });
    await later(HOUR_MS);
    expect(await saved()).toEqual([]);
    await worker.send('pause.end', {});
    await tick();
    expect((await latest())?.recentVisits).toEqual(['https://a.example/']);
  });

  it('with everything takes every context', async () => {
    await worker.visit(1, 'https://a.example/');
    await tick();
    await worker.erase({ what: 'all' });
    expect(await saved()).toEqual([]);
    await later(MINUTE_MS);
    expect(await saved()).toEqual([]);
    expect(await worker.store.readNamed('profile')).toMatchObject({
      totalInteractions: 0,
      averageSessionDuration: 0,
    });
  });
});

describe('what a page says of the device', () => {
  it('is kept, and follows a change of screen, appearance, language and time zone', async () => {
    await device();
    await device({ width: 800, theme: 'light' });
    vi.stubGlobal('navigator', { userAgent: '', language: 'de' });
    await worker.restart();
    await device({ width: 800, theme: 'light' });
    expect(await storage().preferences()).toMatchObject({
      theme: 'light',
      language: 'de',
      timezone: 'America/Sao_Paulo',
    });
    expect((await storage().currentContext()).deviceInfo.screenSize).toBe('800x1080');
  });

  it('is not written again when it is the same', async () => {
    await device();
    const rows = await worker.store.db.getAll('profiles');
    await device();
    expect(await worker.store.db.getAll('profiles')).toEqual(rows);
  });
});

it('how long nothing changed is told, also across a stop of the worker', async () => {
  await tick();
  await worker.visit(1, 'https://a.example/');
  await tick();
  expect(await later(7 * MINUTE_MS)).toBe(7 * MINUTE_MS);
  await worker.restart();
  expect(await later(MINUTE_MS)).toBe(8 * MINUTE_MS);
  await worker.visit(1, 'https://a.example/2');
  expect(await tick()).toBe(0);
});
