/**
 * The whole way in, as the background is composed: wrong messages by the thousand, and right ones from whoever may not send
 * them. Nothing happens, nothing throws, nobody is told anything.
 */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MESSAGES, type MessageType, PORTS } from '../../../src/messaging/messages.ts';
import { mulberry32, pick } from '../../bench/random.ts';
import { FORGED_SENDERS } from '../../support/forged-senders.ts';
import { contentOf, dropped, fake, fingerprint, OWN_PAGE, opening } from '../../support/live-background.ts';
import { MESSAGE_SAMPLES } from '../../support/message-samples.ts';
import { senderOf } from '../../support/plugin-asker.ts';
import { waitFor } from '../../support/wait-for.ts';
import { wrongMessage, wrongRequest } from '../../support/wrong-messages.ts';

const RUNS = 20_000;
const LOOK_EVERY = 500;
const ALLOWED = 'b'.repeat(32);
const types = Object.keys(MESSAGES) as MessageType[];
const SITE = 'https://site.example/';
const rightSender = (type: MessageType) => (MESSAGES[type].from === 'page' ? OWN_PAGE : contentOf(1, SITE));
const samples = types.flatMap((type) =>
  [...MESSAGE_SAMPLES[type].right].map((body) => ({ type, body: body as unknown })),
);

const unhandled: unknown[] = [];
const note = (error: unknown) => void unhandled.push(error);
const errors = vi.spyOn(console, 'error');

/** As our own page; a failure is one of the test. */
async function own(type: MessageType, body: object): Promise<void> {
  expect(await fake.send({ type, body }, OWN_PAGE), type).toMatchObject({ ok: true });
}

/** Resolves when everything that was begun was dealt with. */
async function settled(): Promise<void> {
  await (await opening.recording()).settled();
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

beforeAll(async () => {
  process.on('unhandledRejection', note);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 24, 12) });
  await own('consent.set', { accepted: true });
  await own('rules.set', { host: 'ruled.example', capture: 'domain', level: 'public' });
  await own('plugins.switch', { on: true });
  await own('plugins.allow', {
    id: ALLOWED,
    name: 'Sample',
    fields: ['host'],
    untilMs: Date.now() + 10 ** 9,
  });
  const { recorder } = await opening.ready();
  for (const tabId of [1, 2, 3]) {
    const url = `${SITE}${tabId}`;
    fake.tabs.set(tabId, { id: tabId, url, title: `Title ${tabId}`, incognito: false });
    const plain = { transition: 'link', qualifiers: [], sameDocument: false };
    await recorder.navigated({ tabId, url, atMs: Date.now(), ...plain });
  }
  await settled();
});
afterAll(() => {
  process.off('unhandledRejection', note);
  vi.useRealTimers();
});
let before: Record<string, string> = {};
beforeEach(async () => {
  before = await fingerprint();
  errors.mockClear();
});
afterEach(() => {
  expect(unhandled).toEqual([]);
  expect(errors).not.toHaveBeenCalled();
});

/** What the other end is told. @throws Error when listening itself throws. */
async function told(message: unknown, sender: object): Promise<unknown> {
  // So that no limit of how much is listened to stands before the parser.
  vi.setSystemTime(Date.now() + 1_000);
  const answer = fake.send(message, sender);
  return answer === undefined ? undefined : { answer: await answer };
}

/** Pages that are not ours get no answer; our content script is told "received", so that it does not send it again. */
const REFUSED = { page: undefined, content: { answer: true } } as const;

