/**
 * The parts of the extension API that the background's services use, in memory. Import it before anything of `src`; it
 * brings `indexedDB` with it.
 */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';

export interface FakeTab {
  id: number;
  url: string;
  title: string;
  incognito: boolean;
  openerTabId?: number;
}

class FakeArea {
  readonly values = new Map<string, unknown>();
  /** Called before something is written; throws what the browser would. */
  beforeSet: (values: Record<string, unknown>) => void = () => {};

  async get(key: string | null) {
    const entries = key === null ? [...this.values] : [[key, this.values.get(key)] as const];
    return structuredClone(Object.fromEntries(entries));
  }
  async set(values: Record<string, unknown>) {
    this.beforeSet(values);
    for (const [key, value] of Object.entries(values)) this.values.set(key, structuredClone(value));
  }
  async remove(keys: string | string[]) {
    for (const key of [keys].flat()) this.values.delete(key);
  }
}

type Listener = (message: unknown, sender: object) => Promise<unknown> | undefined;
let listener: Listener = () => undefined;

/** One browser with one profile. */
export const fake = {
  session: new FakeArea(),
  local: new FakeArea(),
  tabs: new Map<number, FakeTab>(),
  version: '1.0',
  /** To whoever listened last. */
  send: (message: unknown, sender: object) => listener(message, sender),

  /** Another profile that nothing was ever stored in. */
  reset(): void {
    globalThis.indexedDB = new IDBFactory();
    this.local.values.clear();
    this.version = '1.0';
    this.endSession();
  },

  /** The browser was closed: what was in memory is gone. */
  endSession(): void {
    this.session.values.clear();
    this.session.beforeSet = () => {};
    this.tabs.clear();
  },
};

const api = {
  runtime: {
    id: 'test',
    onMessage: {
      addListener: (added: Listener) => {
        listener = added;
      },
    },
    getManifest: () => ({ version: fake.version }),
    getPlatformInfo: async () => ({ os: 'linux' }),
    getURL: (path: string) => `chrome-extension://test/${path}`,
  },
  alarms: { create: async () => {}, clear: async () => true },
  permissions: { contains: async () => true },
  scripting: { executeScript: async () => [] },
  action: { setBadgeText: async () => {}, setTitle: async () => {} },
  storage: { session: fake.session, local: fake.local },
  tabs: {
    get: async (id: number) => {
      const tab = fake.tabs.get(id);
      if (!tab) throw new Error('no such tab');
      return { ...tab };
    },
    query: async () => [...fake.tabs.values()],
  },
};
Object.assign(globalThis, { chrome: api, browser: api });
