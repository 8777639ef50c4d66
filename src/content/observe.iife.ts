/**
 * What we do in a page: tell the background that the page is there, and which links and buttons are clicked. Reads no form
 * values, writes nothing into the page, and gets nothing back but "received". Built as one plain file (`.iife`), so that no
 * resource of ours is visible to pages.
 */
import { randomId } from '../base/random.ts';
import { sendMessage } from '../platform/runtime.ts';
import { describeClick } from './describe-click.ts';

const RETRIES = 3;
const RETRY_MS = 400;

const life = new AbortController();

/** Sends until it was received: a background that is stopped in the middle starts again. The nonce makes a repeat harmless. */
async function tell(type: string, body: object): Promise<void> {
  for (let attempt = 0; attempt <= RETRIES && !life.signal.aborted; attempt++) {
    try {
      if (await sendMessage({ type, body })) return;
    } catch (error) {
      // The extension was updated or removed: this copy goes quiet.
      if (String(error).includes('context invalidated')) return life.abort();
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS * (attempt + 1)));
  }
}

// A script may be injected after an update, beside an orphaned one; the flag lives in our isolated world only.
const world = globalThis as { arqObserving?: boolean };
if (!world.arqObserving) {
  world.arqObserving = true;
  void tell('event.page', {});
  document.addEventListener(
    'click',
    (event) => {
      const click = event.isTrusted ? describeClick(event.target) : null;
      if (click) void tell('event.click', { ...click, nonce: randomId() });
    },
    { capture: true, passive: true, signal: life.signal },
  );
}
