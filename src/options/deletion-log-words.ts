/** The log of deletions in words: one line for each, with how far it came. */
import type { LogEntry, LogKind } from '../model/deletion-log.ts';
import type { PurgeReason, PurgeStep } from '../model/purge.ts';
import { count } from '../ui/format.ts';

export interface Deletion {
  readonly id: string;
  readonly atMs: number;
  /** What it was, without what was in it. */
  readonly what: string;
  readonly why: string;
  /** In order. */
  readonly steps: readonly { readonly name: string; readonly atMs: number }[];
}

const KINDS: Readonly<Record<LogKind, string>> = {
  visit: 'One visit',
  page: 'A page',
  site: 'A site',
  hour: 'The last hour',
  range: 'A span of time',
  search: 'What a search found',
  everything: 'Everything',
  retention: 'What was past its time',
  rules: 'What your level and rules do not allow',
  closed: 'What could not be opened',
};
const REASONS: Readonly<Record<PurgeReason, string>> = {
  person: 'you',
  retention: 'retention',
  'other-device': 'another device',
  'browser-history': 'the browser’s history',
};
/** The seed's five steps; how each is done here says docs/decisions/0009. */
const STEPS: Readonly<Record<PurgeStep, string>> = {
  flagged: 'marked',
  undone: 'undone',
  failed: 'given up, because of damage',
  overwritten: 'keys destroyed',
  dequeued: 'taken out of queues and copies',
  archived: 'written down',
  notified: 'told',
};

/** Newest first. */
export function deletionsOf(entries: readonly LogEntry[]): Deletion[] {
  const byPurge = new Map<string, LogEntry[]>();
  for (const entry of entries) byPurge.set(entry.purge, [...(byPurge.get(entry.purge) ?? []), entry]);
  return [...byPurge]
    .map(([id, own]): Deletion => {
      const [first, last] = [own[0] as LogEntry, own.at(-1) as LogEntry];
      const kept =
        last.keptDays === undefined ? '' : `, ${count(last.keptDays, 'day', 'days')} damaged and kept`;
      return {
        id,
        atMs: first.atMs,
        what: `${KINDS[first.kind]}: ${count(last.records, 'record', 'records')}${kept}`,
        why: REASONS[first.reason],
        steps: own.map(({ step, atMs }) => ({ name: STEPS[step], atMs })),
      };
    })
    .reverse();
}
