import { useRef } from 'preact/hooks';
import type { SearchHit } from '../messaging/answers.ts';
import type { EraseQuestion } from '../model/selector.ts';
import { toCorrect } from './requests.ts';

interface MenuProps {
  readonly hit: SearchHit;
  readonly host: string;
  readonly onErase: (target: EraseQuestion, what: string) => void;
}

/** What can be deleted from a result, or corrected. Escape closes it, and so does going elsewhere. */
export function ResultMenu({ hit, host, onErase }: MenuProps) {
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
        {hit.count > 1 && (
          <button
            type="button"
            class="quiet"
            data-testid="delete-record"
            onClick={() => onErase({ what: 'newest', url: hit.url }, 'of this page, the newest')}
          >
            The newest record
          </button>
        )}
        <button
          type="button"
          class="quiet"
          data-testid="delete-page"
          onClick={() => onErase({ what: 'page', url: hit.url }, 'of this page')}
        >
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
          <button
            type="button"
            class="quiet"
            data-testid="delete-site"
            onClick={() => onErase({ what: 'site', host }, `of ${host}`)}
          >
            All of {host}
          </button>
        )}
      </div>
    </details>
  );
}
