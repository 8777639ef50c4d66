/** What level and rules take from what is stored, in words. */
import { type InteractionRecord, RECORD_KINDS, type RecordKind, recordKind } from '../model/interaction.ts';
import type { ReducedCounts, ReductionCount, ReductionState } from '../model/reduction.ts';
import { count } from './format.ts';

const KINDS: Readonly<Record<RecordKind, readonly [one: string, many: string]>> = {
  visit: ['visit', 'visits'],
  search: ['search', 'searches'],
  click: ['click', 'clicks'],
};

const listOf = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;

function kindsText(counted: ReductionCount, which: keyof ReducedCounts): string {
  return listOf(
    RECORD_KINDS.flatMap((kind) => {
      const of = counted.kinds[kind]?.[which] ?? 0;
      return of === 0 ? [] : [count(of, ...KINDS[kind])];
    }),
  );
}

/** "Less would be kept of 12 visits and 1 search. 3 clicks would be deleted." */
export function countSentence(counted: ReductionCount): string {
  const { reduced, erased, sites, elsewhereDays } = counted;
  if (reduced + erased === 0) return 'Nothing that is stored here would change.';
  const parts = [
    ...(reduced > 0 ? [`Less would be kept of ${kindsText(counted, 'reduced')}.`] : []),
    ...(erased > 0 ? [`${kindsText(counted, 'erased')} would be deleted.`] : []),
    ...(sites > 0 ? [`They are of ${count(sites, 'site', 'sites')}.`] : []),
    'This cannot be undone.',
    ...(elsewhereDays > 0
      ? [
          `${count(elsewhereDays, 'archived day', 'archived days')} may have more: what is in files stays there, and is changed the same way when it comes back.`,
        ]
      : []),
  ];
  return parts.join(' ');
}

/** `undefined` while there is nothing to tell. */
export function stateSentence(state: ReductionState | undefined): string | undefined {
  if (!state) return undefined;
  const { phase, reduced, erased, days, daysDone, keptDays, message } = state;
  const came = `${count(reduced, 'record is', 'records are')} reduced, ${count(erased, 'is', 'are')} deleted`;
  const kept =
    keptDays === 0
      ? ''
      : ` ${count(keptDays, 'day stays', 'days stay')} as it was, because something of it is damaged.`;
  if (phase === 'running')
    return `Changing what is stored: ${daysDone} of ${count(days, 'day', 'days')}. It goes on when you close this page.`;
  if (phase === 'failed')
    return `Changing what is stored has stopped after ${daysDone} of ${count(days, 'day', 'days')}. ${message ?? ''}`;
  return reduced + erased === 0 && keptDays === 0
    ? 'Nothing that is stored had to change.'
    : `Done: ${came}.${kept}`;
}

/** A record of an example, as what is kept of it. */
export function recordText(record: InteractionRecord | null): string {
  if (record === null) return 'Nothing';
  const kind = KINDS[recordKind(record)][0];
  const name = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
  if (record.kind === 'reduced') return `${name} counted: the hour, and “${record.category}”`;
  const words =
    record.kind === 'search' ? record.query : record.kind === 'click' ? record.text : record.title;
  const from = record.kind === 'visit' && record.referrer !== undefined ? `, from ${record.referrer}` : '';
  return `${name}: ${record.url}${words === '' ? '' : ` “${words}”`}${from}`;
}
