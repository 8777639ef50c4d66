import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

const TARGETS = 'button:not(:disabled), input:not(:disabled), select:not(:disabled), a[href]';

/**
 * When what had focus inside disappears or is disabled by a change, focus goes to the first control that is there instead,
 * so that a keyboard is never thrown back to the top of the page.
 */
export function useKeptFocus(box: RefObject<HTMLElement | null>): void {
  const had = box.current?.contains(document.activeElement) ?? false;
  useLayoutEffect(() => {
    if (!had) return;
    const now = document.activeElement;
    if (now && box.current?.contains(now) && !now.matches(':disabled')) return;
    box.current?.querySelector<HTMLElement>(TARGETS)?.focus();
  });
}
