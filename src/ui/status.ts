/** The background's status as a signal, and what goes wrong on the way. */
import { computed, effect, signal } from '@preact/signals';
import type { Result } from '../base/result.ts';
import type { AnswerOf } from '../messaging/answers.ts';
import { ask, NO_ANSWER, watchStatus } from '../messaging/client.ts';
import type { MessageBody, MessageType } from '../messaging/messages.ts';
import type { Health, Status } from '../model/recording.ts';
import { readCachedStatus } from '../platform/areas.ts';
import { readLastStatus, writeLastStatus } from './last-status.ts';
import { tellDeviceOnce } from './tell-device.ts';

export const status = signal<Status | undefined>(undefined);
const silent = signal(false);

/** What the health line shows: of the background, or that it is silent. `undefined` until either is known. */
export const health = computed<Health | undefined>(() =>
  silent.value ? { code: 'storage-error', message: NO_ANSWER.message } : status.value?.health,
);

/** Why the last command of this view failed, as a sentence; empty when it did not. */
export const problem = signal('');

/**
 * Shows the last known state at once, before anything is drawn, and the live one as soon as the background answers. The
 * background is called last: where it has to start first, it would take the time that the view needs to appear.
 */
export async function followStatus(): Promise<void> {
  status.value = readLastStatus();
  // After what is drawn in this turn. (Not after a frame: a tab in the background has none.)
  await new Promise((resolve) => setTimeout(resolve));
  // A failure costs only the short cut: the background tells the status anyway.
  const cached = await readCachedStatus().catch(() => undefined);
  if (cached) status.value = cached as Status;
  let writing: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const now = status.value;
    clearTimeout(writing);
    if (now) writing = setTimeout(() => writeLastStatus(now), 50);
  });
  setTimeout(() =>
    watchStatus(
      (now) => {
        silent.value = false;
        status.value = now;
        tellDeviceOnce(now.consent);
      },
      () => {
        silent.value = true;
      },
      new AbortController().signal,
    ),
  );
}

/** Asks, and puts the sentence of a failure into `problem`. */
export async function command<T extends MessageType>(
  type: T,
  body: MessageBody<T>,
): Promise<Result<AnswerOf<T>>> {
  const answer = await ask(type, body);
  problem.value = answer.ok ? '' : answer.error.message;
  return answer;
}

type StatusMessage = { [T in MessageType]: AnswerOf<T> extends Status ? T : never }[MessageType];

/** A command that is answered with the new status, which is shown without waiting for it to be told to all. */
export async function change<T extends StatusMessage>(type: T, body: MessageBody<T>): Promise<void> {
  const answer = await command(type, body);
  if (answer.ok) status.value = answer.value as Status;
  // A control that moved by itself goes back to what holds.
  else if (status.value) status.value = { ...status.value };
}
