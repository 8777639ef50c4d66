/** Registers every listener while the worker starts, then waits. All work is in the services. */

import { PORTS } from '../messaging/messages.ts';
import { listen, senderClass } from '../messaging/router.ts';
import { ensureAlarm, onAlarm } from '../platform/alarms.ts';
import { closeAreasToContentScripts } from '../platform/areas.ts';
import { onPermissionsChanged } from '../platform/permissions.ts';
import {
  extensionId,
  extensionRoot,
  onConnect,
  onInstalled,
  onStartup,
  pageUrl,
} from '../platform/runtime.ts';
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
import { Opening } from './opening.ts';
import { countDropped } from './services/drops.ts';
import { serveExport } from './services/export.ts';
import { endPauseUntilRestart } from './services/session.ts';
import { SYNC_ALARM } from './services/sync.ts';

const ONBOARDING = 'src/onboarding/index.html';
const MINUTE = 'minute';

const opening = new Opening();
const ready = () => opening.ready();

listen(
  createHandlers(ready, () => opening.status()),
  () => void countDropped().then(() => opening.changed()),
  storageFailure,
);

onConnect((port) => {
  const from = port.sender && senderClass(port.sender, extensionId(), extensionRoot());
  if (from !== 'page') return port.disconnect();
  if (port.name === PORTS.export) serveExport(port, async () => (await ready()).profile);
  else if (port.name === PORTS.live) {
    port.onDisconnect(opening.watch((status) => port.post(status)));
  } else port.disconnect();
});

onNavigation(async (fact) => (await ready()).recorder.navigated(fact));
onTitle(async (tab) => (await ready()).recorder.titled(tab));
onTabCreated(async (tab) => (await ready()).recorder.tabCreated(tab));
onTabRemoved(async (tabId) => (await ready()).recorder.tabGone(tabId));
onFocus(async (tabId) => (await ready()).dwell.inFront(tabId));
onPresence(async (present) => {
  const { dwell } = await ready();
  await dwell.inFront(present ? (await currentWebTab())?.id : undefined);
});
onPermissionsChanged(() => void ready().then(({ profile }) => profile.changed()));

onAlarm(async (name) => {
  const { profile, dwell, ephemeral, sync } = await ready();
  if (name === SYNC_ALARM) await sync.wake();
  if (name !== MINUTE) return;
  await dwell.tick();
  await ephemeral.purge();
  await profile.storing(() => profile.store.pack());
  profile.changed();
  await sync.wake();
});

onInstalled((reason) => {
  // A temporary installation is "installed" at every start; who has decided is not asked again.
  if (reason === 'install') {
    void ready().then(async ({ profile }) => {
      if (profile.settings.consent === 'unasked') await openTab(pageUrl(ONBOARDING));
    });
  }
});

// For a start that also brought an update; every other one was noticed when the services opened.
onStartup(() => void ready().then(({ profile }) => endPauseUntilRestart(profile)));

void closeAreasToContentScripts();
void ensureAlarm(MINUTE, 1);
