import { useSignal } from '@preact/signals';
import { useId, useRef } from 'preact/hooks';
import type { SearchHit } from '../messaging/answers.ts';
import { hostOf } from '../model/page.ts';
import { LEVEL_WORDS } from '../ui/components/level-choice.tsx';
import { count, exactTime, relativeTime } from '../ui/format.ts';
import { type Erased, eraseAfterAsking } from './erase.ts';
import { ResultMenu } from './result-menu.tsx';
import { VisitList } from './visit-list.tsx';

interface ResultProps {
  readonly hit: SearchHit;
  /** `focus`: puts it on what took the place of what is gone within this result; `false` when there is nothing. */
  readonly onErased: (erased: Erased, focus?: () => boolean) => void;
}

/** Focuses the title of the result before or after; `false` when there is none. */
export function focusSibling(item: Element | null | undefined, step: 1 | -1): boolean {
  const sibling = step === 1 ? item?.nextElementSibling : item?.previousElementSibling;
  const title = sibling?.querySelector<HTMLElement>('a');
  title?.focus();
  return title !== null && title !== undefined;
}

export function SearchResult({ hit, onErased }: ResultProps) {
  const host = hostOf(hit.url);
  const isOpen = useSignal(false);
  const toggle = useRef<HTMLButtonElement>(null);
  const listId = useId();
  const erase = async (...what: Parameters<typeof eraseAfterAsking>) =>
    onErased(await eraseAfterAsking(...what));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Delete') erasePage();
    const step = ({ ArrowDown: 1, ArrowUp: -1 } as const)[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const moved = focusSibling((event.currentTarget as HTMLElement).closest('li'), step);
    if (!moved && step === -1) document.getElementById('search-text')?.focus();
  };
  const erasePage = () => void erase({ what: 'page', url: hit.url }, 'of this page');
  const eraseSite = () => void erase({ what: 'site', host }, `of ${host}`);
  const close = () => {
    isOpen.value = false;
    toggle.current?.focus();
  };
  const name = hit.title || hit.details[0] || hit.url;
  return (
    <li class="result" data-testid="search-result">
      <div class="what">
        <a class="name" href={hit.url} target="_blank" rel="noreferrer" onKeyDown={onKeyDown}>
          {name}
        </a>
        <div class="url clip small muted" title={hit.url}>
          {hit.url}
        </div>
        {hit.details
          .filter((detail) => detail !== name)
          .map((detail) => (
            <div class="small" key={detail}>
              {detail}
            </div>
          ))}
      </div>
      <div class="facts small muted">
        <time class="tabular" dateTime={new Date(hit.atMs).toISOString()} title={exactTime(hit.atMs)}>
          {relativeTime(hit.atMs, performance.timeOrigin + performance.now())}
        </time>
        <span>
          {[hit.count > 1 && `${count(hit.count, 'record', 'records')} that day`, levelWords(hit)]
            .filter(Boolean)
            .join(' · ')}
        </span>
        <button
          type="button"
          ref={toggle}
          class="quiet small unfold"
          data-testid="show-visits"
          aria-expanded={isOpen.value}
          {...(isOpen.value ? { 'aria-controls': listId } : {})}
          onClick={() => (isOpen.value = !isOpen.value)}
        >
          Each visit<span class="visually-hidden"> of {name}</span>
        </button>
        <ResultMenu hit={hit} host={host} onErasePage={erasePage} onEraseSite={eraseSite} />
      </div>
      {isOpen.value && (
        <VisitList
          id={listId}
          url={hit.url}
          name={name}
          host={host}
          onErased={onErased}
          onErasePage={erasePage}
          onEraseSite={eraseSite}
          onClose={close}
        />
      )}
    </li>
  );
}

const levelWords = (hit: SearchHit): string =>
  hit.ephemeral ? 'in memory only' : LEVEL_WORDS[hit.level].name;
