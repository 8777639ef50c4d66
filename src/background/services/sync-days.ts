/** Days that lie at the sync service only: which leave this device, which come back, and what a deletion means of them. */
import { type Day, HOUR_MS } from '../../base/clock.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { EraseTarget } from '../../model/selector.ts';
import { coversDay } from '../../storage/archive-list.ts';
import { scopeOf } from '../../sync/account-state.ts';
import { daysMeant, dropSent, fetchBack, sendWhole } from '../../sync/away.ts';
import { commandOf } from '../../sync/erasures.ts';
import type { PullSession } from '../../sync/parts.ts';
import type { TransportFailure } from '../../sync/transport.ts';
import type { AtService } from './at-service.ts';
import type { InAccount } from './sync-account.ts';

/** So long nothing more is sent for others where the account had no room for it. */
const NO_ROOM_MS = HOUR_MS;

/** Days that are fetched back before a round may run again. */
const FETCH_DAYS = 16;

export interface AtSyncService extends InAccount {
  /** What works on parts that lie at the service; one thing at a time. `null` while sync is off. */
  atService<T>(
    task: (session: PullSession) => Promise<Result<T, TransportFailure>>,
  ): Promise<Result<T, TransportFailure> | null>;
  /** Whether something may go to the service only: not while the account is being left, or the service cannot be asked. */
  mayDrop(): boolean;
  /** The same while it is asked. */
  isEnding(): boolean;
  failed(error: TransportFailure): Promise<void>;
  /** Devices of the account, as the last round knew them; nobody before it. */
  authors(): ReadonlySet<string>;
  /** For objects that cannot be opened. */
  unreadable(count: number): string;
}

export class SyncDays implements AtService {
  #noRoomUntilMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly sync: AtSyncService) {}

  /**
   * Drops days that the service has completely, after it was asked for them; records of the sites in `keep` stay. `null`: it
   * cannot be asked now.
   */
  async dropSent(days: readonly Day[], keep: readonly string[]): Promise<readonly Day[] | null> {
    const { sync } = this;
    const authors = sync.authors();
    // Before the first round nobody knows who sends their records themselves.
    if (!sync.mayDrop() || authors.size === 0) return null;
    const dropped = await sync.atService(async (session): Promise<Result<Day[], TransportFailure>> => {
      const isWanted = () => !sync.isEnding();
      const first = await dropSent(session, days, keep, isWanted);
      if (!first.ok) return first;
      const nowMs = sync.profile.clock.nowMs();
      if (first.value.borrowed.length === 0 || nowMs < this.#noRoomUntilMs)
        return ok([...first.value.dropped]);
      const sent = await sendWhole({ ...session, authors, clock: sync.profile.clock }, first.value.borrowed);
      if (!sent.ok && sent.error.code === 'QUOTA') {
        this.#noRoomUntilMs = nowMs + NO_ROOM_MS;
        return ok([...first.value.dropped]);
      }
      if (!sent.ok) return sent;
      const then = await dropSent(session, first.value.borrowed, keep, isWanted);
      return then.ok ? ok([...first.value.dropped, ...then.value.dropped]) : then;
    });
    if (dropped && !dropped.ok) await sync.failed(dropped.error);
    return dropped?.ok ? days.filter((day) => dropped.value.includes(day)) : null;
  }

  /** Brings back days that are at the service only. */
  async fetchBack(days: readonly Day[]): Promise<Result<null>> {
    let missing = 0;
    for (let i = 0; i < days.length; i += FETCH_DAYS) {
      const back = await this.sync.atService((session) => fetchBack(session, days.slice(i, i + FETCH_DAYS)));
      if (!back) return fail('sync-off', 'Sync is off, so nothing can be fetched back. Switch it on first.');
      if (!back.ok) return back;
      missing += back.value;
    }
    this.sync.changed();
    return missing > 0 ? fail('unreadable', this.sync.unreadable(missing)) : ok(null);
  }

  /**
   * What a deletion takes of days that are at the service only: records of days that go as wholes, and how many other days may
   * have some.
   */
  async meant(target: EraseTarget): Promise<{ readonly records: number; readonly days: number }> {
    const away = await this.sync.profile.store.awayDays();
    let [records, days] = [0, 0];
    for (const day of await this.of(target)) {
      if (coversDay(target, day)) records += away[day] ?? 0;
      else days += 1;
    }
    return { records, days };
  }

  /** Days that are at the service only and may have something of a target. */
  async of(target: EraseTarget): Promise<Day[]> {
    const account = this.sync.account();
    const { store, clock } = this.sync.profile;
    if (!account || Object.keys(await store.awayDays()).length === 0) return [];
    const { keys } = await scopeOf(store, account.account);
    return daysMeant(store, [await commandOf(target, keys.naming, clock.nowMs())]);
  }
}
