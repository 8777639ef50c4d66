/** The background's status as a signal. */
import { signal } from '@preact/signals';
import { watchStatus } from '../messaging/client.ts';
import type { Status } from '../model/recording.ts';
import { readCachedStatus } from '../platform/areas.ts';

export const status = signal<Status | undefined>(undefined);

/** Shows the last known state at once and the live one as soon as the background answers. */
export function followStatus(): void {
  let live = false;
  void readCachedStatus().then((cached) => {
    if (!live && cached) status.value = cached as Status;
  });
  watchStatus((now) => {
    live = true;
    status.value = now;
  }, new AbortController().signal);
}
