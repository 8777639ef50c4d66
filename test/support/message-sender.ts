/**
 * What a sender says in a real browser: one of our pages, a content script, another extension, a web page. Its script is put there as
 * one text (message-senders.ts) and leaves one name behind.
 */
import type { MessageType } from '../../src/messaging/messages.ts';
import { mulberry32, pick } from '../bench/random.ts';
import { type Wire, wrongMessage, wrongRequest } from './wrong-messages.ts';

export interface Told {
  /** So many the browser itself refused to carry: too deep for it. */
  notCarried: number;
  /** Every answer, or first message over a connection, as text, with how often it came. No answer is `undefined`. */
  readonly answers: Record<string, number>;
}

/** From whom: nothing for our own background, an extension's id for another's. `window`: what a page says to whoever listens in it. */
export interface Way {
  readonly to?: string;
  readonly wire: Wire;
  readonly window?: boolean;
}

interface Port {
  postMessage(message: unknown): void;
  disconnect(): void;
  readonly onMessage: { addListener(listener: (message: unknown) => void): void };
  readonly onDisconnect: { addListener(listener: () => void): void };
}
interface Runtime {
  sendMessage(...args: unknown[]): Promise<unknown>;
  connect(...args: unknown[]): Port;
  readonly lastError?: unknown;
}

const runtime = (): Runtime => {
  const { browser, chrome } = globalThis as unknown as Record<string, { runtime?: Runtime } | undefined>;
  const found = (browser ?? chrome)?.runtime;
  if (!found) throw new Error('There is no extension API here.');
  return found;
};

/** The browsers' words for: nobody answered, nobody listens there. */
const NOBODY = /port closed before a response|Could not establish connection|Receiving end does not exist/;
/** Of what is too deep, where it is sent. */
const NOT_CARRIED = /Could not serialize message|Maximum call stack/;

const count = (counts: Record<string, number>, what: string): void => {
  counts[what] = (counts[what] ?? 0) + 1;
};

function failed(error: unknown, told: Told): void {
  const text = String(error);
  if (NOT_CARRIED.test(text)) told.notCarried += 1;
  else count(told.answers, NOBODY.test(text) ? 'undefined' : text.slice(0, 200));
}

async function say({ to, window: inWindow }: Way, message: unknown, told: Told): Promise<void> {
  try {
    const answer = inWindow
      ? window.postMessage(message, '*')
      : await (to === undefined ? runtime().sendMessage(message) : runtime().sendMessage(to, message));
    // Chromium tells another extension `null` where Firefox has `undefined`.
    count(told.answers, JSON.stringify(answer ?? undefined) ?? 'undefined');
  } catch (error) {
    failed(error, told);
  }
}

/** Resolves when the other end said something or hung up. */
async function talk({ to }: Way, name: string, message: unknown, told: Told): Promise<void> {
  const heard = await new Promise<string | null>((resolve) => {
    const port = to === undefined ? runtime().connect({ name }) : runtime().connect(to, { name });
    port.onMessage.addListener((answer) => {
      resolve(JSON.stringify(answer));
      port.disconnect();
    });
    port.onDisconnect.addListener(() => {
      // Read, or Chromium complains that nobody did.
      void runtime().lastError;
      resolve('ended');
    });
    try {
      port.postMessage(message);
    } catch (error) {
      failed(error, told);
      resolve(null);
      port.disconnect();
    }
  });
  if (heard !== null) count(told.answers, heard);
}

const nothingTold = (): Told => ({ notCarried: 0, answers: {} });

async function inWindows<T>(
  list: readonly T[],
  width: number,
  act: (one: T) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < list.length; at += width) await Promise.all(list.slice(at, at + width).map(act));
}

const sender = {
  /** Wrong messages in place of right ones of these types. */
  async wrong(way: Way, seed: number, runs: number, types: readonly MessageType[]): Promise<Told> {
    const random = mulberry32(seed);
    const told = nothingTold();
    const messages = Array.from({ length: runs }, () => wrongMessage(random, pick(random, types), way.wire));
    await inWindows(messages, 50, ({ message }) => say(way, message, told));
    return told;
  },

  /** Wrong requests, each over a connection of its own. */
  async wrongRequests(way: Way, seed: number, runs: number): Promise<Told> {
    const random = mulberry32(seed);
    const told = nothingTold();
    const requests = Array.from({ length: runs }, () => wrongRequest(random, way.wire));
    await inWindows(requests, 20, ({ name, message }) => talk(way, name, message, told));
    return told;
  },

  async say(way: Way, messages: readonly unknown[]): Promise<Told> {
    const told = nothingTold();
    await inWindows(messages, 50, (message) => say(way, message, told));
    return told;
  },

  async connect(way: Way, names: readonly string[], message: unknown): Promise<Told> {
    const told = nothingTold();
    await inWindows(names, 10, (name) => talk(way, name, message, told));
    return told;
  },
};

export type MessageSender = typeof sender;

declare global {
  var messageSender: MessageSender;
}

globalThis.messageSender = sender;
