/**
 * Joins the services. Made when the first event needs the store, and again after the browser closed it.
 *
 * Over 300 lines, because which service knows which others is read in one place.
 */

import type { Clock } from '../base/clock.ts';
import type { InteractionRecord } from '../model/interaction.ts';
import type { Status } from '../model/recording.ts';
import type { EraseTarget } from '../model/selector.ts';
import { sessionArea } from '../platform/areas.ts';
import { RememberedArea } from '../platform/remembered-area.ts';
import { type DatabaseEvents, LockedError } from '../storage/database.ts';
import type { Targeted } from '../storage/erase.ts';
import { Budget } from './services/budget.ts';
import { Compaction } from './services/compaction.ts';
import { Consents } from './services/consents.ts';
import { ContextKeeper } from './services/context-keeper.ts';
import { endErasedCorrections } from './services/corrections-erased.ts';
import { Dwell } from './services/dwell.ts';
import { Ephemeral } from './services/ephemeral.ts';
import { Erasures } from './services/erasures.ts';
import { HistoryFollow } from './services/history-follow.ts';
import { HistoryImport } from './services/history-import.ts';
import { LockedProfile } from './services/locked-profile.ts';
import { lockedStatus } from './services/locked-status.ts';
import { Plugins } from './services/plugins.ts';
import { Profile } from './services/profile.ts';
import { QueryTotalsKeeper } from './services/query-totals.ts';
import { Recorder } from './services/recorder.ts';
import type { RecordingProfile } from './services/recording-profile.ts';
import { Requests } from './services/requests.ts';
import { Retention } from './services/retention.ts';
import { beginSession } from './services/session.ts';
import { currentStatus } from './services/status.ts';
import { StoredCount } from './services/stored-count.ts';
import { StoredRules } from './services/stored-rules.ts';
import { Sync } from './services/sync.ts';
import { TabStates } from './services/tab-state.ts';
import { Unsealing } from './services/unsealing.ts';

/** Changes are told so much later, many as one. */
const TELL_MS = 150;

/** What records: there whether the profile is open or locked. */
export interface Recording {
  readonly profile: Profile | LockedProfile;
  readonly ephemeral: Ephemeral;
  readonly recorder: Recorder;
  readonly dwell: Dwell;
  status(): Promise<Status>;
  /** Resolves when what was being stored is stored. */
  settled(): Promise<void>;
  close(): void;
}

export interface Services extends Recording {
  readonly profile: Profile;
  readonly unsealing: Unsealing;
  readonly sync: Sync;
  readonly history: HistoryImport;
  readonly contexts: ContextKeeper;
  readonly compaction: Compaction;
  readonly budget: Budget;
  readonly plugins: Plugins;
  readonly requests: Requests;
  readonly erasures: Erasures;
  readonly retention: Retention;
  readonly following: HistoryFollow;
  readonly consents: Consents;
  readonly storedRules: StoredRules;
  readonly storedCount: StoredCount;
}

export const isOpen = (services: Recording): services is Services => services.profile instanceof Profile;

export interface ServiceEvents extends DatabaseEvents {
  /** After every change; many in a row are told as one. */
  onStatus(status: Status): void;
}

/** @throws LockedError when the profile has a passphrase and is not unlocked. */
export async function openServices(events: ServiceEvents, clock?: Clock): Promise<Services> {
  const services = await openRecording(events, clock);
  if (isOpen(services)) return services;
  services.close();
  throw new LockedError();
}

/** Everything, or of a locked profile what records. */
export async function openRecording(events: ServiceEvents, clock?: Clock): Promise<Services | Recording> {
  const profile = await Profile.openOrLocked(events, clock);
  await beginSession(profile);
  try {
    return await (profile instanceof LockedProfile
      ? openLocked(profile, events)
      : openUnlocked(profile, events));
  } catch (error) {
    // An open connection would keep keys from being destroyed by who opens it next.
    profile.store.close();
    throw error;
  }
}

function inMemory(profile: RecordingProfile, spent: (tabId: number, ms: number) => Promise<void>) {
  const session = new RememberedArea(sessionArea);
  const nowMs = () => profile.clock.nowMs();
  const ephemeral = new Ephemeral(nowMs, session, () => profile.store.deletedUntilMs());
  const dwell = new Dwell(nowMs, session, spent, () => {
    const { pause } = profile.settings;
    return pause.kind === 'until' ? pause.untilMs : 0;
  });
  return { session, ephemeral, dwell };
}

function openLocked(profile: LockedProfile, events: ServiceEvents): Recording {
  const { session, ephemeral, dwell } = inMemory(profile, (tabId, ms) => recorder.spent(tabId, ms));
  const recorder: Recorder = new Recorder(
    profile,
    ephemeral,
    new TabStates(session),
    () => profile.changed(),
    (tabId) => dwell.take(tabId),
    // Its own limit is that of the sealed store.
    { isFull: () => false, refused() {} },
  );
  const status = () => lockedStatus(profile, ephemeral);
  const telling = tellStatus(status, events.onStatus);
  profile.onChange(telling.soon);
  return {
    profile,
    ephemeral,
    recorder,
    dwell,
    status,
    settled: () => recorder.settled(),
    close() {
      telling.stop();
      profile.store.close();
    },
  };
}

