/** The background itself, as main.ts composes it, on the fake browser. A test file that imports it has it to itself. */

// First: the extension's API has to be there before anything of `src` is loaded.
import './fake-browser.ts';
import { createHash } from 'node:crypto';
import { opening } from '../../src/background/main.ts';
import { PASSING } from './extension-state.ts';
import { fake } from './fake-browser.ts';

export { fake, opening };

const ROOT = 'chrome-extension://test/';
/** Our options page, as the browser tells it. */
export const OWN_PAGE = {
  id: 'test',
  url: `${ROOT}src/options/index.html`,
  origin: 'chrome-extension://test',
  frameId: 0,
};
export const contentOf = (tabId: number, url: string) => ({
  id: 'test',
  url,
  origin: new URL(url).origin,
  frameId: 0,
  tab: { id: tabId, url, title: 'Shown', incognito: false },
});

/** Everything that is durable, and what opens it, as it lies there: a short hash of each part. */
export async function fingerprint(): Promise<Record<string, string>> {
  const parts: Record<string, string> = {};
  for (const { name = '' } of await indexedDB.databases())
    for (const [store, rows] of await rowsOf(name)) parts[`${name} ${store}`] = hashOf(rows);
  for (const [area, { values }] of Object.entries({ local: fake.local, session: fake.session }))
    for (const [key, value] of values) if (!PASSING.has(key)) parts[`${area} ${key}`] = hashOf(value);
  return parts;
}

function hashOf(value: unknown): string {
  const text = JSON.stringify(value, (_, inner: unknown) =>
    ArrayBuffer.isView(inner) || inner instanceof ArrayBuffer
      ? Buffer.from(inner as ArrayBuffer).toString('base64')
      : inner,
  );
  return createHash('sha256')
    .update(text ?? 'undefined')
    .digest('hex')
    .slice(0, 16);
}

async function rowsOf(name: string): Promise<[store: string, rows: unknown][]> {
  const db = await promised(indexedDB.open(name));
  try {
    const rows: [string, unknown][] = [];
    for (const store of db.objectStoreNames) {
      const from = db.transaction(store).objectStore(store);
      rows.push([store, [await promised(from.getAllKeys()), await promised(from.getAll())]]);
    }
    return rows;
  } finally {
    db.close();
  }
}

const promised = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

export const dropped = (): number => (fake.session.values.get('dropped') as number | undefined) ?? 0;
