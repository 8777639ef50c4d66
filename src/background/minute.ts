/** What is kept true each minute. Each task is apart from the others: what fails is logged, and stops none of them. */
import type { Services } from './services.ts';

type Task = readonly [what: string, run: () => unknown];

async function each(tasks: readonly Task[]): Promise<void> {
  for (const [what, run] of tasks) {
    try {
      await run();
    } catch (error) {
      console.error(`${what} failed`, error);
    }
  }
}

/** `lockIfAway` locks the profile when it is time; resolves with whether it is still open after that. */
export async function everyMinute(
  {
    profile,
    dwell,
    ephemeral,
    unsealing,
    sync,
    contexts,
    compaction,
    budget,
    storedRules,
    erasures,
    retention,
  }: Services,
  lockIfAway: () => Promise<boolean>,
): Promise<void> {
  let isStillOpen = true;
  await each([
    ['crediting time spent', () => dwell.tick()],
    ['forgetting what lives in memory', () => ephemeral.purge()],
    [
      'locking',
      async () => {
        isStillOpen = await lockIfAway();
      },
    ],
  ]);
  if (!isStillOpen) return;
  await each([
    // What a deletion means that waits is to be taken out before it could be shown.
    ['taking in what came while it was locked', () => (erasures.state() ? undefined : unsealing.settle())],
    ['deleting', () => erasures.tick()],
    ['deleting what is past its time', () => retention.tick()],
    ['packing', () => profile.storing(() => profile.store.pack())],
    // Also when packing failed: on a full disk it is what makes room.
    ['measuring the store', () => budget.check()],
    ['applying rules to what is stored', () => storedRules.tick()],
    ['telling the status', () => profile.changed()],
  ]);
  // Neither waits for the other: sync may wait for its service.
  await Promise.all([
    each([['sync', () => sync.wake()]]),
    each([['upkeep', async () => compaction.tick(await contexts.tick())]]),
  ]);
}
