/** The state of the whole in one object, for the popup and the options page. */
import type { Health, Status, SyncState } from '../../model/recording.ts';
import { isPaused } from '../../model/settings.ts';
import { hasHostAccess } from '../../platform/permissions.ts';
import type { Ephemeral } from './ephemeral.ts';
import type { Profile } from './profile.ts';

async function healthOf(profile: Profile): Promise<Health> {
  const { settings, clock, trouble } = profile;
  if (trouble) return trouble as Health;
  if (settings.consent !== 'accepted')
    return { code: 'no-consent', message: 'Nothing is recorded until you agree.' };
  if (!(await hasHostAccess())) {
    return {
      code: 'no-host-access',
      message:
        'The browser does not let ARQ Context see web pages. Allow access to all sites in its settings.',
    };
  }
  if (isPaused(settings.pause, clock.nowMs()))
    return { code: 'paused', message: 'Paused: nothing is recorded.' };
  return { code: 'ok', message: 'Recording.' };
}

export async function currentStatus(
  profile: Profile,
  ephemeral: Ephemeral,
  sync: SyncState,
): Promise<Status> {
  const { settings, clock } = profile;
  const [health, recordCount, memory] = await Promise.all([
    healthOf(profile),
    profile.store.recordCount(),
    ephemeral.records(),
  ]);
  return {
    consent: settings.consent,
    level: settings.level,
    pause: isPaused(settings.pause, clock.nowMs()) ? settings.pause : { kind: 'none' },
    health,
    sync,
    recordCount,
    ephemeralCount: memory.length,
    ...(settings.persisted === undefined ? {} : { persisted: settings.persisted }),
  };
}
