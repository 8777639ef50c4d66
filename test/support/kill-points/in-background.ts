/**
 * Runs in the background of a browser before anything of ours (instrumented.ts): counts whatever it begins that lasts, and at the
 * point that was ordered begins nothing any more and never answers, as far as our code can know. Then whoever ordered it ends the
 * whole browser, or reloads the extension. What was begun before ends as it will.
 */

/** What is counted: something that is written, made or deleted, or asked of a service. */
export interface Point {
  /** `writes arq-data: packs, tables`, `makes arq-keys-2`, `deletes arq-keys-1`, `keeps gate`, `asks POST /v1/batch`. */
  readonly name: string;
  /** Of a transaction, what was put there: `put profiles deletions`. */
  readonly wrote: string[];
  /** What whoever ordered it said it was doing, or how often the log of deletions was written since: `logged 2`. */
  readonly step: string;
}

export interface Order {
  /** Who is told when the point was reached. */
  readonly url: string;
  /** Which point of which step it is, from 1; 0: none, they are only counted. What is written beside it moves no other step's. */
  readonly step: string;
  readonly at: number;
  /** `before` it is begun, or `during`: just after. */
  readonly how: 'before' | 'during';
}

/** What the background is told when it starts, in the description of the manifest: the one thing that it can read at once. */
export interface Start {
  readonly order?: Order;
  /** Its clock is ahead by so much until the first order that comes later. */
  readonly aheadMs?: number;
}

export interface Report {
  readonly killed: boolean;
  /** In order; when killed, the last one is where. */
  readonly points: readonly Point[];
}

/** Over the channel of this name: an order, the name of a step, or `end`, which is answered with the report. */
export const CHANNEL = 'kill-points';

interface Area {
  set(...args: unknown[]): unknown;
  remove(...args: unknown[]): unknown;
}
interface Api {
  readonly runtime: { getManifest(): { readonly description?: string } };
  readonly storage: { readonly local: Area };
}

/** Stands alone: its text is put into the extension. */
export function killPoints(channelName: string): void {
  const { browser, chrome } = globalThis as unknown as { browser?: Api; chrome?: Api };
  const apis = [browser, chrome].filter((api) => api !== undefined);
  const start = JSON.parse(apis[0]?.runtime.getManifest().description ?? '{}') as Start;
  const realFetch = globalThis.fetch.bind(globalThis);
  const realNow = Date.now.bind(Date);
  const never = new Promise<never>(() => {});
  let { order, aheadMs = 0 } = start;
  let points: Point[] = [];
  let step = 'start';
  let inStep = 0;
  let logged = 0;
  let isDead = false;
  const begin = (next: string) => {
    step = next;
    inStep = 0;
  };

  /** Takes every call and answers none. A transaction, an object store and an index in one: idb hands on what it does not know. */
  const silence: unknown = new Proxy(
    {},
    {
      get(_, name) {
        if (name === 'then') return undefined;
        if (name === 'done') return never;
        if (name === 'store') return silence;
        return () => (name === 'objectStore' || name === 'index' ? silence : never);
      },
    },
  );
  const silentRequest = () => Object.assign(new Promise(() => {}), { addEventListener() {} }) as unknown;

  /** Whether what is about to begin is not to happen. */
  const isLast = (name: string): boolean => {
    if (isDead) return true;
    if (order === undefined) return false;
    points.push({ name, wrote: [], step });
    inStep += 1;
    if (step !== order.step || inStep !== order.at) return false;
    isDead = true;
    const body = JSON.stringify({ killed: true, points } satisfies Report);
    void realFetch(order.url, { method: 'POST', mode: 'no-cors', body });
    return order.how === 'before';
  };

  const noted = new WeakMap<IDBTransaction, string[]>();
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (this: IDBDatabase, stores, mode = 'readonly', options) {
    const list = typeof stores === 'string' ? [stores] : [...stores];
    const isWrite = mode === 'readwrite';
    if (isDead || (isWrite && isLast(`writes ${this.name}: ${list.join(', ')}`)))
      return silence as IDBTransaction;
    const begun = transaction.call(this, list, mode, options);
    const point = points.at(-1);
    if (isWrite && point) noted.set(begun, point.wrote);
    return begun;
  };
  const writes = IDBObjectStore.prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of ['put', 'add', 'delete']) {
    const original = writes[name];
    writes[name] = function (this: IDBObjectStore, ...args: unknown[]) {
      const value = args[0] as { readonly name?: unknown } | null | undefined;
      const what = `${name} ${this.name} ${value?.name ?? args[1] ?? ''}`.trim();
      const list = noted.get(this.transaction);
      list?.push(what);
      // The head of the log: each step of a deletion writes it once.
      if (list && what === 'put profiles deletions') begin(`logged ${++logged}`);
      return original?.apply(this, args);
    };
  }
  const { open, deleteDatabase } = IDBFactory.prototype;
  IDBFactory.prototype.open = function (this: IDBFactory, ...args) {
    if (isDead) return silentRequest() as IDBOpenDBRequest;
    const request = open.apply(this, args);
    request.addEventListener('upgradeneeded', (event) => {
      if (!isLast(`makes ${args[0]}`)) return;
      event.stopImmediatePropagation();
      request.transaction?.abort();
    });
    for (const type of ['success', 'error', 'blocked'])
      request.addEventListener(type, (event) => {
        if (isDead) event.stopImmediatePropagation();
      });
    return request;
  };
  IDBFactory.prototype.deleteDatabase = function (this: IDBFactory, ...args) {
    return isLast(`deletes ${args[0]}`)
      ? (silentRequest() as IDBOpenDBRequest)
      : deleteDatabase.apply(this, args);
  };
  for (const area of new Set(apis.map(({ storage }) => storage.local)))
    for (const name of ['set', 'remove'] as const) {
      const original = area[name];
      const verb = name === 'set' ? 'keeps' : 'forgets';
      area[name] = (...args) => {
        const what = typeof args[0] === 'string' ? args[0] : Object.keys(args[0] as object).join(', ');
        return isLast(`${verb} ${what}`) ? never : original.apply(area, args);
      };
    }
  globalThis.fetch = (input, init) => {
    const method = init?.method ?? 'GET';
    const path = new URL(input instanceof Request ? input.url : String(input)).pathname;
    const wasDead = isDead;
    // What is only asked changes nothing anywhere.
    const isSilent = method !== 'GET' && isLast(`asks ${method} ${path}`);
    return wasDead || isSilent ? never : realFetch(input, init);
  };
  Date.now = () => realNow() + aheadMs;

  const channel = new BroadcastChannel(channelName);
  channel.onmessage = ({ data }: { data: Order | { readonly step: string } | 'end' }) => {
    if (data === 'end') {
      const report: Report = { killed: isDead, points };
      if (!isDead) order = undefined;
      channel.postMessage(report);
      return;
    }
    if ('url' in data) {
      [order, points, aheadMs, logged] = [data, [], 0, 0];
      begin('');
    } else begin(data.step);
    channel.postMessage('heard');
  };
}
