/**
 * Whatever a browser gives a worker, for the device in whose task we are. Import it before anything of `src`; what runs outside of
 * a simulation has what Node gives it.
 */
import 'fake-indexeddb/auto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Loop } from './loop.ts';
import { real } from './real.ts';
import type { SimBrowser } from './sim-browser.ts';
import { StandInSubtle } from './subtle.ts';

let loop: Loop | undefined;
let standIn: StandInSubtle | undefined;

/** Whether somebody's task runs in a simulation, and whose. */
const inTask = (): Loop | undefined => (loop && loop.current.name !== 'test' ? loop : undefined);

function browserNow(): SimBrowser {
  const owner = inTask()?.current.owner as SimBrowser | undefined;
  if (!owner) throw new Error('this runs outside of any browser');
  return owner;
}

/** @param realCrypto WebCrypto itself: slow, and its answers come in an order that no seed decides. */
export function enter(now: Loop, realCrypto: boolean): void {
  loop = now;
  standIn = realCrypto ? undefined : new StandInSubtle(now.rng);
}

export function leave(): void {
  loop = undefined;
  standIn = undefined;
}

const timeout = (task: () => void, ms = 0): unknown => {
  const now = inTask();
  return now ? now.timer(now.current, task, ms) : real.setTimeout(task, ms);
};
const clear = (id: unknown): void => {
  if (typeof id === 'number') loop?.clear(id);
  else real.clearTimeout(id as NodeJS.Timeout);
};
const interval = (task: () => void, ms = 0): unknown => {
  const now = inTask();
  if (!now) return real.setInterval(task, ms);
  const lane = now.current;
  const state = { id: 0 };
  const again = () => {
    state.id = now.timer(
      lane,
      () => {
        again();
        task();
      },
      Math.max(1, ms),
    );
  };
  again();
  return state;
};
const clearIt = (state: unknown): void => {
  if (state && typeof state === 'object' && 'id' in state && typeof state.id === 'number')
    loop?.clear(state.id);
  else real.clearInterval(state as NodeJS.Timeout);
};

/** Real cryptography answers from other threads: that, too, becomes a task of whoever asked. */
const subtle = new Proxy(real.subtle, {
  get(_, name: keyof SubtleCrypto) {
    const now = inTask();
    if (!now) return (real.subtle[name] as (...args: unknown[]) => unknown).bind(real.subtle);
    if (typeof real.subtle[name] !== 'function') return undefined;
    if (standIn)
      return (standIn as unknown as Record<string, (...args: unknown[]) => unknown>)[name]?.bind(standIn);
    return (...args: unknown[]) =>
      now.outside((real.subtle[name] as (...args: unknown[]) => Promise<unknown>).apply(real.subtle, args));
  },
});

/** Of streams that compress the answer comes at once, too. */
const streamOf = (whole: (bytes: Uint8Array) => Uint8Array) =>
  class {
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<Uint8Array>;
    constructor() {
      const parts: Uint8Array[] = [];
      const stream = new TransformStream<Uint8Array, Uint8Array>({
        transform: (part) => void parts.push(part),
        flush(controller) {
          try {
            controller.enqueue(new Uint8Array(whole(Buffer.concat(parts))));
          } catch {
            controller.error(new TypeError('not compressed'));
          }
        },
      });
      this.readable = stream.readable;
      this.writable = stream.writable;
    }
  };

/** Opens, and is silent: news come with the alarms. */
class SilentSocket {
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: (() => void) | null = null;
  onclose: (() => void) | null = null;
  constructor() {
    const now = inTask();
    now?.timer(
      now.current,
      () => {
        this.readyState = 1;
        this.onopen?.();
      },
      1,
    );
  }
  send(): void {}
  close(): void {
    const now = inTask();
    this.readyState = 3;
    now?.timer(now.current, () => this.onclose?.(), 0);
  }
}

const define = (values: Record<string, unknown>) => {
  for (const [name, value] of Object.entries(values))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
};

define({
  setTimeout: timeout,
  clearTimeout: clear,
  setInterval: interval,
  clearInterval: clearIt,
  setImmediate: (task: () => void) => {
    const now = inTask();
    return now ? now.post(now.current, task) : real.setImmediate(task);
  },
  fetch: (...args: Parameters<typeof fetch>) =>
    inTask() ? browserNow().fetch(...args) : real.fetch(...args),
  CompressionStream: streamOf(deflateRawSync),
  DecompressionStream: streamOf(inflateRawSync),
  WebSocket: SilentSocket,
});
Date.now = () => {
  const now = inTask();
  const owner = now?.current.owner as SimBrowser | undefined;
  return now ? now.nowMs + (owner?.skewMs ?? 0) : real.now();
};
Object.defineProperty(crypto, 'subtle', { get: () => subtle, configurable: true });
crypto.getRandomValues = ((view: ArrayBufferView) =>
  loop
    ? loop.rng.fill(view)
    : real.getRandomValues(view as Uint8Array<ArrayBuffer>)) as typeof crypto.getRandomValues;

/** A disk that has no room: the transaction of such a write comes to nothing, and says why. */
for (const method of ['put', 'add'] as const) {
  const original = IDBObjectStore.prototype[method];
  IDBObjectStore.prototype[method] = function (this: IDBObjectStore, ...args) {
    const request = original.apply(this, args);
    const { transaction } = this;
    if (inTask() && transaction.mode === 'readwrite' && browserNow().refusesWrite())
      (transaction as unknown as { _abort(name: string): void })._abort('QuotaExceededError');
    return request;
  };
}

const areaOf = (map: () => Map<string, unknown>) => ({
  get: async (key: string | null) =>
    structuredClone(Object.fromEntries(key === null ? [...map()] : [[key, map().get(key)]])),
  set: async (values: Record<string, unknown>) => {
    for (const [key, value] of Object.entries(values)) map().set(key, structuredClone(value));
  },
  remove: async (keys: string | string[]) => {
    for (const key of [keys].flat()) map().delete(key);
  },
});
const event = () => ({ addListener() {}, removeListener() {}, hasListener: () => false });
const api = {
  runtime: {
    id: 'sim',
    getPlatformInfo: async () => ({ os: 'linux' }),
    getManifest: () => ({ version: '1.0' }),
    getURL: (path: string) => `chrome-extension://sim/${path}`,
  },
  action: { setBadgeText: async () => {}, setTitle: async () => {} },
  permissions: { contains: async () => true, onAdded: event(), onRemoved: event() },
  alarms: {
    create: async (name: string, { when }: { when: number }) => browserNow().alarm(name, when),
    clear: async (name: string) => browserNow().clearAlarm(name),
  },
  tabs: { query: async () => [], get: async () => null },
  storage: {
    local: areaOf(() => browserNow().local),
    session: areaOf(() => browserNow().session),
  },
};
for (const name of ['chrome', 'browser'])
  Object.defineProperty(globalThis, name, { value: api, configurable: true });
Object.defineProperty(globalThis, 'indexedDB', { get: () => browserNow().databases, configurable: true });
