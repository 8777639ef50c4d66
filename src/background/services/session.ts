/**
 * Notices that the browser was started anew. `runtime.onStartup` alone does not tell: Chromium does not fire it for an
 * extension that the command line brings. `storage.session` ends with the browser, so its mark is gone then.
 */
import { localArea, sessionArea } from '../../platform/areas.ts';
import { extensionVersion } from '../../platform/runtime.ts';
import type { LockedProfile } from './locked-profile.ts';
import type { Profile } from './profile.ts';

const MARK = 'session';
const VERSION = 'version';

/** Before any event is handled: tab ids are new, and "until restart" is over. */
export async function beginSession(profile: Profile | LockedProfile): Promise<void> {
  if ((await sessionArea.get(MARK)) !== undefined) return;
  await profile.store.forgetTabs();
  // An update empties the session's memory as well. Whether the browser stood still meanwhile is not known then; a pause
  // that goes on too long is the smaller harm, and `onStartup` ends it where it was a start.
  const updated = ![undefined, extensionVersion()].includes(
    (await localArea.get(VERSION)) as string | undefined,
  );
  if (!updated) await endPauseUntilRestart(profile);
  await localArea.set(VERSION, extensionVersion());
  await sessionArea.set(MARK, true);
}

export async function endPauseUntilRestart(profile: Profile | LockedProfile): Promise<void> {
  if (profile.settings.pause.kind === 'restart') await profile.change({ pause: { kind: 'none' } });
}
