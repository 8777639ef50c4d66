/** What the routes work with. Nothing here is Node's own: the composition root brings that in. */
import type { Context } from 'hono';
import type { UpgradeWebSocket } from 'hono/ws';
import type { Clock } from '../../src/base/clock.ts';
import type { Random } from '../../src/base/random.ts';
import type { AccountId, DeviceId } from '../../src/protocol/ids.ts';
import type { Limits } from '../../src/protocol/limits.ts';
import type { Authentication } from './auth/authenticate.ts';
import { ExpiringMap } from './auth/expiring-map.ts';
import { TokenBuckets } from './auth/token-buckets.ts';
import { Gauge } from './gauge.ts';
import type { Log } from './log.ts';
import { Hub } from './notify.ts';
import { PairingRelay } from './pairing.ts';
import { Sockets } from './sockets.ts';
import type { Store } from './store/store.ts';

/** What is brought in from outside. */
export interface Surroundings {
  readonly store: Store;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly upgrade: UpgradeWebSocket;
  /** Whom to count new accounts for: the address a connection comes from. */
  readonly addressOf: (c: Context) => string;
  /** Aborted when the service is about to stop. */
  readonly stopping: AbortSignal;
}

/** What a ticket opens a socket for. */
export interface Ticket {
  readonly account: AccountId;
  readonly device: DeviceId;
}

export interface Deps extends Surroundings, Authentication {
  readonly store: Store;
  readonly hub: Hub;
  readonly sockets: Sockets;
  readonly tickets: ExpiringMap<Ticket>;
  readonly pairing: PairingRelay;
  readonly accountRate: TokenBuckets;
  readonly pairRate: TokenBuckets;
  readonly polls: Gauge;
  readonly replyPolls: Gauge;
  readonly exports: Gauge;
}

/** About 100 bytes each. A device that uses its whole rate needs 2,450 of them. */
const MAX_NONCES = 500_000;
const TICKET_MS = 30_000;
const MAX_TICKETS = 20_000;
/** Waiting for the reply of one pairing channel at once. There is one joining device; the other is its retry. */
const REPLY_POLLS = 2;

/** Of one device at once: each holds on to the store as it was when it began, for as long as it is read. */
const EXPORTS = 1;

const perHour = (capacity: number) => ({ capacity, perSecond: capacity / 3_600 });

export function createDeps(surroundings: Surroundings): Deps {
  const { limits, clock } = surroundings;
  const hub = new Hub();
  return {
    ...surroundings,
    hub,
    sockets: new Sockets(hub, limits.socketsPerDevice),
    // A signature from the future is good until twice the skew from now, and seconds are whole.
    nonces: new ExpiringMap(clock, (2 * limits.skewSeconds + 1) * 1000, MAX_NONCES),
    tickets: new ExpiringMap(clock, TICKET_MS, MAX_TICKETS),
    pairing: new PairingRelay(clock, limits, hub),
    deviceRate: new TokenBuckets(clock, {
      capacity: limits.requestBurst,
      perSecond: limits.requestsPerSecond,
    }),
    accountRate: new TokenBuckets(clock, perHour(limits.accountsPerHour)),
    pairRate: new TokenBuckets(clock, perHour(limits.pairChannelsPerHour)),
    polls: new Gauge(limits.longPollsPerDevice),
    replyPolls: new Gauge(REPLY_POLLS),
    exports: new Gauge(EXPORTS),
  };
}
