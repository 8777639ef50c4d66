import type { Signal } from '@preact/signals';
import { RECORD_KINDS } from '../model/interaction.ts';
import { parseRuleHost } from '../model/rules.ts';
import type { Filter } from '../model/selector.ts';
import { dayStart } from '../ui/format.ts';

/** As typed. */
export interface Filters {
  readonly site: string;
  readonly from: string;
  readonly to: string;
  readonly kind: string;
}
export const EMPTY_FILTERS: Filters = { site: '', from: '', to: '', kind: '' };

/** `to` includes the whole day. Fields that are empty or not understood do not filter. */
export function toFilter(filters: Filters): Filter {
  const site = parseRuleHost(filters.site);
  const fromMs = dayStart(filters.from);
  const toMs = dayStart(filters.to, 1);
  const kind = RECORD_KINDS.find((candidate) => candidate === filters.kind);
  return {
    ...(site === null ? {} : { site }),
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
    ...(kind === undefined ? {} : { kind }),
  };
}

/** What keeps a filter from working, as a sentence; empty when nothing does. */
export function complaintAbout(filters: Filters): string {
  if (filters.site.trim() !== '' && parseRuleHost(filters.site) === null)
    return 'That is not the name of a site. Type it like example.org.';
  const { fromMs, toMs } = toFilter(filters);
  return fromMs !== undefined && toMs !== undefined && fromMs >= toMs
    ? 'The first day is after the last. Change one of them.'
    : '';
}

export function SearchFilters({ filters }: { readonly filters: Signal<Filters> }) {
  const set = (name: keyof Filters) => (event: { currentTarget: { value: string } }) => {
    filters.value = { ...filters.value, [name]: event.currentTarget.value };
  };
  return (
    <div class="row fields">
      <label class="field grow">
        Site
        <input
          data-testid="filter-site"
          placeholder="example.org"
          autocomplete="off"
          spellcheck={false}
          value={filters.value.site}
          onInput={set('site')}
        />
      </label>
      <label class="field">
        First day
        <input type="date" data-testid="filter-from" value={filters.value.from} onInput={set('from')} />
      </label>
      <label class="field">
        Last day
        <input type="date" data-testid="filter-to" value={filters.value.to} onInput={set('to')} />
      </label>
      <label class="field">
        Kind
        <select data-testid="filter-kind" value={filters.value.kind} onChange={set('kind')}>
          <option value="">All</option>
          <option value="visit">Visits</option>
          <option value="search">Searches</option>
          <option value="click">Clicks</option>
        </select>
      </label>
    </div>
  );
}
