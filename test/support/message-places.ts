/** Where messages to the background come from in a real browser, and what whoever speaks there may not say. */
import { MESSAGES, type MessageType, PORTS } from '../../src/messaging/messages.ts';
import { MESSAGE_SAMPLES } from './message-samples.ts';

export const ALL_TYPES = Object.keys(MESSAGES) as MessageType[];
const right = (types: readonly MessageType[]) =>
  types.flatMap((type) => MESSAGE_SAMPLES[type].right.map((body) => ({ type, body: body as unknown })));
const ofPages = right(ALL_TYPES.filter((type) => MESSAGES[type].from === 'page'));
const ofContent = right(ALL_TYPES.filter((type) => MESSAGES[type].from === 'content'));
/** In nobody's table, or in another's. */
const UNKNOWN = [
  { type: 'event.visit', body: { url: 'https://forged.example/' } },
  { type: '__proto__', body: {} },
  { arq: 1, query: { kind: 'visits' } },
];
const STRANGE_PORTS = ['', 'LIVE', '__proto__', 'constructor', 'live '];
const ALL_PORTS = [...Object.values(PORTS), ...STRANGE_PORTS];

export interface Place {
  readonly name: string;
  /** Right messages, but not for it to send. */
  readonly notItsOwn: readonly unknown[];
  /** Connections that it does not get. */
  readonly ports: readonly string[];
  /** What it is told of everything else. */
  readonly refusal: 'undefined' | 'true';
  /** Whether what is dropped of it is counted. */
  readonly isOurs: boolean;
  /** Of more in a second the background looks at none. */
  readonly aSecond?: number;
  /** So many wrong messages, and wrong requests over connections that it does get, it sends. */
  readonly wrong: number;
  readonly wrongRequests?: number;
}

const page = {
  notItsOwn: [...ofContent, ...UNKNOWN],
  ports: STRANGE_PORTS,
  refusal: 'undefined',
  isOurs: true,
} as const;
const content = {
  notItsOwn: [...ofPages, ...UNKNOWN],
  ports: ALL_PORTS,
  refusal: 'true',
  isOurs: true,
  aSecond: 45,
} as const;
const stranger = {
  notItsOwn: [...ofPages, ...ofContent, ...UNKNOWN],
  ports: ALL_PORTS,
  refusal: 'undefined',
  isOurs: false,
} as const;

export const TABS = ['one', 'two', 'three', 'four'] as const;
export const OPTIONS: Place = { name: 'our options page', ...page, wrong: 8_200, wrongRequests: 500 };
export const POPUP: Place = { name: 'our popup', ...page, wrong: 7_200, wrongRequests: 500 };
/** Several, because so much is heard of one tab and no more. */
export const IN_TABS: readonly Place[] = TABS.map((tab) => ({
  name: `our content script in tab ${tab}`,
  ...content,
  wrong: 800,
}));
export const IN_FRAME: Place = { name: 'our content script in a frame', ...content, wrong: 300 };
export const IN_SANDBOX: Place = { name: 'our content script in a sandboxed frame', ...content, wrong: 300 };
export const OTHER: Place = { name: 'another extension', ...stranger, aSecond: 18, wrong: 360 };
export const OTHERS_CONTENT: Place = {
  name: 'a content script of another extension',
  ...stranger,
  wrong: 300,
};
/** Nothing of ours listens there. */
export const WEB: Place = {
  name: 'a web page, to whoever listens in it',
  ...stranger,
  ports: [],
  wrong: 600,
};
/** In Chromium another extension can give it that to a web page; in Firefox none can. */
export const WEB_BY_API: Place = { name: 'a web page, by the extension API', ...stranger, wrong: 600 };
