/**
 * Several devices in one process: `indexedDB`, `fetch` and the few parts of the extension API that sync uses are those of
 * the device in whose context the code runs. Import it before anything of `src`.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';

/** What belongs to one browser profile and outlives its worker. */
export class DeviceContext {
  readonly databases = new IDBFactory();
  readonly #connections: IDBDatabase[] = [];
  readonly area = new Map<string, unknown>();
  /** Ends with the browser. */
  readonly session = new Map<string, unknown>();
  readonly alarms = new Map<string, number>();
  fetch: typeof fetch = async () => {
    throw new TypeError('no network');
  };
  /** Write transactions that are still granted before the worker is stopped; `undefined` = it is not. */
  writesLeft: number | undefined;
  /** Waited for before each piece of cryptography: what else may happen at that moment. */
  beforeCrypto: (() => Promise<void>) | undefined;

  constructor() {
    const open = this.databases.open.bind(this.databases);
    this.databases.open = (...args) => {
      const request = open(...args);
      request.addEventListener('success', () => this.#connections.push(request.result));
      return request;
    };
  }

  /** The worker is gone, and with it whatever it had open. */
  stop(): void {
    for (const connection of this.#connections.splice(0)) connection.close();
    this.writesLeft = undefined;
  }

  run<T>(task: () => T): T {
    return here.run(this, task);
  }
}

const here = new AsyncLocalStorage<DeviceContext>();

function current(): DeviceContext {
  const context = here.getStore();
  if (!context) throw new Error('this runs outside of a device: wrap it in device.run(...)');
  return context;
}

/** As when the browser stops the worker in the middle of something. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

const transaction = IDBDatabase.prototype.transaction;
IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...args: Parameters<typeof transaction>) {
  const context = here.getStore();
  if (args[1] === 'readwrite' && context?.writesLeft !== undefined) {
    if (context.writesLeft <= 0) throw new StoppedError('stopped');
    context.writesLeft -= 1;
  }
  return transaction.apply(this, args);
};

for (const name of ['decrypt', 'encrypt', 'sign', 'digest', 'importKey'] as const) {
  const original = SubtleCrypto.prototype[name] as (...args: unknown[]) => Promise<unknown>;
  SubtleCrypto.prototype[name] = async function (this: SubtleCrypto, ...args: unknown[]) {
    await here.getStore()?.beforeCrypto?.();
    return original.apply(this, args);
  } as never;
}

const areaOf = (map: () => Map<string, unknown>) => ({
  get: async (key: string | null) => (key === null ? Object.fromEntries(map()) : { [key]: map().get(key) }),
  set: async (values: Record<string, unknown>) => {
    for (const [key, value] of Object.entries(values)) map().set(key, value);
  },
  remove: async (key: string) => void map().delete(key),
});

const browser = {
  runtime: {
    id: 'test',
    getPlatformInfo: async () => ({ os: 'linux' }),
    getManifest: () => ({ version: '1.0' }),
  },
  permissions: { contains: async () => true },
  alarms: {
    create: async (name: string, { when }: { when: number }) => void current().alarms.set(name, when),
    clear: async (name: string) => current().alarms.delete(name),
  },
  storage: {
    local: areaOf(() => current().area),
    session: areaOf(() => current().session),
  },
};

/** In the place of the browser's WebSocket: opens and is silent, or does what a network does that lets none through. */
export class FakeSocket {
  static behaviour: 'opens' | 'throws' | 'closes' | 'never opens' = 'opens';
  static readonly made: FakeSocket[] = [];
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: (() => void) | null = null;
  onclose: (() => void) | null = null;

  constructor(readonly url: string) {
    const { behaviour } = FakeSocket;
    if (behaviour === 'throws') throw new DOMException('blocked', 'SecurityError');
    FakeSocket.made.push(this);
    if (behaviour === 'closes') queueMicrotask(() => this.close());
    if (behaviour !== 'opens') return;
    queueMicrotask(() => {
      this.readyState = 1;
      this.onopen?.();
    });
  }

  send(): void {}

  close(): void {
    this.readyState = 3;
    queueMicrotask(() => this.onclose?.());
  }
}

Object.defineProperties(globalThis, {
  WebSocket: { value: FakeSocket, configurable: true, writable: true },
  chrome: { value: browser, configurable: true },
  browser: { value: browser, configurable: true },
  indexedDB: { get: () => current().databases, configurable: true },
  fetch: {
    value: (...args: Parameters<typeof fetch>) => current().fetch(...args),
    configurable: true,
    writable: true,
  },
});
