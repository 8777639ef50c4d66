/**
 * Deletes what is past the time that the person set, at the start, after a change and once a day. It looks at days that came to
 * a limit since the last time only, unless something else changed. Never while the clock is in doubt (model/clock-trust.ts), nor
 * while a deletion can be undone.
 */
import * as v from 'valibot';
import { type Day, dayStartMs } from '../../base/clock.ts';
import { Mutex } from '../../base/mutex.ts';
import { type ClockTrust, lookAtClock, parseClockTrust } from '../../model/clock-trust.ts';
import {
  type Expiry,
  expiryOf,
  isExpired,
  lastCutoff,
  type Retention as Policy,
  passedCutoff,
  type RetentionForecast,
  type RetentionReport,
  wholeCutoff,
} from '../../model/retention.ts';
import type { EraseTarget } from '../../model/selector.ts';
import { localArea, sessionArea } from '../../platform/areas.ts';
import { daysOfRows, queueDay } from '../../sync/outbox.ts';
import type { Erasures } from './erasures.ts';
import type { Profile } from './profile.ts';
import { unlessDamaged } from './unless-damaged.ts';

const CLOCK = 'clock-trust';
/** The file is written that often at most, unless trust changed; in between the browser's memory has it. */
const NOTE_MS = 10 * 60_000;
/** What was looked at last: sealed, because the names of sites are in it. */
const DONE = 'retention-done';
const doneSchema = v.object({
  policy: v.string(),
  today: v.string(),
  cutoff: v.string(),
  fingerprint: v.string(),
});

/** Days that are away and were fetched to be looked at, with the day on which that was; sealed like the other. */
const FETCHED = 'retention-fetched';
const fetchedSchema = v.object({ policy: v.string(), days: v.record(v.string(), v.string()) });
const FETCHED_AT_ONCE = 7;

/** What decides, but for the day. */
const policyText = ({ today: _today, ...expiry }: Expiry): string => JSON.stringify(expiry);

const recordsOf = (days: readonly [Day, number][]): number =>
  days.reduce((sum, [, records]) => sum + records, 0);

export class Retention {
  readonly #turns = new Mutex();
  #trust: ClockTrust | undefined;
  #closed = false;

  constructor(
    private readonly profile: Profile,
    private readonly erasures: Erasures,
  ) {}

  /** Each minute, and at the start. Costs next to nothing while nothing is due. */
  tick(): Promise<void> {
    return this.#turns.run(async () => {
      const expiry = this.#expiry();
      if (this.#closed || lastCutoff(expiry) === null) return;
      if ((await this.#look()).doubt || this.erasures.state()) return;
      await this.#run(expiry);
    });
  }

  close(): void {
    this.#closed = true;
  }

  #expiry(policy: Policy = this.profile.settings.retention): Expiry {
    return expiryOf(policy, this.profile.settings.pinned, this.profile.clock.nowMs());
  }

  async #run(expiry: Expiry): Promise<void> {
    const { store } = this.profile;
    const cutoff = lastCutoff(expiry);
    if (cutoff === null) return;
    const policy = policyText(expiry);
    await this.#fetchAway(expiry, cutoff);
    const done = v.safeParse(doneSchema, await store.readNote(DONE));
    const known = done.success && done.output.policy === policy ? done.output : undefined;
    const isSame =
      known !== undefined && known.fingerprint === (await store.fingerprint('0000-01-01', known.cutoff));
    if (isSame && known.today === expiry.today) return;
    const days = (await store.days()).filter(
      (day) => day < cutoff && (!isSame || passedCutoff(day, known.today, expiry)),
    );
    const found = days.length === 0 ? 0 : (await this.#found(expiry, days)).stored;
    const whole = wholeCutoff(expiry);
    const targets: EraseTarget[] =
      whole === null || !(await this.#isElsewhere(whole))
        ? []
        : [{ what: 'range', fromMs: 0, toMs: dayStartMs(whole) }];
    if (found > 0 || targets.length > 0)
      await this.erasures.flag({ kind: 'retention', reason: 'retention', targets, expiry, days, now: true });
    // Something was asked for meanwhile, which goes first.
    if (this.erasures.state()) return;
    const fingerprint = await store.fingerprint('0000-01-01', cutoff);
    await store.writeNote(DONE, { policy, today: expiry.today, cutoff, fingerprint });
  }

  /**
   * Days at the sync service only that came to a limit: they are fetched with the next rounds of sync, looked at like any that is here,
   * and sent again. A few at a time, because they take room until they leave again.
   */
  async #fetchAway(expiry: Expiry, cutoff: Day): Promise<void> {
    const { store } = this.profile;
    if (!store.syncing) return;
    const away = new Set(Object.keys(await store.awayDays()).filter((day) => day < cutoff));
    if (away.size === 0) return;
    const waiting = daysOfRows(await store.db.getAll('outbox'));
    if ([...away].some((day) => waiting.has(day))) return;
    const policy = policyText(expiry);
    const noted = v.safeParse(fetchedSchema, await store.readNote(FETCHED));
    const fetched = new Map(
      noted.success && noted.output.policy === policy ? Object.entries(noted.output.days) : [],
    );
    const isDue = (day: Day) => {
      const before = fetched.get(day);
      return before === undefined || passedCutoff(day, before, expiry);
    };
    const due = [...away].filter(isDue).sort().slice(0, FETCHED_AT_ONCE);
    if (due.length === 0) return;
    // First: a worker that is stopped in between fetches a day once more.
    for (const day of due) await queueDay(store, day);
    for (const day of due) fetched.set(day, expiry.today);
    const days = Object.fromEntries([...fetched].filter(([day]) => away.has(day)));
    await store.writeNote(FETCHED, { policy, days });
  }

