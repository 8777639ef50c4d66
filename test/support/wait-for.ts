import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** Default 10,000. */
  readonly timeoutMs?: number;
  /** Pause between two tries. Default 50. */
  readonly everyMs?: number;
}

/**
 * Tries until `probe` answers something truthy, and returns it. A probe that throws counts as "not yet".
 * @param what completes the sentence "Waited 10.0 s for …".
 * @throws Error with that sentence and the last answer when time is up.
 */
export async function waitFor<T>(
  what: string,
  probe: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<NonNullable<T>> {
  const { timeoutMs = 10_000, everyMs = 50 } = options;
  const deadlineMs = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await probe();
      if (answer) return answer as NonNullable<T>;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= deadlineMs) break;
    await delay(everyMs);
  }
  const seen = last instanceof Error ? last.message : JSON.stringify(last);
  throw new Error(`Waited ${(timeoutMs / 1000).toFixed(1)} s for ${what}. Last: ${seen}`);
}

/** The promise's own outcome, or an error with this sentence when it takes longer. */
export async function within<T>(timeoutMs: number, sentence: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${sentence} (after ${timeoutMs / 1000} s)`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
