/** From before a page is opened in one browser until the other's options page counts it, taking turns. */
import type { BrowserName } from '../../support/browser.ts';
import { startSyncPair } from '../../support/sync-pair.ts';
import { waitFor } from '../../support/wait-for.ts';

/** Ms of each visit. */
export async function latencies(
  names: readonly [BrowserName, BrowserName],
  visits: number,
): Promise<number[]> {
  const pair = await startSyncPair(...names);
  try {
    await pair.pair();
    const times: number[] = [];
    for (let i = 0; i < visits; i++) {
      const [from, to] = i % 2 === 0 ? [pair.first, pair.second] : [pair.second, pair.first];
      const before = await to.recordCount();
      const startMs = performance.now();
      await from.visit(`/visit${i}`);
      await waitFor(`visit ${i} on the other side`, async () => (await to.recordCount()) > before, {
        timeoutMs: 90_000,
        everyMs: 20,
      });
      times.push(performance.now() - startMs);
    }
    return times;
  } finally {
    await pair.close();
  }
}
