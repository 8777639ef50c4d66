/** Registers every listener while the worker starts, then waits. All work is in the services. */

import { systemClock } from '../base/clock.ts';
import { listenExternal } from '../messaging/external.ts';
import { listen } from '../messaging/router.ts';
import { ensureAlarm, onAlarm } from '../platform/alarms.ts';
import { closeAreasToContentScripts } from '../platform/areas.ts';
import { onRemovedFromHistory } from '../platform/history.ts';
import { onPermissionsChanged } from '../platform/permissions.ts';
import { onConnect, onInstalled, onStartup, pageUrl } from '../platform/runtime.ts';
import {
  currentWebTab,
  onFocus,
  onNavigation,
  onPresence,
  onTabCreated,
  onTabRemoved,
  onTitle,
  openTab,
} from '../platform/tabs.ts';
import { storageFailure } from '../storage/database.ts';
import { createHandlers } from './handlers.ts';
import { everyMinute } from './minute.ts';
import { Opening } from './opening.ts';
import { servePort } from './ports.ts';
import { countDropped } from './services/drops.ts';
import { ERASE_ALARM } from './services/erasures.ts';
import { EventRate } from './services/event-rate.ts';
import { IMPORT_ALARM } from './services/history-import.ts';
import { isAwayFor, notePresence } from './services/presence.ts';
import { endPauseUntilRestart } from './services/session.ts';
import { SYNC_ALARM } from './services/sync.ts';
import { isOpen } from './services.ts';

const ONBOARDING = 'src/onboarding/index.html';
const MINUTE = 'minute';

/** Exported for the benchmark alone, which asks the real background. */
export const opening = new Opening();
const ready = () => opening.ready();
const recording = () => opening.recording();
/** With nothing that waits to be deleted. */
const settled = async () => {
  const services = await ready();
  await services.erasures.settle();
  return services;
};

/** Also asked while it is locked: that it was asked lately says that the computer did not sleep. */
async function lockIfAway(): Promise<void> {
  const services = await recording();
  const minutes = isOpen(services) ? services.profile.settings.autoLockMinutes : 0;
  if (await isAwayFor(minutes, systemClock.nowMs())) await opening.lock();
}

const rate = new EventRate(() => systemClock.nowMs());
const onDrop = () => void countDropped().then(() => opening.changed());

listen({
  handlers: createHandlers(opening),
  admit: (tabId) => rate.admit(tabId),
  onDrop,
  failure: storageFailure,
});
onConnect((port) =>
  servePort(port, {
    exporting: ready,
    importing: async () => {
      const { profile, sync, history, budget } = await settled();
      return {
        profile,
        erased: () => sync.deleting.erased(),
        erasures: () => history.erasures,
        onAdded() {
          sync.changed();
          return budget.check();
        },
      };
    },
    budget: async () => (await settled()).budget,
    watch: (watcher) => opening.watch(watcher),
    onDrop,
  }),
);
// Other extensions: nobody is answered but those that the person allowed (services/plugins.ts).
listenExternal({
  nowMs: () => systemClock.nowMs(),
  answer: async (id, message) => (await ready()).plugins.answer(id, message),
});

onNavigation(async (fact) => (await recording()).recorder.navigated(fact));
onTitle(async (tab) => (await recording()).recorder.titled(tab));
onTabCreated(async (tab) => (await recording()).recorder.tabCreated(tab));
onTabRemoved(async (tabId) => (await recording()).recorder.tabGone(tabId));
onFocus(async (tabId) => (await recording()).dwell.inFront(tabId));
onPresence(async (present, forMs) => {
  // A computer that wakes says first that the person is there.
  if (present) await lockIfAway();
  await notePresence(present, systemClock.nowMs() - forMs);
  const { dwell } = await recording();
  await dwell.inFront(present ? (await currentWebTab())?.id : undefined);
});
onRemovedFromHistory(
  (removed) =>
    void ready()
      .then(({ following }) => following.removed(removed))
      // A locked profile does not know what to delete; the page says so.
      .catch((error: unknown) => console.error('a deletion in the history was not followed', error)),
);
onPermissionsChanged(() => void recording().then(({ profile }) => profile.changed()));

onAlarm(async (name) => {
  const services = await recording();
  if (!isOpen(services)) {
    if (name !== MINUTE) return;
    await services.dwell.tick();
    await services.ephemeral.purge();
    await lockIfAway();
    return;
  }
  const { profile, sync, history, erasures } = services;
  if (name === ERASE_ALARM) await erasures.tick();
  if (name === IMPORT_ALARM) await history.wake();
  if (name === SYNC_ALARM) await sync.wake();
  if (name !== MINUTE) return;
  await everyMinute(services, async () => {
    await lockIfAway();
    return profile === (await recording()).profile;
  });
});

onInstalled((reason) => {
  // A temporary installation is "installed" at every start; who has decided is not asked again.
  if (reason === 'install') {
    void recording().then(async ({ profile }) => {
      if (profile.settings.consent === 'unasked') await openTab(pageUrl(ONBOARDING));
    });
  }
});

// For a start that also brought an update; every other one was noticed when the services opened.
onStartup(() => void recording().then(({ profile }) => endPauseUntilRestart(profile)));

void closeAreasToContentScripts();
void ensureAlarm(MINUTE, 1);
