/** Where an attack happens: devices on an honest service, and whatever the attacker got hold of. */
import type { InProcess } from '../../../server/test/support/in-process.ts';
import type { AccountId, DeviceId, Slot } from '../../../src/protocol/ids.ts';
import { LIMITS } from '../../../src/protocol/limits.ts';
import type { BatchAnswer, Change } from '../../../src/protocol/wire.ts';
import type { RecordedService } from '../second-service.ts';
import type { Rng } from '../sim/rng.ts';
import type { SyncWorld, TestDevice } from '../sync-world.ts';
import type { Between, Given } from './proxy.ts';
import type { Truth } from './truth.ts';

export interface Stage {
  readonly world: SyncWorld;
  readonly rng: Rng;
  readonly truth: Truth;
  readonly recorded: RecordedService;
  readonly account: AccountId;
  /** The feed as it was when the attack began. */
  readonly before: readonly Change[];
  /** Every body that lay in a slot at some moment, oldest first. */
  readonly bodies: ReadonlyMap<Slot, readonly Given[]>;
  /** A moment of the past, as `RecordedService` counts them. */
  readonly past: number;
  /** Requests that wait for an answer have waited too long. */
  timeOut(): void;
  /** What a device did that nobody may do. */
  fault(what: string): void;
}

/** Something is left at the honest service that does not open. */
export const DAMAGE = { told: /cannot be opened/, isSyncing: true } as const;
/** The device list went on in another history: it is tried again for ever, as of a service that was put back. */
export const OTHER_LIST = { told: /an older device list than before/, isSyncing: false } as const;

export interface Attack {
  readonly name: string;
  /** Beside those of security.md T9: of these a quarter of the seeds will do. */
  readonly isMore?: true;
  /** What answers from now on. */
  begin(stage: Stage): Between | Promise<Between>;
  /** How many there have to be; two or three when this says nothing. */
  readonly devices?: number;
  /** Whom it is done to; some of the devices, or all, when this says nothing. */
  readonly whom?: 'all' | 'not all';
  /** Why devices that are told different things may each say that all is well, for as long as it lasts (docs/decisions/0018). */
  readonly unseen?: string;
  /** What may go on being told afterwards; whether sync goes on with it. */
  readonly stays?: { readonly told: RegExp; readonly isSyncing: boolean };
}

/** A batch that the service makes up, in the name of a device: what it has no key for it cannot seal, but the feed is its own. */
export async function written(
  { world, account }: Pick<Stage, 'world' | 'account'>,
  device: DeviceId,
  ops: Parameters<InProcess['deps']['store']['commit']>[1]['ops'],
): Promise<BatchAnswer> {
  const done = await world.service.deps.store.commit(
    account,
    { key: null, device, atMs: world.service.clock.nowMs(), atomic: false, ops },
    LIMITS,
  );
  if (!('answer' in done)) throw new Error('the honest service refused');
  return done.answer;
}

export const deviceIdOf = (device: TestDevice): DeviceId => device.store.vault.deviceId as DeviceId;
