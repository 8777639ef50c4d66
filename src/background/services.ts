/** Joins the services. Made when the first event needs the store, and again after the browser closed it. */
import type { Status } from '../model/recording.ts';
import { sessionArea } from '../platform/areas.ts';
import { RememberedArea } from '../platform/remembered-area.ts';
import type { DatabaseEvents } from '../storage/database.ts';
import { Budget } from './services/budget.ts';
import { Compaction } from './services/compaction.ts';
import { ContextKeeper } from './services/context-keeper.ts';
import { Dwell } from './services/dwell.ts';
import { Ephemeral } from './services/ephemeral.ts';
import { HistoryImport } from './services/history-import.ts';
import { Profile } from './services/profile.ts';
import { QueryTotalsKeeper } from './services/query-totals.ts';
import { Recorder } from './services/recorder.ts';
import { beginSession } from './services/session.ts';
import { currentStatus } from './services/status.ts';
import { Sync } from './services/sync.ts';
import { TabStates } from './services/tab-state.ts';

/** Changes are told so much later, many as one. */
const TELL_MS = 150;

export interface Services {
  readonly profile: Profile;
  readonly ephemeral: Ephemeral;
  readonly recorder: Recorder;
  readonly dwell: Dwell;
  readonly sync: Sync;
  readonly history: HistoryImport;
  readonly contexts: ContextKeeper;
  readonly compaction: Compaction;
  readonly budget: Budget;
  status(): Promise<Status>;
  close(): void;
}

export interface ServiceEvents extends DatabaseEvents {
  /** After every change; many in a row are told as one. */
  onStatus(status: Status): void;
}

export async function openServices(events: ServiceEvents): Promise<Services> {
  const profile = await Profile.open(events);
  await beginSession(profile);
  const session = new RememberedArea(sessionArea);
  const ephemeral = new Ephemeral(() => profile.clock.nowMs(), session);
  const dwell: Dwell = new Dwell(
    () => profile.clock.nowMs(),
    session,
    (tabId, ms) => recorder.spent(tabId, ms),
    () => {
      const { pause } = profile.settings;
      return pause.kind === 'until' ? pause.untilMs : 0;
    },
  );
  const sync = new Sync(profile);
  const compaction = new Compaction(profile);
  const budget = new Budget(profile, {
    compaction,
    service: sync,
    erased: () => sync.erased(),
    onAdded: () => sync.changed(),
  });
  sync.relieve = async () => {
    await budget.check();
    await budget.settled();
  };
  const history = new HistoryImport(profile, {
    erased: () => sync.erased(),
    onAdded() {
      sync.changed();
      return budget.check();
    },
  });
  const recorder = new Recorder(
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
  const queryTotals = new QueryTotalsKeeper(profile.context);
  const status = async () =>
    currentStatus(profile, ephemeral, {
      sync: sync.state(),
      historyImport: history.state(),
      compaction: compaction.state(),
      budget: await budget.figures(),
    });

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
        events.onStatus(await status());
      }
    } catch (error) {
      console.error('status could not be made', error);
    } finally {
      telling = false;
    }
  }
  // Later: an event that is being stored does not wait for the browser to be told of the one before.
  profile.onChange(() => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void tell();
    }, TELL_MS);
  });
  // The first event waits for this. An import that goes on has to know whether sync is on, and whether there is room.
  const importing = sync
    .open()
    .then(() => budget.open())
    .then(() => history.open());
  await Promise.all([queryTotals.open(), compaction.open(), importing]);

  return {
    profile,
    ephemeral,
    recorder,
    dwell,
    sync,
    history,
    contexts,
    compaction,
    budget,
    status,
    close() {
      sync.close();
      history.close();
      compaction.close();
      budget.close();
      clearTimeout(timer);
      queryTotals.close();
      profile.store.close();
    },
  };
}
