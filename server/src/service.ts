/** The service in a Node process: the app, an HTTP server, WebSockets, and the end of it all in good order. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type HttpBindings, upgradeWebSocket } from '@hono/node-server';
import type { Context } from 'hono';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { LIMITS, type Limits } from '../../src/protocol/limits.ts';
import { createApp } from './app.ts';
import { countedAddress } from './client-address.ts';
import { createDeps, type Deps } from './deps.ts';
import { createLog, type Log } from './log.ts';
import { createSocketServer, forAdaptor, startHeartbeat } from './socket-server.ts';
import { openLevelStore } from './store/level.ts';
import { guardUpgrades } from './upgrades.ts';

export interface ServiceOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly dataDir: string;
  /** Instead of the published ones. */
  readonly limits?: Partial<Limits>;
  /** Nothing is logged without one. */
  readonly log?: Log;
  /** Instead of the usual times, in ms. */
  readonly times?: Partial<typeof TIMES>;
}

export interface Service {
  /** `http://HOST:PORT` */
  readonly url: string;
  /** Lets requests finish, ends long polls and sockets, then closes the store. */
  close(): Promise<void>;
}

/** Against clients that are slow on purpose, see Node's `http.createServer`. A long poll waits *after* its request is in. */
const SERVER_OPTIONS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 60_000,
  connectionsCheckingInterval: 1_000,
} as const;

const TIMES = {
  /** How long requests may take to finish when the service stops. */
  drain: 10_000,
  /** Between two pings of a WebSocket; a peer has as long to answer. */
  heartbeat: 30_000,
  /** For a peer whose upgrade was refused and that does not hang up. */
  linger: 5_000,
};
const DRAIN_CHECK_MS = 50;

const addressOf = (c: Context): string =>
  countedAddress((c.env as HttpBindings).incoming.socket.remoteAddress ?? '');

function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

/** Idle connections go at once, busy ones when they have answered, all of them when the time is up. */
async function drain(server: Server, drainMs: number, endUpgraded: () => void): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const idle = setInterval(() => server.closeIdleConnections(), DRAIN_CHECK_MS);
  const force = setTimeout(() => {
    server.closeAllConnections();
    endUpgraded();
  }, drainMs);
  await closed;
  clearInterval(idle);
  clearTimeout(force);
}

/**
 * Opens the store and listens.
 * @throws Error when the port is taken (`EADDRINUSE`) or the folder cannot be opened.
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { host, port, dataDir } = options;
  const store = await openLevelStore(dataDir);
  const stopping = new AbortController();
  const deps: Deps = createDeps({
    store,
    limits: { ...LIMITS, ...options.limits },
    clock: systemClock,
    random: systemRandom,
    log: options.log ?? createLog('off', systemClock, () => {}),
    upgrade: upgradeWebSocket,
    addressOf,
    stopping: stopping.signal,
  });
  const sockets = createSocketServer();
  const server = createAdaptorServer({
    fetch: createApp(deps).fetch,
    // The process may have other users of `Request` and `Response`.
    overrideGlobalObjects: false,
    createServer,
    serverOptions: SERVER_OPTIONS,
    websocket: forAdaptor(sockets),
  }) as Server;
  const times = { ...TIMES, ...options.times };
  const endUpgraded = guardUpgrades(server, times.linger);
  const stopHeartbeat = startHeartbeat(sockets, times.heartbeat);
  const bound = await listen(server, port, host).catch(async (error: unknown) => {
    stopHeartbeat();
    await store.close();
    throw error;
  });

  const stop = async (): Promise<void> => {
    stopping.abort();
    stopHeartbeat();
    deps.sockets.closeAll();
    await drain(server, times.drain, endUpgraded);
    await store.close();
  };
  let stopped: Promise<void> | null = null;
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${shownHost}:${bound.port}`,
    close: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}
