/** What extensions asked, for the person to read: bounded, and without anything of what they were told. */
import { HOUR_MS } from '../base/clock.ts';
import { PLUGIN_LIMITS, type PluginLogEntry, type PluginTotal } from './plugins.ts';

export interface PluginLog {
  /** Newest first. */
  readonly entries: readonly PluginLogEntry[];
  /** The extension that asked last comes first. */
  readonly totals: readonly PluginTotal[];
}

export const EMPTY_LOG: PluginLog = { entries: [], totals: [] };

type Answered = Pick<PluginLogEntry, 'id' | 'name' | 'kind' | 'byWords' | 'fields' | 'records'>;

const hourOf = (atMs: number): number => Math.floor(atMs / HOUR_MS);
const isSame = (entry: PluginLogEntry, added: Answered, atMs: number): boolean =>
  entry.id === added.id &&
  entry.kind === added.kind &&
  entry.byWords === added.byWords &&
  hourOf(entry.firstMs) === hourOf(atMs) &&
  entry.fields.join() === added.fields.join();

/** The log with one more query. `refused`: messages of this extension that were refused since its last entry. */
export function logged(log: PluginLog, added: Answered, atMs: number, refused: number): PluginLog {
  const same = log.entries.find((entry) => isSame(entry, added, atMs));
  const entry: PluginLogEntry = {
    ...added,
    records: (same?.records ?? 0) + added.records,
    times: (same?.times ?? 0) + 1,
    firstMs: same?.firstMs ?? atMs,
    lastMs: atMs,
  };
  const before = log.totals.find((total) => total.id === added.id);
  const total: PluginTotal = {
    id: added.id,
    name: added.name,
    queries: (before?.queries ?? 0) + 1,
    records: (before?.records ?? 0) + added.records,
    refused: (before?.refused ?? 0) + refused,
    lastMs: atMs,
  };
  return {
    entries: [entry, ...log.entries.filter((one) => one !== same)].slice(0, PLUGIN_LIMITS.logEntries),
    totals: [total, ...log.totals.filter((one) => one !== before)].slice(0, PLUGIN_LIMITS.totals),
  };
}