// In this order: the last one does what the others must not.
describe('messages to the background', { shuffle: false }, () => {
  it('has samples of every message, all of which are right', async () => {
    expect(Object.keys(MESSAGE_SAMPLES).sort()).toEqual([...types].sort());
    const { parseMessage } = await import('../../../src/messaging/router.ts');
    for (const { type, body } of samples)
      expect(parseMessage({ type, body }, MESSAGES[type].from), type).not.toBeNull();
  });

  it(`${RUNS} wrong messages from who may send right ones: no effect, no throw, no answer, each counted`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    console.log(`wrong messages: seed ${seed}`);
    const random = mulberry32(seed);
    const seen = new Set<string>();
    const start = dropped();
    for (let run = 1; run <= RUNS; run++) {
      const type = pick(random, types);
      const { how, message } = wrongMessage(random, type);
      seen.add(`${type} ${how.split(' ', 2).join(' ')}`);
      const answer = await told(message, rightSender(type));
      expect(answer, `seed ${seed}, run ${run}: ${type}, ${how}`).toEqual(REFUSED[MESSAGES[type].from]);
      if (run % LOOK_EVERY > 0) continue;
      await settled();
      expect(await fingerprint(), `seed ${seed}, runs up to ${run}`).toEqual(before);
      expect(dropped() - start).toBe(run);
    }
    // The generator reached everything: each type in several ways.
    for (const type of types)
      expect([...seen].filter((one) => one.startsWith(`${type} `)).length).toBeGreaterThan(6);
  }, 240_000);

  describe('right messages from a forged sender', () => {
    it.each(FORGED_SENDERS)('$name', async ({ sender, pageOnly }) => {
      const start = dropped();
      let sent = 0;
      for (const message of samples) {
        // What a content script may say is not forged when a content script says it.
        if (pageOnly && MESSAGES[message.type].from === 'content') continue;
        sent += 1;
        const answer = await told(message, sender);
        expect(answer === undefined ? true : (answer as { answer: unknown }).answer, message.type).toBe(true);
      }
      await settled();
      expect(dropped() - start).toBe(sent);
      expect(await fingerprint()).toEqual(before);
    });

    it('a content script in a frame is told that it was received, and nothing of it is', async () => {
      for (const message of samples) {
        if (MESSAGES[message.type].from === 'page') continue;
        const inFrame = { ...contentOf(1, SITE), frameId: 7 };
        expect(await told(message, inFrame)).toEqual({ answer: true });
      }
      await settled();
      expect(await fingerprint()).toEqual(before);
    });

    it('gets no connection either', async () => {
      const senders = [...FORGED_SENDERS.map(({ sender }) => sender), undefined];
      for (const name of Object.values(PORTS))
        for (const sender of senders) {
          const port = fake.connect(name, sender);
          expect(port.isOpen).toBe(false);
          port.say({ format: 'json' });
          port.say({ kind: 'end' });
          await settled();
          expect(port.posted).toEqual([]);
        }
      for (const name of ['', 'LIVE', '__proto__', 'constructor', 'live '])
        expect(fake.connect(name, OWN_PAGE).isOpen).toBe(false);
      await settled();
      expect(await fingerprint()).toEqual(before);
    });

    it('is told nothing as another extension, whatever it sends', async () => {
      const good = { arq: 1, query: { kind: 'visits' } };
      expect(await fake.sendExternal(good, senderOf(ALLOWED))).toMatchObject({ ok: true });
      // What the query cost is written down two seconds later: not in the middle of what comes next.
      await waitFor('what the query cost', () => fake.session.values.has('queries'), { timeoutMs: 30_000 });
      await settled();
      const afterAsking = await fingerprint();
      const forged = FORGED_SENDERS.map(({ sender }) => sender);
      const partly = [
        { ...senderOf(ALLOWED), origin: undefined },
        { ...senderOf(ALLOWED), origin: 'null' },
        { ...senderOf(ALLOWED), url: SITE, origin: new URL(SITE).origin, tab: { id: 1 } },
        { ...senderOf(ALLOWED), url: `chrome-extension://${ALLOWED}.evil/page.html` },
        {
          ...senderOf(ALLOWED),
          url: `moz-extension://${ALLOWED}/page.html`,
          origin: `moz-extension://${ALLOWED}`,
        },
        { ...senderOf(ALLOWED), id: ALLOWED.toUpperCase() },
        { ...senderOf(ALLOWED), id: [ALLOWED] },
        { ...senderOf(ALLOWED), nativeApplication: 'program' },
        senderOf('c'.repeat(32)),
        OWN_PAGE,
      ];
      for (const sender of [...forged, ...partly])
        for (const message of [good, { arq: 1, query: { kind: 'access' } }, ...samples.slice(0, 5)]) {
          vi.setSystemTime(Date.now() + 1_000);
          expect(await fake.sendExternal(message, sender), JSON.stringify(sender)).toBeUndefined();
        }
      await settled();
      expect(await fingerprint()).toEqual(afterAsking);
    });
  });

  it('wrong requests over a connection of our page end it with words, and change nothing', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    console.log(`wrong requests: seed ${seed}`);
    const random = mulberry32(seed);
    for (let run = 0; run < 600; run++) {
      const { name, how, message } = wrongRequest(random);
      const port = fake.connect(name, OWN_PAGE);
      port.say(message);
      await settled();
      const failed = [expect.objectContaining({ kind: 'failed', message: expect.any(String) })];
      expect(port.posted, `seed ${seed}: ${name}, ${how}`).toEqual(failed);
      port.leave();
    }
    expect(await fingerprint()).toEqual(before);
  }, 120_000);

  it('right messages of our page are answered, whatever they can do here, and of our content script with no more than "received"', async () => {
    for (const { type, body } of samples) {
      const answer = (await told({ type, body }, rightSender(type))) as { answer: unknown };
      if (MESSAGES[type].from === 'content') expect(answer.answer, type).toBe(true);
      else expect(answer.answer, type).toMatchObject({ ok: expect.any(Boolean) });
    }
    // So the messages that were refused before would have done something.
    await settled();
    expect(await fingerprint()).not.toEqual(before);
    errors.mockClear();
  });
});