  /** Whether days before this one are in files, or at the sync service only. */
  async #isElsewhere(before: Day): Promise<boolean> {
    const { filed, away } = await this.#elsewhere(before);
    return filed.length + away.length > 0;
  }

  /**
   * Days before this one that are not here, with how many records each has. While the list of files is damaged nothing elsewhere can be
   * deleted: none is told, and what is here goes all the same.
   */
  async #elsewhere(before: Day | null) {
    const { store } = this.profile;
    const files = before === null ? undefined : await unlessDamaged(store.archivedDays());
    if (before === null || !files) return { filed: [], away: [] };
    const old = (days: Readonly<Record<Day, number>>) => Object.entries(days).filter(([day]) => day < before);
    return { filed: old(files), away: old(await store.awayDays()) };
  }

  #found(expiry: Expiry, days: readonly Day[]) {
    return this.profile.store.meant((record) => isExpired(record, expiry), days);
  }

  /** What a policy would delete now. */
  async forecast(policy: Policy): Promise<RetentionForecast> {
    const expiry = this.#expiry(policy);
    const cutoff = lastCutoff(expiry);
    const none = { records: 0, days: 0, today: expiry.today };
    if (cutoff === null) return none;
    const days = (await this.profile.store.days()).filter((day) => day < cutoff);
    const found = await this.#found(expiry, days);
    const { filed, away } = await this.#elsewhere(wholeCutoff(expiry));
    const all = new Set([...found.days, ...[...filed, ...away].map(([day]) => day)]);
    const oldest = [...all].sort()[0];
    const [inFiles, atService] = [recordsOf(filed), recordsOf(away)];
    return {
      ...none,
      records: found.stored + inFiles + atService,
      days: all.size,
      ...(oldest === undefined ? {} : { oldest }),
      ...(inFiles === 0 ? {} : { inFiles }),
      ...(atService === 0 ? {} : { atService }),
    };
  }

  /** The person saw what it deletes, and what day this is. */
  async set(policy: Policy): Promise<void> {
    await this.profile.change({ retention: policy });
    await this.clockIsRight();
  }

  /** The person says that the clock is right. */
  async clockIsRight(): Promise<void> {
    await this.#turns.run(() => this.#note({ credibleMs: this.profile.clock.nowMs() }));
    await this.tick();
    this.profile.changed();
  }

  async #look(): Promise<ClockTrust> {
    this.#trust ??= parseClockTrust((await sessionArea.get(CLOCK)) ?? (await localArea.get(CLOCK)));
    const before = this.#trust;
    const now = lookAtClock(before, this.profile.clock.nowMs());
    if (!before || (before.doubt === undefined) !== (now.doubt === undefined)) {
      await this.#note(now);
      this.profile.changed();
    } else {
      this.#trust = now;
      await sessionArea.set(CLOCK, now);
      const noted = parseClockTrust(await localArea.get(CLOCK));
      const lastMs = noted?.doubt?.atMs ?? noted?.credibleMs ?? 0;
      if (Math.abs(this.profile.clock.nowMs() - lastMs) >= NOTE_MS) await this.#note(now);
    }
    return now;
  }

  async #note(trust: ClockTrust): Promise<void> {
    this.#trust = trust;
    await sessionArea.set(CLOCK, trust);
    await localArea.set(CLOCK, trust);
  }

  /** Since when nothing is deleted because of the clock, in ms; `undefined` while it is believed or nothing ends. */
  waitsSinceMs(): number | undefined {
    if (lastCutoff(this.#expiry()) === null) return undefined;
    return this.#trust?.doubt ? this.#trust.credibleMs : undefined;
  }

  report(): RetentionReport {
    const waitsSinceMs = this.waitsSinceMs();
    return {
      retention: this.profile.settings.retention,
      pinned: this.profile.settings.pinned,
      nowMs: this.profile.clock.nowMs(),
      ...(waitsSinceMs === undefined ? {} : { waitsSinceMs }),
    };
  }
}
