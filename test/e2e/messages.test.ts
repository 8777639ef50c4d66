/**
 * The way in, in both browsers: wrong messages by the thousand and right ones of whoever may not send them, from every sender there is.
 * Nothing happens, nothing throws, nobody is told anything but the refusal, and recording goes on.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MessageType } from '../../src/messaging/messages.ts';
import { watchBackground } from '../support/background-errors.ts';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { extensionState } from '../support/extension-state.ts';
import {
  ALL_TYPES,
  IN_FRAME,
  IN_SANDBOX,
  IN_TABS,
  OPTIONS,
  OTHER,
  OTHERS_CONTENT,
  type Place,
  POPUP,
  TABS,
  WEB,
  WEB_BY_API,
} from '../support/message-places.ts';
import type { Told, Way } from '../support/message-sender.ts';
import { contentSender, pageSender, type Sender, senderScript, wireOf } from '../support/message-senders.ts';
import { CONNECTABLE_SITE, writeOtherExtension } from '../support/other-extension.ts';
import { removeFolder } from '../support/profile-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const ROOT = join(import.meta.dirname, '../..');
const API = '(globalThis.browser ?? chrome)';
/** From senders of ours; what others send comes on top. */
const WANTED = 20_000;

let site: WebServer;
let script = '';
beforeAll(async () => {
  script = await senderScript();
  site = await startWebServer((host, path) => {
    const frame = (name: string, more = '') =>
      `<iframe src="http://inner.example:${site.port}/${name}" ${more}></iframe>`;
    const frames = frame('plain') + frame('sandboxed', 'sandbox="allow-scripts"');
    return `<title>Titleword ${host} ${path}</title><button data-testid="press">Press</button>${host === 'framing.example' ? frames : ''}`;
  });
});
afterAll(() => site.close());

const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0);

