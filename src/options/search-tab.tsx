import { batch, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { SearchHit } from '../messaging/answers.ts';
import { ask } from '../messaging/client.ts';
import { parseRuleHost } from '../model/rules.ts';
import { count } from '../ui/format.ts';
import { status } from '../ui/status.ts';
import { EMPTY_FILTERS, type Filters, SearchFilters, toFilter } from './search-filters.tsx';
import { SearchResult } from './search-result.tsx';

const PAGE = 50;
const DEBOUNCE_MS = 80;

/** The query stays in this component: not in the address, not in the title. */
export function SearchTab() {
  const text = useSignal('');
  const filters = useSignal<Filters>(EMPTY_FILTERS);
  const hits = useSignal<readonly SearchHit[]>([]);
  const next = useSignal<number | undefined>(undefined);
  const message = useSignal('');
  const asked = useRef(0);
  const list = useRef<HTMLUListElement>(null);

  const load = async (before?: number) => {
    const turn = ++asked.current;
    const answer = await ask('records.search', {
      text: text.value,
      limit: PAGE,
      ...toFilter(filters.value),
      ...(before === undefined ? {} : { before }),
    });
    // A slower, older answer must not cover a newer one.
    if (turn !== asked.current) return;
    batch(() => {
      message.value = answer.ok ? '' : answer.error.message;
      if (!answer.ok) return;
      hits.value = before === undefined ? answer.value.hits : [...hits.value, ...answer.value.hits];
      next.value = answer.value.next;
    });
  };
  const records = status.value?.recordCount;
  useEffect(() => {
    const timer = setTimeout(() => void load(), DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [text.value, filters.value, records]);

  const badSite = filters.value.site.trim() !== '' && parseRuleHost(filters.value.site) === null;
  return (
    <>
      <label class="visually-hidden" for="search">
        Search titles, addresses, searches and clicks
      </label>
      <input
        id="search"
        type="search"
        class="search"
        data-testid="search-input"
        placeholder="Search titles, addresses, searches and clicks"
        autocomplete="off"
        spellcheck={false}
        autofocus
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value.slice(0, 200);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') list.current?.querySelector('a')?.focus();
        }}
      />
      <SearchFilters filters={filters} />
      {badSite && <p class="error">That is not the name of a site. Type it like example.org.</p>}
      {message.value && <p class="error">{message.value}</p>}
      <p class="small muted" role="status">
        {hits.value.length > 0
          ? `${count(hits.value.length, 'page', 'pages')}${next.value === undefined ? '' : ' so far'}`
          : emptyWords(text.value, records)}
      </p>
      <ul class="results" ref={list}>
        {hits.value.map((hit) => (
          <SearchResult key={hit.url} hit={hit} onErased={() => void load()} />
        ))}
      </ul>
      {next.value !== undefined && (
        <button type="button" data-testid="search-more" onClick={() => void load(next.value)}>
          Show more
        </button>
      )}
    </>
  );
}

const emptyWords = (text: string, records: number | undefined): string =>
  records === 0
    ? 'Nothing is recorded yet. Visit a page and come back.'
    : text === ''
      ? 'No pages here.'
      : 'No page matches.';
