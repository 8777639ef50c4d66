import type { SearchHit } from '../messaging/answers.ts';
import { LEVEL_WORDS } from '../ui/components/level-choice.tsx';
import { count, exactTime, relativeTime } from '../ui/format.ts';
import { eraseAfterAsking } from './erase.ts';

export function SearchResult({ hit, onErased }: { readonly hit: SearchHit; readonly onErased: () => void }) {
  const host = new URL(hit.url).hostname;
  const erase = async (...what: Parameters<typeof eraseAfterAsking>) => {
    if ((await eraseAfterAsking(...what)) !== null) onErased();
  };
  const page = () => erase({ what: 'page', url: hit.url }, 'this page');
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Delete') void page();
    const item = (event.currentTarget as HTMLElement).closest('li');
    const sibling =
      event.key === 'ArrowDown'
        ? item?.nextElementSibling
        : event.key === 'ArrowUp'
          ? item?.previousElementSibling
          : null;
    sibling?.querySelector('a')?.focus();
  };
  return (
    <li class="result" data-testid="search-result">
      <div>
        <a href={hit.url} target="_blank" rel="noreferrer" onKeyDown={onKeyDown}>
          {hit.title || hit.details[0] || hit.url}
        </a>
        <div class="url small muted">{hit.url}</div>
        {hit.details.map((detail) => (
          <div class="small" key={detail}>
            {detail}
          </div>
        ))}
      </div>
      <div class="small muted">
        <time dateTime={new Date(hit.atMs).toISOString()} title={exactTime(hit.atMs)}>
          {relativeTime(hit.atMs, performance.timeOrigin + performance.now())}
        </time>
        <div>
          {hit.count > 1 ? `${count(hit.count, 'record', 'records')} ` : ''}
          <span class="badge">{hit.ephemeral ? 'in memory only' : LEVEL_WORDS[hit.level].name}</span>
        </div>
        <details>
          <summary>Delete…</summary>
          <button
            type="button"
            class="quiet"
            data-testid="delete-record"
            onClick={() => void erase({ what: 'record', id: hit.newestId }, 'this page (the newest)')}
          >
            Newest record
          </button>
          <button type="button" class="quiet" data-testid="delete-page" onClick={() => void page()}>
            This page
          </button>
          <button
            type="button"
            class="quiet"
            data-testid="delete-site"
            onClick={() => void erase({ what: 'site', host }, host)}
          >
            All of {host}
          </button>
        </details>
      </div>
    </li>
  );
}
