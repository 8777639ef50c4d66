import { useRef } from 'preact/hooks';
import type { SearchHit } from '../messaging/answers.ts';
import { toCorrect } from './requests.ts';

interface MenuProps {
  readonly hit: SearchHit;
  readonly host: string;
  readonly onErasePage: () => void;
  readonly onEraseSite: () => void;
}

/** What can be deleted from a result, or corrected. Escape closes it, and so does going elsewhere. */
export function ResultMenu({ hit, host, onErasePage, onEraseSite }: MenuProps) {
  const box = useRef<HTMLDetailsElement>(null);
  const close = () => {
    if (box.current) box.current.open = false;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !box.current?.open) return;
    close();
    box.current.querySelector('summary')?.focus();
  };
  const onFocusOut = (event: FocusEvent) => {
    const to = event.relatedTarget;
    // The question that a button asks is part of this.
    if (to instanceof Element && !box.current?.contains(to) && !to.closest('dialog')) close();
  };
  return (
    <details class="menu" ref={box} onKeyDown={onKeyDown} onFocusOut={onFocusOut}>
      <summary class="small">
        Delete or correct…<span class="visually-hidden"> records of {hit.title || hit.url}</span>
      </summary>
      <div class="menu-items">
        <button type="button" class="quiet" data-testid="delete-page" onClick={onErasePage}>
          This page
        </button>
        {!hit.ephemeral && (
          <button
            type="button"
            class="quiet"
            data-testid="correct-page"
            onClick={() => {
              toCorrect.value = hit.url;
              location.hash = '#data';
            }}
          >
            Correct what it says…
          </button>
        )}
        {host !== '' && (
          <button type="button" class="quiet" data-testid="delete-site" onClick={onEraseSite}>
            All of {host}
          </button>
        )}
      </div>
    </details>
  );
}
