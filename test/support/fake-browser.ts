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

export interface FakeVisit {
  url: string;
  title: string;
  atMs: number;
  transition: string;
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
let external: Listener = () => undefined;
let connected: (port: object) => void = () => {};
let ring: (alarm: { name: string }) => unknown = () => {};
let idle: (state: string) => unknown = () => {};

/** An event that nothing here causes. */
const quiet = { addListener() {} };

/** The background's end of a connection, and what came and went over it. */
export class FakePort {
  readonly posted: unknown[] = [];
  isOpen = true;
  readonly #listening = { message: (_message: unknown) => {}, disconnect: () => {} };
  readonly onMessage = {
    addListener: (added: (message: unknown) => void) => {
      this.#listening.message = added;
    },
  };
  readonly onDisconnect = {
    addListener: (added: () => void) => {
      this.#listening.disconnect = added;
    },
  };

  constructor(
    readonly name: string,
    readonly sender: object | undefined,
  ) {}

  postMessage(message: unknown): void {
    this.posted.push(structuredClone(message));
  }

  disconnect(): void {
    this.isOpen = false;
  }

  /** From the other end. */
  say(message: unknown): void {
    this.#listening.message(message);
  }

  /** By the other end. */
  leave(): void {
    this.isOpen = false;
    this.#listening.disconnect();
  }
}

/** One browser with one profile. */
export const fake = {
  session: new FakeArea(),
  local: new FakeArea(),
  tabs: new Map<number, FakeTab>(),
  version: '1.0',
  /** The browser's own history. */
  history: [] as FakeVisit[],
  historyAccess: true,
  /** Called before each question to the history; throws what the browser would. */
  beforeHistory: async (_maxResults?: number) => {},
  alarms: new Map<string, number>(),
  /** To whoever listened last. */
  send: (message: unknown, sender: object) => listener(message, sender),
  /** An alarm is due. Resolves when it was dealt with. */
  ring: (name: string) => ring({ name }),
  /** What the browser says of the person. Resolves when it was dealt with. */
  idle: (state: 'active' | 'idle' | 'locked') => idle(state),
  /** From another extension. */
  sendExternal: (message: unknown, sender: object) => external(message, sender),
  /** A connection that somebody opens. */
  connect(name: string, sender: object | undefined): FakePort {
    const port = new FakePort(name, sender);
    connected(port);
    return port;
  },

  /** Another profile that nothing was ever stored in. */
  reset(): void {
    globalThis.indexedDB = new IDBFactory();
    this.local.values.clear();
    this.version = '1.0';
    this.history = [];
    this.historyAccess = true;
    this.beforeHistory = async () => {};
    this.alarms.clear();
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
    onMessageExternal: {
      addListener: (added: Listener) => {
        external = added;
      },
    },
    onConnect: {
      addListener: (added: (port: object) => void) => {
        connected = added;
      },
    },
    onInstalled: quiet,
    onStartup: quiet,
    getManifest: () => ({ version: fake.version }),
    getPlatformInfo: async () => ({ os: 'linux' }),
    getURL: (path: string) => `chrome-extension://test/${path}`,
  },
  alarms: {
    onAlarm: {
      addListener: (added: typeof ring) => {
        ring = added;
      },
    },
    get: async () => undefined,
    create: async (name: string, { when }: { when?: number }) => void fake.alarms.set(name, when ?? 0),
    clear: async (name: string) => fake.alarms.delete(name),
  },
  permissions: {
    onAdded: quiet,
    onRemoved: quiet,
    contains: async ({ permissions = [] }: { permissions?: string[] }) =>
      !permissions.includes('history') || fake.historyAccess,
  },
  history: {
    // As both browsers do it: pages with a visit in the span, both ends included, the newest first.
    search: async (query: { startTime: number; endTime: number; maxResults: number }) => {
      await fake.beforeHistory(query.maxResults);
      const within = fake.history
        .filter(({ atMs }) => atMs >= query.startTime && atMs <= query.endTime)
        .sort((a, b) => b.atMs - a.atMs);
      const pages = new Map(within.map((visit) => [visit.url, visit]));
      return [...pages.values()].slice(0, query.maxResults).map(({ url, title }) => ({ url, title }));
    },
    getVisits: async ({ url }: { url: string }) =>
      fake.history
        .filter((visit) => visit.url === url)
        .map(({ atMs, transition }) => ({ visitTime: atMs + 0.25, transition })),
  },
  scripting: { executeScript: async () => [] },
  action: { setBadgeText: async () => {}, setTitle: async () => {} },
  storage: { session: fake.session, local: fake.local },
  idle: {
    setDetectionInterval() {},
    onStateChanged: {
      addListener: (added: typeof idle) => {
        idle = added;
      },
    },
  },
  webNavigation: { onCommitted: quiet, onHistoryStateUpdated: quiet },
  windows: { onFocusChanged: quiet },
  tabs: {
    onActivated: quiet,
    onCreated: quiet,
    onRemoved: quiet,
    onUpdated: quiet,
    get: async (id: number) => {
      const tab = fake.tabs.get(id);
      if (!tab) throw new Error('no such tab');
      return { ...tab };
    },
    query: async () => [...fake.tabs.values()],
  },
};
Object.assign(globalThis, { chrome: api, browser: api });
