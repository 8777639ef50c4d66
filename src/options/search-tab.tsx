import { batch, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Place, SearchHit } from '../messaging/answers.ts';
import { ask } from '../messaging/client.ts';
import { count } from '../ui/format.ts';
import { status } from '../ui/status.ts';
import { type Erased, eraseAfterAsking } from './erase.ts';
import { complaintAbout, EMPTY_FILTERS, type Filters, SearchFilters, toFilter } from './search-filters.tsx';
import { SearchResult } from './search-result.tsx';

const PAGE = 50;
const DEBOUNCE_MS = 80;

/** The query stays in this component: not in the address, not in the title. */
export function SearchTab() {
  const text = useSignal('');
  const filters = useSignal<Filters>(EMPTY_FILTERS);
  /** `undefined` until the first answer. */
  const hits = useSignal<readonly SearchHit[] | undefined>(undefined);
  const next = useSignal<Place | undefined>(undefined);
  const message = useSignal('');
  const asked = useRef(0);
  const list = useRef<HTMLUListElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const erased = useSignal<Erased | undefined>(undefined);

  const load = async (after?: Place) => {
    const turn = ++asked.current;
    const answer = await ask('records.search', {
      text: text.value,
      limit: PAGE,
      ...toFilter(filters.value),
      ...(after === undefined ? {} : { after }),
    });
    // A slower, older answer must not cover a newer one.
    if (turn !== asked.current) return;
    batch(() => {
      message.value = answer.ok ? '' : answer.error.message;
      if (!answer.ok) return;
      hits.value = after === undefined ? answer.value.hits : [...(hits.value ?? []), ...answer.value.hits];
      next.value = answer.value.next;
    });
  };
  const { recordCount: records, ephemeralCount, budget } = status.value ?? {};
  // Only when the page opens here: a person who comes by the tabs keeps focus on the tab.
  useEffect(() => {
    if (document.activeElement === document.body) field.current?.focus();
  }, []);
  useEffect(() => {
    const timer = setTimeout(() => void load(), DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [text.value, filters.value, records, ephemeralCount]);

  const focusTitle = (at: number) =>
    requestAnimationFrame(() => {
      const titles = list.current?.querySelectorAll<HTMLElement>('a.name') ?? [];
      (titles[Math.min(at, titles.length - 1)] ?? field.current)?.focus();
    });
  const afterErasing = async (at: number, outcome: Erased, focus = () => false) => {
    erased.value = outcome;
    if (outcome.outcome !== 'erased') return;
    await load();
    // What had focus is gone: it goes to what took its place.
    requestAnimationFrame(() => focus() || focusTitle(at));
  };
  const eraseFound = async () => {
    const { site, fromMs, toMs, kind } = toFilter(filters.value);
    const found = { what: 'found', text: text.value, site, fromMs, toMs, kind } as const;
    erased.value = await eraseAfterAsking(found, 'that this search finds');
    if (erased.value.outcome === 'erased') await load();
  };
  const more = async () => {
    const at = hits.value?.length ?? 0;
    await load(next.value);
    focusTitle(at);
  };

  const found = hits.value ?? [];
  const isNarrowed =
    text.value.trim() !== '' || Object.values(filters.value).some((value) => value.trim() !== '');
  // What the person can put right at once comes first.
  const complaint = complaintAbout(filters.value) || message.value;
  return (
    <>
      <label class="visually-hidden" for="search-text">
        Search titles, addresses, searches and clicks
      </label>
      <input
        id="search-text"
        ref={field}
        type="search"
        class="search"
        data-testid="search-input"
        placeholder="Search titles, addresses, searches and clicks"
        autocomplete="off"
        spellcheck={false}
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value.slice(0, 200);
          erased.value = undefined;
        }}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown') return;
          event.preventDefault();
          list.current?.querySelector('a')?.focus();
        }}
      />
      <SearchFilters filters={filters} />
      <p class="error problem" role="alert" data-testid="search-problem" hidden={complaint === ''}>
        {complaint}
      </p>
      <p class={erased.value?.outcome === 'failed' ? 'error' : ''} role="status" data-testid="erase-result">
        {erased.value?.text}
      </p>
      <p class="found small muted" role="status">
        {found.length > 0
          ? `${count(found.length, 'page', 'pages')}${next.value === undefined ? '' : ' so far'}`
          : hits.value && message.value === '' && emptyWords(text.value, filters.value, records)}
      </p>
      {budget !== undefined && budget.archivedDays > 0 && (
        <p class="small muted" data-testid="search-archived">
          {count(budget.archivedDays, 'archived day is', 'archived days are')} not searched, but for pinned
          sites: what else was recorded then is in a file, or at your sync service.{' '}
          <a href="#health">Fetch it back</a> to search it.
        </p>
      )}
      <ul class="results" ref={list}>
        {found.map((hit, at) => (
          <SearchResult key={hit.url} hit={hit} onErased={(...erased) => void afterErasing(at, ...erased)} />
        ))}
      </ul>
      {found.length > 0 && isNarrowed && complaint === '' && (
        <button type="button" class="quiet" data-testid="delete-found" onClick={() => void eraseFound()}>
          Delete all that this search finds…
        </button>
      )}
      {next.value !== undefined && (
        <button type="button" data-testid="search-more" onClick={() => void more()}>
          Show more
        </button>
      )}
    </>
  );
}

function emptyWords(text: string, filters: Filters, records: number | undefined): string {
  if (records === undefined) return '';
  if (records === 0) return 'Nothing is recorded yet. Visit a page and come back.';
  if (Object.values(filters).some((value) => value.trim() !== ''))
    return 'No page matches. Try fewer words, or another site, day or kind.';
  return text.trim() === ''
    ? 'No page has an address here: at level Anonymous only counts are kept.'
    : 'No page matches. Try fewer words or other ones.';
}
