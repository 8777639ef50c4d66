/**
 * Wrong messages for every place that may send right ones: the unit test sends them to the composed background, the end-to-end test from
 * real senders to the real one. Runs in pages and content scripts too.
 */
import type { MessageType } from '../../src/messaging/messages.ts';
import { PORTS } from '../../src/messaging/ports.ts';
import { below, type Fraction, pick } from '../bench/random.ts';
import { spoiled } from './message-fuzz.ts';
import { MESSAGE_SAMPLES } from './message-samples.ts';

/** How messages travel: Firefox clones them, Chromium sends their JSON; in the unit test they arrive as they are. */
export type Wire = 'none' | 'clone' | 'json';

export interface Wrong {
  /** What was done, for whoever reads a failure. */
  readonly how: string;
  readonly message: unknown;
}

/** Deeper than any stack that JSON is written with would mind. */
const MAX_DEPTH = 1_000;

/**
 * Whether JSON gives this back as it was: a map, a date or an infinite number would arrive as something that may be right, and what holds
 * itself or is too deep would not leave.
 */
function isKeptByJson(value: unknown): boolean {
  const open: [value: unknown, depth: number][] = [[value, 0]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [one, depth] = next;
    if (typeof one === 'number' && !Number.isFinite(one)) return false;
    if (!['string', 'number', 'boolean', 'object'].includes(typeof one) || depth > MAX_DEPTH) return false;
    if (typeof one !== 'object' || one === null) continue;
    const prototype: unknown = Object.getPrototypeOf(one);
    if (!Array.isArray(one) && prototype !== Object.prototype && prototype !== null) return false;
    for (const inner of Object.values(one)) open.push([inner, depth + 1]);
  }
  return true;
}

const arrivesAsIs: { readonly [W in Wire]: (message: unknown) => boolean } = {
  none: () => true,
  clone: (message) => typeof message !== 'function' && typeof message !== 'symbol',
  json: isKeptByJson,
};

function drawn(wire: Wire, draw: () => Wrong): Wrong {
  for (;;) {
    const wrong = draw();
    if (arrivesAsIs[wire](wrong.message)) return wrong;
  }
}

/** Instead of a right message of this type. */
export function wrongMessage(random: Fraction, type: MessageType, wire: Wire = 'none'): Wrong {
  const { right, wrong = [] } = MESSAGE_SAMPLES[type];
  if (wrong.length > 0 && below(random, 5) === 0)
    return { how: 'by meaning', message: { type, body: pick<unknown>(random, wrong) } };
  return drawn(wire, () => spoiled(random, { type, body: right[0] }));
}

const REQUESTS = [
  { name: PORTS.export, request: { format: 'json' } },
  {
    name: PORTS.import,
    request: { kind: 'records', records: [{ kind: 'visit', at: '2026-11-24T12:00:00.000Z' }] },
  },
  { name: PORTS.fetch, request: { kind: 'file', size: 10 } },
] as const;

/** The first thing that is said over the connection of this name. The others, `live` and `archive`, take whatever comes. */
export function wrongRequest(random: Fraction, wire: Wire = 'none'): Wrong & { readonly name: string } {
  for (;;) {
    const { name, request } = pick(random, REQUESTS);
    const { how, message } = drawn(wire, () => spoiled(random, { type: name, body: request }));
    const body =
      message !== null && typeof message === 'object' && 'body' in message ? message.body : message;
    // Only its type was changed, which a connection does not say; or a batch of none.
    if ([jsonOf(request), '{"kind":"records","records":[]}'].includes(jsonOf(body))) continue;
    return { name, how, message: body };
  }
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '';
  }
}
