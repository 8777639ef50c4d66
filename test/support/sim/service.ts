/** The real service on its memory store, without a port. */
import type { UpgradeWebSocket } from 'hono/ws';
import { createApp } from '../../../server/src/app.ts';
import { createDeps } from '../../../server/src/deps.ts';
import { createLog } from '../../../server/src/log.ts';
import { createMemoryStore } from '../../../server/src/store/memory.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { LIMITS } from '../../../src/protocol/limits.ts';
import type { Loop } from './loop.ts';

/** Rates that no simulation meets: a year may pass in it. */
const NO_RATES = {
  requestsPerSecond: 1e6,
  requestBurst: 1e6,
  accountsPerHour: 1e6,
  pairChannelsPerHour: 1e6,
};

export function simService(loop: Loop) {
  const clock = { nowMs: () => loop.nowMs };
  const store = createMemoryStore();
  const app = createApp(
    createDeps({
      store,
      limits: { ...LIMITS, ...NO_RATES },
      clock,
      random: systemRandom,
      log: createLog('requests', clock, (line) => line.includes('trouble') && console.error(line)),
      upgrade: (async () => new Response(null, { status: 200 })) as unknown as UpgradeWebSocket,
      addressOf: () => '192.0.2.1',
      stopping: new AbortController().signal,
    }),
  );
  return { store, send: (request: Request) => app.request(request) };
}
