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

/**
 * Sends until it was received: a background that is stopped in the middle starts again. The nonce makes a repeat harmless. With
 * timers that are taken back, because a page pays for each one that fires.
 */
function tell(type: string, body: object, tries = 0): void {
  if (life.signal.aborted) return;
  let isOver = false;
  const end = (received: boolean) => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    const pauseMs = PAUSES_MS[tries];
    if (!received && pauseMs !== undefined) setTimeout(tell, pauseMs, type, body, tries + 1);
  };
  const timer = setTimeout(end, ANSWER_MS, false);
  sendMessage({ type, body }).then(
    (received) => end(received === true),
    (error: unknown) => {
      // The extension was updated or removed: this copy goes quiet.
      if (String(error).includes('context invalidated')) life.abort();
      end(false);
    },
  );
}

// A script may be injected after an update, beside an orphaned one; the flag lives in our isolated world only.
const world = globalThis as { arqObserving?: boolean };
if (!world.arqObserving) {
  world.arqObserving = true;
  tell('event.page', { startedMs: performance.timeOrigin, nonce: randomId() });
  const onClick = (event: MouseEvent) => {
    const click = event.isTrusted ? describeClick(event.composedPath()) : null;
    if (click) tell('event.click', { ...click, nonce: randomId() });
  };
  // By its class: a page can name an image `addEventListener`, and then `document.addEventListener` is that image.
  const listen = () =>
    EventTarget.prototype.addEventListener.call(document, 'click', onClick as EventListener, {
      capture: true,
      passive: true,
      signal: life.signal,
    });
  listen();
  // `document.open` takes every listener away, ours too; the root element that it makes is seen all the same.
  new MutationObserver(listen).observe(document, { childList: true });
}
