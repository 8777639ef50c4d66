import { useRef } from 'preact/hooks';
import type { SearchHit } from '../messaging/answers.ts';
import type { EraseQuestion } from '../model/selector.ts';

interface MenuProps {
  readonly hit: SearchHit;
  readonly host: string;
  readonly onErase: (target: EraseQuestion, what: string) => void;
}

/** What can be deleted from a result. Escape closes it, and so does going elsewhere. */
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
        Delete…<span class="visually-hidden"> records of {hit.title || hit.url}</span>
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
