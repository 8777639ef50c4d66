/**
 * Ends a process in the middle, as far as fake-indexeddb can know: at its k-th call that begins something in the database, that
 * call and every later one of the same connections never answers. What was begun before ends as it will; databases are free
 * for the next life.
 */
import 'fake-indexeddb/auto';
import { AsyncLocalStorage } from 'node:async_hooks';

const never = new Promise<never>(() => {});
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

let connections = new Set<IDBDatabase>();
let life = 0;
const dead = new WeakSet<IDBDatabase>();
let callsLeft: number | undefined;
let onKill = (): void => {};
/** Which process something runs in: what goes on beside the call that was the last one opens nothing either. */
const processes = new AsyncLocalStorage<{ ended: boolean }>();
const hasEnded = (): boolean => processes.getStore()?.ended === true;

function end(connection: IDBDatabase): void {
  dead.add(connection);
  connection.close();
}

/** Whether the process ends with this call. */
function isLast(): boolean {
  if (callsLeft === undefined) return false;
  callsLeft -= 1;
  if (callsLeft > 0) return false;
  callsLeft = undefined;
  for (const connection of connections) end(connection);
  connections = new Set();
  life += 1;
  onKill();
  return true;
}

const { transaction } = IDBDatabase.prototype;
IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...args) {
  // The one of an upgrade is begun by fake-indexeddb itself, within the call that opens.
  const isOurs = args[1] !== ('versionchange' as IDBTransactionMode);
  return isOurs && (dead.has(this) || isLast()) ? (silence as IDBTransaction) : transaction.apply(this, args);
};
const { open, deleteDatabase } = IDBFactory.prototype;
IDBFactory.prototype.open = function (this: IDBFactory, ...args) {
  if (hasEnded() || isLast()) return silentRequest() as IDBOpenDBRequest;
  const request = open.apply(this, args);
  const born = life;
  request.addEventListener('success', () => {
    if (born === life) connections.add(request.result);
    else end(request.result);
  });
  return request;
};
IDBFactory.prototype.deleteDatabase = function (this: IDBFactory, ...args) {
  return hasEnded() || isLast() ? (silentRequest() as IDBOpenDBRequest) : deleteDatabase.apply(this, args);
};

export const KILLED = Symbol('killed');

/** What `task` gives, or `KILLED` where it came to `call` calls. Open the store again then. */
export async function killedAt<T>(call: number, task: () => Promise<T>): Promise<T | typeof KILLED> {
  const own = { ended: false };
  const death = new Promise<typeof KILLED>((resolve) => {
    onKill = () => {
      own.ended = true;
      resolve(KILLED);
    };
  });
  callsLeft = call;
  try {
    return await Promise.race([processes.run(own, task), death]);
  } finally {
    callsLeft = undefined;
  }
}