describe.each<BrowserName>(['chromium', 'firefox'])('%s', (name) => {
  const others = [OTHER, OTHERS_CONTENT, WEB, ...(name === 'chromium' ? [WEB_BY_API] : [])];
  const frames = [IN_FRAME, IN_SANDBOX];
  const senders = new Map<Place, Sender>();
  let browser: TestBrowser;
  let options: TestPage;
  let other: string;
  let errors: () => Promise<string[]>;
  let before: Record<string, string>;
  const address = (host: string, path = '/') => `http://${host}:${site.port}${path}`;
  const own = async <T>(type: MessageType, body: object): Promise<T> => {
    const answer = await options.evaluate<[], { ok: boolean; value: T }>(
      `${API}.runtime.sendMessage(${JSON.stringify({ type, body })})`,
    );
    expect(answer, type).toMatchObject({ ok: true });
    return answer.value;
  };
  const dropped = async () => (await own<{ droppedMessages: number }>('status.get', {})).droppedMessages;
  const senderAt = (place: Place): Sender => {
    const sender = senders.get(place);
    if (!sender) throw new Error(`Nobody speaks from ${place.name}.`);
    return sender;
  };

  beforeAll(async () => {
    other = writeOtherExtension();
    browser = await launchBrowser(name, {
      extensionDir: join(ROOT, 'dist', name === 'chromium' ? 'chrome' : 'firefox'),
      otherExtensions: [other],
    });
    const consent = await browser.waitForPage('onboarding');
    await consent.click('consent-accept');
    await consent.waitFor('persisted');
    await consent.close();

    const wire = wireOf(name);
    const to = name === 'firefox' ? 'context@arq.example' : new URL(browser.extensionOrigin).host;
    const web = await browser.openPage(address(CONNECTABLE_SITE));
    for (const tab of TABS) await browser.openPage(address(`${tab}.example`));
    await browser.openPage(address('framing.example'));
    const popup = await browser.openExtensionPage('src/popup/index.html');
    const otherPage = await browser.openPage(`${browser.otherOrigins[0]}/page.html`);
    options = await browser.openExtensionPage('src/options/index.html#data');
    await waitFor('the pages to be recorded', async () => Number(await options.text('record-count')) >= 6);
    await own('rules.set', { host: 'ruled.example', capture: 'domain', level: 'public' });
    await own('plugins.switch', { on: true });

    const inTab = (page: TestPage, tab: string, way: Way, frame?: string) =>
      contentSender(page, { tab: `*://${tab}.example/*`, ...(frame ? { frame } : {}) }, script, way);
    senders.set(OPTIONS, await pageSender(options, script, { wire }));
    senders.set(POPUP, await pageSender(popup, script, { wire }));
    for (const [index, place] of IN_TABS.entries())
      senders.set(place, await inTab(options, TABS[index] ?? '', { wire }));
    senders.set(IN_FRAME, await inTab(options, 'framing', { wire }, '/plain'));
    senders.set(IN_SANDBOX, await inTab(options, 'framing', { wire }, '/sandboxed'));
    senders.set(OTHER, await pageSender(otherPage, script, { wire, to }));
    senders.set(OTHERS_CONTENT, await inTab(otherPage, 'two', { wire, to }));
    senders.set(WEB, await pageSender(web, script, { wire: 'clone', window: true }));
    if (name === 'chromium') senders.set(WEB_BY_API, await pageSender(web, script, { wire, to }));

    // Nothing is packed, saved or credited meanwhile by the clock.
    await options.evaluate(`${API}.alarms.clearAll()`);
    errors = await watchBackground(browser, options);
    await waitFor(
      'the store to rest',
      async () => {
        before = await extensionState(options);
        await delay(2_500);
        return JSON.stringify(await extensionState(options)) === JSON.stringify(before);
      },
      { timeoutMs: 60_000 },
    );
    expect(Object.keys(before).length).toBeGreaterThan(10);
  });
  afterAll(async () => {
    await browser.close();
    removeFolder(other);
  });

  /** Piece by piece, not faster than it is listened to. */
  async function inTurns(
    count: number,
    { aSecond }: Place,
    send: (from: number, to: number) => Promise<Told>,
  ): Promise<Told> {
    const told: Told = { notCarried: 0, answers: {} };
    const width = aSecond ?? 500;
    for (let at = 0; at < count; at += width) {
      const piece = await send(at, Math.min(at + width, count));
      told.notCarried += piece.notCarried;
      for (const [text, times] of Object.entries(piece.answers))
        told.answers[text] = (told.answers[text] ?? 0) + times;
      if (aSecond !== undefined) await delay(1_000);
    }
    return told;
  }

  async function nothingHappened(): Promise<void> {
    expect(await errors()).toEqual([]);
    expect(await extensionState(options)).toEqual(before);
  }

  it.each([OPTIONS, POPUP, ...IN_TABS.slice(0, 1), ...frames, ...others])(
    'right messages that are not for $name to send',
    async (place) => {
      const { notItsOwn, ports, refusal } = place;
      const start = await dropped();
      const told = await inTurns(notItsOwn.length, place, (from, to) =>
        senderAt(place).call('say', notItsOwn.slice(from, to)),
      );
      expect(told).toEqual({ notCarried: 0, answers: { [refusal]: notItsOwn.length } });
      const connected = await senderAt(place).call('connect', ports, { format: 'json' });
      expect(connected).toEqual({ notCarried: 0, answers: ports.length > 0 ? { ended: ports.length } : {} });
      if (place.isOurs)
        await waitFor(
          'each to be counted',
          async () => (await dropped()) - start === notItsOwn.length + ports.length,
        );
      await nothingHappened();
    },
  );

  it('what an extension keeps in the browser is not for content scripts', async () => {
    const areas = await options.evaluate<[], string[]>(`(async () => {
      const [tab] = await ${API}.tabs.query({ url: '*://one.example/*' });
      const inPage = () => Promise.all(['session', 'local'].map(async (area) => {
        try { return JSON.stringify(await (globalThis.browser ?? chrome).storage[area].get(null)); } catch { return 'refused'; }
      }));
      const [{ result }] = await ${API}.scripting.executeScript({ target: { tabId: tab.id }, func: inPage });
      return result;
    })()`);
    expect(areas[0]).toBe('refused');
    // Firefox has no way to keep it from content scripts, so nothing that matters is in it.
    if (name === 'chromium') expect(areas[1]).toBe('refused');
    else expect(areas[1]).not.toMatch(/example|secret|title/i);
  });

  it(`${WANTED} wrong messages from all of them: no effect, no throw, no answer, each counted`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    console.log(`${name}, wrong messages: seed ${seed}`);
    const start = await dropped();
    const results = await Promise.all(
      [OPTIONS, POPUP, ...IN_TABS, ...frames, ...others].map(async (place, index) => {
        const sender = senderAt(place);
        const seedAt = (at: number) => (seed + 1_000_003 * index + at) % 2 ** 31;
        const told = await inTurns(place.wrong, place, (from, to) =>
          sender.call('wrong', seedAt(from), to - from, ALL_TYPES),
        );
        expect(Object.keys(told.answers), `seed ${seed}, ${place.name}`).toEqual([place.refusal]);
        const requests = await inTurns(place.wrongRequests ?? 0, place, (from, to) =>
          sender.call('wrongRequests', seedAt(500_000 + from), to - from),
        );
        for (const answer of Object.keys(requests.answers))
          expect(JSON.parse(answer), `seed ${seed}, ${place.name}`).toEqual({
            kind: 'failed',
            message: expect.any(String),
          });
        return { place, carried: sum(told.answers) + sum(requests.answers) };
      }),
    );
    const reached = results
      .filter(({ place }) => place.isOurs)
      .reduce((all, { carried }) => all + carried, 0);
    const asked = results.reduce((all, { carried }) => all + carried, 0);
    console.log(`${name}: ${reached} reached the background from our own, ${asked} were carried`);
    expect(reached).toBeGreaterThanOrEqual(WANTED);
    await waitFor(
      'each to be counted',
      async () => {
        const counted = (await dropped()) - start;
        if (counted === reached) return true;
        throw new Error(`${counted} of ${reached} are`);
      },
      { timeoutMs: 30_000 },
    );
    await nothingHappened();
  }, 900_000);

  it('and it records and finds as ever', async () => {
    await nothingHappened();
    const fresh = await browser.openPage(address('after.example', '/Afterword'));
    await fresh.click('press');
    await waitFor('the page to be found by its title', async () => {
      const { hits } = await own<{ hits: unknown[] }>('records.search', { text: 'afterword', limit: 5 });
      return hits.length === 1;
    });
    await waitFor(
      'visit and click',
      async () => (await own<{ recordCount: number }>('status.get', {})).recordCount >= 8,
    );
    expect(await errors()).toEqual([]);
  });
});
