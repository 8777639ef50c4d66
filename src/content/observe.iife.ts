/**
 * What we do in a page: tell the background that the page is there, and which links and buttons are clicked. Reads no form
 * values, writes nothing into the page, and gets nothing back but "received". Built as one plain file (`.iife`), so that no
 * resource of ours is visible to pages.
 */
import { randomId } from '../base/random.ts';
import { sendMessage } from '../platform/send-message.ts';
import { describeClick } from './describe-click.ts';

/** Pauses between tries, in ms: two minutes in all. A busy machine may take long to start the background again and again. */
const PAUSES_MS = [300, 600, 1_200, 2_400, 4_800, 9_600, 9_600, 15_000, 30_000, 45_000];
/** A background that is stopped while it works may never answer. */
const ANSWER_MS = 5_000;

const life = new AbortController();

const pause = (ms: number): Promise<false> => new Promise((resolve) => setTimeout(resolve, ms, false));

/** Sends until it was received: a background that is stopped in the middle starts again. The nonce makes a repeat harmless. */
async function tell(type: string, body: object): Promise<void> {
  for (const pauseMs of [...PAUSES_MS, 0]) {
    if (life.signal.aborted) return;
    try {
      if (await Promise.race([sendMessage({ type, body }), pause(ANSWER_MS)])) return;
    } catch (error) {
      // The extension was updated or removed: this copy goes quiet.
      if (String(error).includes('context invalidated')) return life.abort();
    }
    await pause(pauseMs);
  }
}

// A script may be injected after an update, beside an orphaned one; the flag lives in our isolated world only.
const world = globalThis as { arqObserving?: boolean };
if (!world.arqObserving) {
  world.arqObserving = true;
  void tell('event.page', { startedMs: performance.timeOrigin, nonce: randomId() });
  document.addEventListener(
    'click',
    (event) => {
      const click = event.isTrusted ? describeClick(event.composedPath()) : null;
      if (click) void tell('event.click', { ...click, nonce: randomId() });
    },
    { capture: true, passive: true, signal: life.signal },
  );
}
