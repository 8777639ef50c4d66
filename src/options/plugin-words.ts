/** What the card of other extensions says, in words. */
import { DAY_MS } from '../base/clock.ts';
import type {
  AllowedPlugin,
  PluginField,
  PluginLogEntry,
  PluginQueryKind,
  PluginTotal,
} from '../model/plugins.ts';
import { count, dayStart, exactTime } from '../ui/format.ts';

export const FIELD_WORDS: Readonly<Record<PluginField, string>> = {
  host: 'Names of sites',
  category: 'Sort of site',
  url: 'Addresses of pages',
  title: 'Titles of pages',
  searchQuery: 'What you searched for',
  hour: 'The hour',
  counts: 'Counts by sort of site',
};

const KIND_WORDS: Readonly<Record<PluginQueryKind, string>> = {
  access: 'What it may read',
  visits: 'Visits',
  searches: 'Searches',
  counts: 'Counts',
};

export const fieldsText = (fields: readonly PluginField[]): string =>
  fields.map((field) => FIELD_WORDS[field]).join(', ');

export const queryText = ({ kind, byWords }: Pick<PluginLogEntry, 'kind' | 'byWords'>): string =>
  byWords ? `${KIND_WORDS[kind]}, by words` : KIND_WORDS[kind];

/** For how long access can be given. */
export const SPANS = [
  { id: '1', name: '1 day' },
  { id: '7', name: '7 days' },
  { id: '30', name: '30 days' },
  { id: 'date', name: 'Until the end of a day…' },
] as const;
export type SpanId = (typeof SPANS)[number]['id'];

/** When access ends; `undefined` while no day was chosen. `date` is what a date field has. */
export const untilOf = (span: SpanId, date: string, nowMs: number): number | undefined =>
  span === 'date' ? dayStart(date, 1) : nowMs + Number(span) * DAY_MS;

export const untilText = ({ untilMs }: AllowedPlugin, nowMs: number): string =>
  nowMs < untilMs ? exactTime(untilMs) : `Over since ${exactTime(untilMs)}`;

export function whenText({ times, firstMs, lastMs }: PluginLogEntry): string {
  return times === 1
    ? exactTime(lastMs)
    : `${count(times, 'time', 'times')}, ${exactTime(firstMs)} to ${exactTime(lastMs)}`;
}

export const lastText = (totals: readonly PluginTotal[], id: string): string => {
  const total = totals.find((one) => one.id === id);
  return total ? exactTime(total.lastMs) : 'Not yet';
};
