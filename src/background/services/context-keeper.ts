/**
 * Saves the context of this moment while the person browses, so that the latest one is true to five minutes: one for each
 * session, replaced while it lasts. Nothing is saved while nothing is recorded; what is only in memory is never in it.
 */

import { dayOf } from '../../base/clock.ts';
import { Mutex } from '../../base/mutex.ts';
import { randomUuid } from '../../base/random.ts';
import { ErasedMeanwhile } from '../../context/context-storage.ts';
import type { ScreenSize } from '../../context/device-info.ts';
import { type ARQContext, saySame } from '../../model/context.ts';
import type { PreferencesObject } from '../../model/profile.ts';
import { daysOfPeriod } from '../../model/stats.ts';
import { SESSION_GAP_MS } from '../../model/summary.ts';
import type { Theme } from '../../model/theme.ts';
import { sessionArea } from '../../platform/areas.ts';
import type { Profile } from './profile.ts';
import { unlessDamaged } from './unless-damaged.ts';

const KEY = 'context';
/** Not more often than this. */
const EVERY_MS = 5 * 60_000;
/** Contexts of the last sessions that are kept. */
export const KEPT_CONTEXTS = 30;

/** In the browser's memory: what the worker knew when it was stopped. */
interface Seen {
  /** Of everything in the store. */
  readonly fingerprint: string;
  /** Since when the store is like that, in ms. */
  readonly sinceMs: number;
  /** The store that the saved context was made from, and when. */
  readonly saved?: { readonly fingerprint: string; readonly atMs: number };
  /** The session's context, and until when there was activity in it, in ms. */
  readonly session?: { readonly id: string; readonly activeMs: number };
  /** When the totals of the stored profile were last made true. */
  readonly profiled?: string;
}

export class ContextKeeper {
  readonly #mutex = new Mutex();

  constructor(private readonly profile: Profile) {}

  /** Each minute. Resolves with how long the store has been as it is, in ms. Costs next to nothing while it stays so. */
  tick(): Promise<number> {
    return this.#mutex.run(async () => {
      const { clock, store, context } = this.profile;
      const nowMs = clock.nowMs();
      await unlessDamaged(this.retentionSet());
      // What is hidden may be shown again: nothing is made of the store as it looks meanwhile.
      if (store.isHiding()) return 0;
      const before = (await sessionArea.get(KEY)) as Seen | undefined;
      const { firstDay, lastDay } = daysOfPeriod('all', nowMs);
      const fingerprint = await store.fingerprint(firstDay, lastDay);
      const isSame = before?.fingerprint === fingerprint && before.sinceMs <= nowMs;
      let seen: Seen = isSame ? before : { ...before, fingerprint, sinceMs: nowMs };
      if (this.profile.recording() && isDue(seen, nowMs)) seen = await this.#save(seen, nowMs);
      if (seen.profiled !== dayOf(nowMs) && this.profile.settings.consent === 'accepted') {
        await unlessDamaged(context.profile());
        seen = { ...seen, profiled: dayOf(nowMs) };
      }
      if (seen !== before) await sessionArea.set(KEY, seen);
      return nowMs - seen.sinceMs;
    });
  }

  async #save(seen: Seen, nowMs: number): Promise<Seen> {
    const { context, store } = this.profile;
    if ((await store.recordCount()) === 0) return seen;
    const asOf = await store.erasure();
    const made = await context.currentContext();
    const activeMs = (await context.getContextStats('month')).lastActive?.getTime() ?? 0;
    const { session } = seen;
    const goesOn = session !== undefined && activeMs - session.activeMs <= SESSION_GAP_MS;
    const id = goesOn ? session.id : randomUuid();
    const latest = await unlessDamaged<ARQContext | null>(context.latestContext());
    if (!latest || !saySame(latest, made)) {
      const options = { keep: KEPT_CONTEXTS, asOf };
      try {
        await this.profile.storing(() => context.saveContext({ ...made, id }, options));
      } catch (error) {
        // What was erased meanwhile may be in it: the next minute makes another.
        if (error instanceof ErasedMeanwhile) return seen;
        throw error;
      }
    }
    const saved = { fingerprint: seen.fingerprint, atMs: nowMs };
    return { ...seen, saved, session: { id, activeMs } };
  }

  /** Something was erased: what was made from it is made anew in the next minute. */
  erased(): Promise<void> {
    return this.#mutex.run(async () => {
      const before = (await sessionArea.get(KEY)) as Seen | undefined;
      if (!before) return;
      const { saved: _saved, profiled: _profiled, ...seen } = before;
      await sessionArea.set(KEY, seen);
    });
  }

  /** How long records are kept is a setting: the preferences say what it is for the level of now. */
  async retentionSet(): Promise<void> {
    const { context, settings } = this.profile;
    const { level, retention, consent } = settings;
    if (consent !== 'accepted') return;
    const dataRetentionDays = level === 'ephemeral' ? 'forever' : (retention.levels[level] ?? 'forever');
    // Each minute nothing is asked for that this worker has said already.
    if (this.#retentionSaid === dataRetentionDays) return;
    if ((await context.preferences()).dataRetentionDays !== dataRetentionDays)
      await context.changePreferences({ dataRetentionDays });
    this.#retentionSaid = dataRetentionDays;
  }
  #retentionSaid: PreferencesObject['dataRetentionDays'] | undefined;

  /** What a page of ours says of the device. Before consent nothing of it is kept. */
  async deviceSeen(size: ScreenSize, theme: Theme): Promise<void> {
    const { context, settings } = this.profile;
    if (settings.consent !== 'accepted') return;
    await context.screenSeen(size);
    const chosen = await context.preferences();
    // Language and time zone are the browser's: nobody chooses them here.
    const { language, timezone } = context.defaultPreferences();
    const now: Partial<PreferencesObject> = { theme, language, timezone };
    if (Object.entries(now).some(([name, value]) => chosen[name as keyof PreferencesObject] !== value))
      await context.changePreferences(now);
  }
}

/** A clock that was set back does not make it wait. */
function isDue({ fingerprint, saved }: Seen, nowMs: number): boolean {
  if (saved === undefined) return true;
  const agoMs = nowMs - saved.atMs;
  return saved.fingerprint !== fingerprint && (agoMs < 0 || agoMs >= EVERY_MS);
}
