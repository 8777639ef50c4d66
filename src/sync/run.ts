/** One round of sync: take over what others sent, send what waits, until both are done. */
import type { Clock, Day } from '../base/clock.ts';
import { ok, type Result } from '../base/result.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { type AccountState, type Devices, scopeOf } from './account-state.ts';
import { fetchWaiting } from './away.ts';
import type { Brake } from './brake.ts';
import { settleEpoch } from './epochs.ts';
import { gatherParts } from './gather.ts';
import { checkList } from './heads.ts';
import { askLimits, keepToLimits, REFUSED_AS_IT_IS } from './limits.ts';
import { answerPairing } from './pairing.ts';
import { type EraseHere, type Pulled, pull } from './pull.ts';
import { type Pushed, push } from './push.ts';
import { rewrapOld } from './rewrap.ts';
import type { Rings } from './rings.ts';
import { keepKeys } from './rotation.ts';
import { lied, readEvidence } from './service-lie.ts';
import { refusal, type Transport, type TransportFailure } from './transport.ts';

/** Shared records may be changed by others between our pull and our push this often in one round. */
const MAX_ROUNDS = 20;
/** So often days are fetched back in one round: then there has to be room again. */
const CHUNKS = 4;

export interface Round extends Pulled {
  readonly devices: Devices['list']['devices'];
  /** Devices that still work with an older master key. */
  readonly waiting: readonly string[];
  /** Devices that came with the recovery phrase. */
  readonly restored: readonly string[];
  /** Further days wait to be fetched back and sent again. */
  readonly more: boolean;
}

/** Keeps to the limits of the service, and asks for them anew when it refused something for being too much. */
export async function runRound(...all: Parameters<typeof rounds>): Promise<Result<Round, TransportFailure>> {
  const [store, transport] = all;
  await keepToLimits(store, transport);
  const done = await rounds(...all);
  if (!done.ok && REFUSED_AS_IT_IS.has(done.error.status)) await askLimits(store, transport);
  return done;
}

async function rounds(
  store: LocalStore,
  transport: Transport,
  account: AccountState,
  rings: Rings,
  clock: Clock,
  eraseHere: EraseHere,
  brake: Brake,
): Promise<Result<Round, TransportFailure>> {
  const evidence = await readEvidence(store);
  if (evidence) return lied(evidence);
  let changed = false;
  let unreadable = 0;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    // Each time: what was in the way may lie under a newer master key than the list had that was read before.
    const devices = await keepKeys(store, transport, account.account, clock);
    if (!devices.ok) return devices;
    const { list, versions, ever } = devices.value;
    const scope = await scopeOf(store, account.account);
    const authors = new Set<string>(list.devices.map(({ id }) => id));
    // Whoever answers: a device that was taken out says so and sends nothing more.
    if (!authors.has(store.vault.deviceId)) return refusal('UNKNOWN_DEVICE', 403);
    await answerPairing(store, transport, account, authors, clock);
    const listed = await checkList({ store, transport, account, clock, authors }, devices.value);
    if (!listed.ok) return listed;
    const session = { store, transport, scope, account, rings, ever, authors, clock, eraseHere, brake };
    const pulled = await pull(session);
    if (!pulled.ok) return pulled;
    changed ||= pulled.value.changed;
    unreadable = pulled.value.unreadable;
    const wrapped = await rewrapOld(session, authors);
    if (!wrapped.ok) return wrapped;
    await gatherParts(store, clock);
    const stuck = new Set<Day>();
    let pushed: Result<Pushed, TransportFailure>;
    let more: boolean;
    for (let chunk = 1; ; chunk++) {
      const waited = await fetchWaiting(session, stuck);
      if (!waited.ok) return waited;
      unreadable += waited.value.missing;
      more = waited.value.more;
      pushed = await push({ store, transport, scope, account, authors, clock });
      while (pushed.ok && pushed.value === 'more')
        pushed = await push({ store, transport, scope, account, authors, clock });
      if (!more || chunk === CHUNKS || !pushed.ok || pushed.value !== 'done') break;
    }
    if (!pushed.ok) return pushed;
    if (pushed.value !== 'done' || !wrapped.value) continue;
    const waiting = await settleEpoch(store, scope, list.devices);
    return ok({ changed, unreadable, devices: list.devices, waiting, restored: restoredOf(versions), more });
  }
  return {
    ok: false,
    error: {
      code: 'busy',
      status: 200,
      message:
        'The sync service refuses what is sent again and again, because something there has changed. Another device may be at work. It will be tried again.',
    },
  };
}

/** Whoever a version brought that the recovery key signed. */
function restoredOf(versions: Devices['versions']): string[] {
  return versions.flatMap((list, index) => {
    const before = new Set(versions[index - 1]?.devices.map(({ id }) => id));
    return list.signer !== 'genesis' || index === 0
      ? []
      : list.devices.flatMap(({ id }) => (before.has(id) ? [] : [id]));
  });
}
