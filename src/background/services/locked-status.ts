/** The status while the profile is locked: it tells that it records, and nothing of what is there. */
import type { Health, Status } from '../../model/recording.ts';
import { isPaused } from '../../model/settings.ts';
import { hasHostAccess } from '../../platform/permissions.ts';
import { droppedMessages } from './drops.ts';
import type { Ephemeral } from './ephemeral.ts';
import { waysToUnlock } from './lock.ts';
import type { LockedProfile } from './locked-profile.ts';

async function healthOf({ settings, clock, trouble }: LockedProfile): Promise<Health> {
  if (trouble) return trouble as Health;
  if (settings.consent !== 'accepted')
    return { code: 'locked', message: 'Locked. Nothing is recorded: unlock to see why.' };
  if (!(await hasHostAccess()))
    return {
      code: 'no-host-access',
      message:
        'The browser does not let ARQ Context see web pages. Allow access to all sites in its settings.',
    };
  if (isPaused(settings.pause, clock.nowMs()))
    return { code: 'locked', message: 'Locked and paused: nothing is recorded.' };
  return {
    code: 'locked',
    message: 'Locked. What you visit is still recorded, sealed; nothing can be read until you unlock.',
  };
}

export async function lockedStatus(profile: LockedProfile, ephemeral: Ephemeral): Promise<Status> {
  const { settings, clock, store } = profile;
  const [health, { events }, memory] = await Promise.all([
    healthOf(profile),
    store.count(),
    ephemeral.records(),
  ]);
  return {
    lock: { state: 'locked', ...waysToUnlock(store.vault.lock), sealed: events },
    consent: settings.consent,
    level: settings.level,
    pause: isPaused(settings.pause, clock.nowMs()) ? settings.pause : { kind: 'none' },
    health,
    sync: { phase: 'off' },
    recordCount: 0,
    ephemeralCount: memory.length,
    droppedMessages: await droppedMessages(),
  };
}
