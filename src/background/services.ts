/** Joins the services. Made once in the life of a worker, when the first event needs the store. */
import type { Status } from '../model/recording.ts';
import { writeCachedStatus } from '../platform/areas.ts';
import { showBadge } from '../platform/badge.ts';
import { Dwell } from './services/dwell.ts';
import { Ephemeral } from './services/ephemeral.ts';
import { Profile } from './services/profile.ts';
import { Recorder } from './services/recorder.ts';
import { currentStatus } from './services/status.ts';
import { Sync } from './services/sync.ts';

export interface Services {
  readonly profile: Profile;
  readonly ephemeral: Ephemeral;
  readonly recorder: Recorder;
  readonly dwell: Dwell;
  readonly sync: Sync;
  status(): Promise<Status>;
  /** Calls back after every change; returns how to stop that. */
  watch(listener: (status: Status) => void): () => void;
}

export async function openServices(): Promise<Services> {
  const profile = await Profile.open();
  const ephemeral = new Ephemeral(() => profile.clock.nowMs());
  const dwell: Dwell = new Dwell(
    () => profile.clock.nowMs(),
    (tabId, ms) => recorder.spent(tabId, ms),
  );
  const sync = new Sync(profile);
  const recorder = new Recorder(
    profile,
    ephemeral,
    () => {
      profile.changed();
      sync.changed();
    },
    (tabId) => dwell.take(tabId),
  );
  const watchers = new Set<(status: Status) => void>();
  const status = () => currentStatus(profile, ephemeral, sync.state());

  let publishing = false;
  let again = false;
  // Many changes in a row are told as one.
  async function publish(): Promise<void> {
    if (publishing) {
      again = true;
      return;
    }
    publishing = true;
    do {
      again = false;
      const now = await status();
      await writeCachedStatus(now);
      const troubled = !['ok', 'paused', 'no-consent'].includes(now.health.code);
      await showBadge(
        troubled ? '!' : now.health.code === 'paused' ? 'II' : '',
        `ARQ Context: ${now.health.message}`,
      );
      for (const watcher of watchers) watcher(now);
    } while (again);
    publishing = false;
  }
  profile.onChange(() => {
    publish().catch((error: unknown) => {
      publishing = false;
      console.error('status could not be told', error);
    });
  });
  await sync.open();
  profile.changed();

  return {
    profile,
    ephemeral,
    recorder,
    dwell,
    sync,
    status,
    watch(listener) {
      watchers.add(listener);
      status().then(listener, () => {});
      return () => watchers.delete(listener);
    },
  };
}