async function openUnlocked(profile: Profile, events: ServiceEvents): Promise<Services> {
  const { session, ephemeral, dwell } = inMemory(profile, (tabId, ms) => recorder.spent(tabId, ms));
  const unsealing = new Unsealing(profile);
  // What others deleted has to meet what is still sealed.
  const sync = new Sync(profile, () => unsealing.isDone);
  const compaction = new Compaction(profile);
  const budget = new Budget(profile, {
    compaction,
    service: sync.days,
    erased: () => sync.deleting.erased(),
    onAdded: () => sync.changed(),
  });
  sync.relieve = async () => {
    await budget.check();
    await budget.settled();
  };
  const history = new HistoryImport(profile, {
    erased: () => sync.deleting.erased(),
    onAdded() {
      sync.changed();
      return budget.check();
    },
  });
  const recorder: Recorder = new Recorder(
    profile,
    ephemeral,
    new TabStates(session),
    () => {
      profile.changed();
      sync.changed();
    },
    (tabId) => dwell.take(tabId),
    budget,
  );
  const contexts = new ContextKeeper(profile);
  const plugins = new Plugins(profile);
  const requests = new Requests(profile);
  const onErased = (means: Targeted, targets: readonly EraseTarget[] = []) =>
    endErasedCorrections({ profile, requests, sync }, means, targets);
  const erasures = new Erasures(profile, {
    ephemeral,
    recorder,
    sync,
    history,
    contexts,
    budget,
    unsealing,
    onErased,
    onAllErased: (isGone) => storedRules.forget(isGone),
  });
  sync.whenSettled = (task) => erasures.whenSettled(task);
  sync.inMemory = () => ephemeral.records();
  sync.eraseHere = async ({ means, everything }, erase) => {
    const inMemory = await ephemeral.erase(means);
    try {
      return inMemory + (await erase());
    } finally {
      // Also when not all of it could be erased.
      await recorder.erased();
      await contexts.erased();
      if (everything) {
        await profile.sensitive.forget();
        await storedRules.forget(async (atMs) => means(countAt(atMs)));
      }
      await onErased(means);
      profile.changed();
    }
  };
  const retention = new Retention(profile, erasures);
  const following = new HistoryFollow(profile, ephemeral, erasures, sync);
  const storedRules: StoredRules = new StoredRules(profile, {
    others: sync.deleting.rules,
    async settled() {
      await recorder.settled();
      // What waits sealed was recorded before, too.
      await unsealing.settle();
    },
    alone: (task) => erasures.alone(task),
    async onReduced() {
      await recorder.erased();
      await contexts.erased();
      await onErased(() => false);
      sync.changed();
      await budget.check();
    },
  });
  sync.onJoined = () => storedRules.joined();
  sync.onChanged = () => storedRules.look();
  erasures.onFree = () => storedRules.tick();
  const queryTotals = new QueryTotalsKeeper(profile.context);
  const status = async () =>
    currentStatus(profile, ephemeral, {
      sync: sync.state(),
      historyImport: history.state(),
      compaction: compaction.state(),
      budget: await budget.figures(),
      plugins: plugins.state(),
      erasing: erasures.state(),
      leftOver: await erasures.leftOver(),
      following: following.state(),
      retentionWaits: retention.waitsSinceMs() !== undefined,
      storedRules: storedRules.state(),
    });

  const telling = tellStatus(status, events.onStatus);
  profile.onChange(telling.soon);
  // Before anything else looks at the store, and before sync brings what others deleted.
  await unsealing.open();
  await erasures.open();
  // The first event waits for this. An import that goes on has to know whether sync is on, and whether there is room.
  const importing = sync
    .open()
    .then(() => storedRules.open())
    .then(() => budget.open())
    .then(() => history.open());
  await Promise.all([queryTotals.open(), compaction.open(), following.open(), importing]);
  void erasures
    .begin()
    .then(() => retention.tick())
    .catch((error: unknown) => console.error('retention waits until the next minute', error));
  void requests
    .open()
    .catch((error: unknown) => console.error('what a correction said goes with the next request', error));

  return {
    profile,
    ephemeral,
    recorder,
    dwell,
    unsealing,
    sync,
    history,
    contexts,
    compaction,
    budget,
    plugins,
    requests,
    erasures,
    retention,
    following,
    consents: new Consents(profile, plugins, sync),
    storedRules,
    storedCount: new StoredCount(profile, ephemeral),
    status,
    async settled() {
      await recorder.settled();
      await profile.store.exclusive(async () => {});
    },
    close() {
      erasures.close();
      retention.close();
      sync.close();
      history.close();
      compaction.close();
      budget.close();
      storedRules.close();
      telling.stop();
      queryTotals.close();
      profile.store.close();
    },
  };
}

/** A record that is named by its time alone. */
const countAt = (atMs: number): InteractionRecord => ({
  kind: 'reduced',
  id: '',
  level: 'anonymous',
  atMs,
  of: 'visit',
  category: 'other',
});

/** Tells the status when something changed: later, and not again while it is being made. */
function tellStatus(status: () => Promise<Status>, onStatus: (status: Status) => void) {
  let telling = false;
  let again = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  async function tell(): Promise<void> {
    again = true;
    if (telling) return;
    telling = true;
    try {
      while (again) {
        again = false;
        onStatus(await status());
      }
    } catch (error) {
      console.error('status could not be made', error);
    } finally {
      telling = false;
    }
  }
  return {
    // Later: an event that is being stored does not wait for the browser to be told of the one before.
    soon() {
      timer ??= setTimeout(() => {
        timer = undefined;
        void tell();
      }, TELL_MS);
    },
    stop: () => clearTimeout(timer),
  };
}
