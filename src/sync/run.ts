/** One round of sync: take over what others sent, send what waits, until both are done. */
import type { Clock, Day } from '../base/clock.ts';
import { ok, type Result } from '../base/result.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { fetchDevices } from './account.ts';
import { type AccountState, scopeOf } from './account-state.ts';
import { fetchWaiting } from './away.ts';
import { type Pulled, pull } from './pull.ts';
import { type Pushed, push } from './push.ts';
import type { Rings } from './rings.ts';
import { refusal, type Transport, type TransportFailure } from './transport.ts';

/** Shared records may be changed by others between our pull and our push this often in one round. */
const MAX_ROUNDS = 20;
/** So often days are fetched back in one round: then there has to be room again. */
const CHUNKS = 4;

export interface Round extends Pulled {
  readonly devices: readonly { readonly id: string; readonly addedAt: number }[];
  /** Further days wait to be fetched back and sent again. */
  readonly more: boolean;
}

export async function runRound(
  store: LocalStore,
  transport: Transport,
  account: AccountState,
  rings: Rings,
  clock: Clock,
): Promise<Result<Round, TransportFailure>> {
  const scope = await scopeOf(store, account.account);
  const devices = await fetchDevices(store, transport, account.account);
  if (!devices.ok) return devices;
  const { list, ever } = devices.value;
  const authors = new Set<string>(list.devices.map(({ id }) => id));
  // Whoever answers: a device that was taken out says so and sends nothing more.
  if (!authors.has(store.vault.deviceId)) return refusal('UNKNOWN_DEVICE', 403);
  let changed = false;
  let unreadable = 0;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const session = { store, transport, scope, account, rings, ever, clock };
    const pulled = await pull(session);
    if (!pulled.ok) return pulled;
    changed ||= pulled.value.changed;
    unreadable = pulled.value.unreadable;
    const stuck = new Set<Day>();
    let pushed: Result<Pushed, TransportFailure>;
    let more: boolean;
    for (let chunk = 1; ; chunk++) {
      const waited = await fetchWaiting(session, stuck);
      if (!waited.ok) return waited;
      unreadable += waited.value.missing;
      more = waited.value.more;
      pushed = await push({ store, transport, scope, account, authors });
      while (pushed.ok && pushed.value === 'more')
        pushed = await push({ store, transport, scope, account, authors });
      if (!more || chunk === CHUNKS || !pushed.ok || pushed.value !== 'done') break;
    }
    if (!pushed.ok) return pushed;
    if (pushed.value === 'done') return ok({ changed, unreadable, devices: list.devices, more });
  }
  return {
    ok: false,
    error: {
      code: 'busy',
      status: 200,
      message: 'Other devices change the same settings all the time. It will be tried again.',
    },
  };
}
