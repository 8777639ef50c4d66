import type { Hub } from './notify.ts';

/**
 * Reads; when there is nothing (`null`), waits for news on the topic and reads once more. The wait is over after `waitMs`,
 * or as soon as one of `ends` is aborted (the client went away, the service stops). Listening begins before the first
 * read, so news in between is not missed.
 */
export async function longPoll<T>(options: {
  readonly hub: Hub;
  readonly topic: string;
  readonly waitMs: number;
  readonly ends: readonly AbortSignal[];
  readonly read: () => Promise<T | null>;
}): Promise<T | null> {
  const { hub, topic, waitMs, ends, read } = options;
  if (waitMs <= 0) return read();
  let wake = (): void => {};
  const woken = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const stopListening = hub.listen(topic, wake);
  const timer = setTimeout(wake, waitMs);
  for (const end of ends) end.addEventListener('abort', wake);
  if (ends.some((end) => end.aborted)) wake();
  try {
    const value = await read();
    if (value !== null) return value;
    await woken;
    return await read();
  } finally {
    stopListening();
    clearTimeout(timer);
    for (const end of ends) end.removeEventListener('abort', wake);
  }
}
