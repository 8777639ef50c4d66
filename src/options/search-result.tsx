import type { SearchHit } from '../messaging/answers.ts';
import { hostOf } from '../model/page.ts';
import { LEVEL_WORDS } from '../ui/components/level-choice.tsx';
import { count, exactTime, relativeTime } from '../ui/format.ts';
import { type Erased, eraseAfterAsking } from './erase.ts';
import { ResultMenu } from './result-menu.tsx';

interface ResultProps {
  readonly hit: SearchHit;
  readonly onErased: (erased: Erased) => void;
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
  const erase = async (...what: Parameters<typeof eraseAfterAsking>) =>
    onErased(await eraseAfterAsking(...what));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Delete') void erase({ what: 'page', url: hit.url }, 'of this page');
    const step = ({ ArrowDown: 1, ArrowUp: -1 } as const)[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const moved = focusSibling((event.currentTarget as HTMLElement).closest('li'), step);
    if (!moved && step === -1) document.getElementById('search-text')?.focus();
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
        <ResultMenu hit={hit} host={host} onErase={(target, what) => void erase(target, what)} />
      </div>
    </li>
  );
}

const levelWords = (hit: SearchHit): string =>
  hit.ephemeral ? 'in memory only' : LEVEL_WORDS[hit.level].name;
