/** The whole app without a port, on the memory store, with a clock that stands still until it is set. */
import type { UpgradeWebSocket } from 'hono/ws';
import { expect, vi } from 'vitest';
import { systemRandom } from '../../../src/base/random.ts';
import { LIMITS, type Limits } from '../../../src/protocol/limits.ts';
import { createApp } from '../../src/app.ts';
import { createDeps, type Deps } from '../../src/deps.ts';
import { createLog } from '../../src/log.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/store.ts';
import { joinService, plainRequest, type RequestOptions, type Send } from './client.ts';

export const ORIGIN = 'http://service.example';
export const ADDRESS = '192.0.2.77';

export interface InProcess {
  readonly send: Send;
  readonly deps: Deps;
  readonly stop: AbortController;
  readonly clock: { nowMs(): number; set(nowMs: number): void; add(ms: number): void };
  readonly logLines: string[];
  join(): ReturnType<typeof joinService>;
  /** Resolves when so many requests have begun to wait since the start. */
  untilWaiting(count: number): Promise<void>;
  plain(method: string, path: string, options?: RequestOptions): Promise<Response>;
}

/** Rates that no test meets by accident. */
const NO_RATES = {
  requestsPerSecond: 1e6,
  requestBurst: 1e6,
  accountsPerHour: 1e6,
  pairChannelsPerHour: 1e6,
};

export function inProcess(limits: Partial<Limits> = {}, store: Store = createMemoryStore()): InProcess {
  let now = 1_800_000_000_000;
  const clock = {
    nowMs: () => now,
    set: (nowMs: number) => {
      now = nowMs;
    },
    add: (ms: number) => {
      now += ms;
    },
  };
  const logLines: string[] = [];
  const stop = new AbortController();
  const deps = createDeps({
    store,
    limits: { ...LIMITS, ...NO_RATES, ...limits },
    clock,
    random: systemRandom,
    log: createLog('requests', clock, (line) => logLines.push(line)),
    upgrade: (async () => new Response(null, { status: 200 })) as unknown as UpgradeWebSocket,
    addressOf: () => ADDRESS,
    stopping: stop.signal,
  });
  const listen = vi.spyOn(deps.hub, 'listen');
  const app = createApp(deps);
  const send: Send = (request) => app.request(request);
  return {
    send,
    deps,
    stop,
    clock,
    logLines,
    join: () => joinService(send, ORIGIN, clock.nowMs),
    untilWaiting: async (count) => {
      await expect.poll(() => listen.mock.calls.length).toBe(count);
    },
    plain: async (method, path, options) => send(plainRequest(ORIGIN, method, path, options)),
  };
}

/** Status and code of a refusal such as `404 NOT_FOUND`, or the status alone. */
export async function refusalOf(answer: Response | Promise<Response>): Promise<string> {
  const response = await answer;
  const text = await response.text();
  if (response.headers.get('content-type') !== 'application/json') return String(response.status);
  const { code } = JSON.parse(text) as { code?: string };
  return code === undefined ? String(response.status) : `${response.status} ${code}`;
}
