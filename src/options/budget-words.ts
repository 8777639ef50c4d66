/** What the storage budget card says, in words. */
import type { FetchCounts } from '../messaging/answers.ts';
import type { BudgetFigures, BudgetReport, WaitingArchive } from '../model/budget.ts';
import { count, dayStart, dayWords } from '../ui/format.ts';
import { shareText, sizeText } from '../ui/quantities.ts';

const GIGABYTE = 1e9;

/** As it stands in the field. */
export const limitText = (bytes: number): string => String(bytes / GIGABYTE);

/** Bytes of what was typed, in gigabytes; `undefined` when it is no number. A comma is a point. */
export function limitOf(typed: string): number | undefined {
  const gigabytes = Number(typed.trim().replace(',', '.'));
  const bytes = Math.round(gigabytes * GIGABYTE);
  return typed.trim() !== '' && Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : undefined;
}

export const usedSentence = ({ usedBytes, limitBytes }: BudgetFigures): string =>
  `${sizeText(usedBytes)} of ${sizeText(limitBytes)} used (${shareText(usedBytes / limitBytes)}).`;

/** Why the person should do something; empty when there is nothing to do. */
export function noticeOf({ state, syncing, notRecorded }: BudgetReport): string {
  if (state === 'ok') return '';
  const how = syncing
    ? 'Raise the limit, or delete what you do not need.'
    : 'Save an archive, raise the limit, or delete what you do not need.';
  if (state === 'near')
    return syncing
      ? `Your limit is nearly reached. When it is, your oldest days leave this browser for the sync service, which has them already. ${how}`
      : `Your limit is nearly reached. When it is, nothing more is recorded. ${how}`;
  const left =
    notRecorded === 0
      ? ''
      : ` ${count(notRecorded, 'record was', 'records were')} left out since the browser started.`;
  const why = syncing ? ' No more days can leave for the sync service now.' : '';
  return `Your limit is reached: nothing more is recorded until there is room.${why}${left} ${how}`;
}

export interface ArchivedMonth {
  /** "2024-03" */
  readonly month: string;
  /** "2024-03: 28 days, 812 records" */
  readonly text: string;
}

/** Oldest month first. */
export function archivedMonths(archived: Readonly<Record<string, number>>): ArchivedMonth[] {
  const months = new Map<string, { days: number; records: number }>();
  for (const [day, records] of Object.entries(archived)) {
    const month = day.slice(0, 7);
    const known = months.get(month) ?? { days: 0, records: 0 };
    months.set(month, { days: known.days + 1, records: known.records + records });
  }
  return [...months]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([month, { days, records }]) => ({
      month,
      text: `${month}: ${count(days, 'day', 'days')}, ${count(records, 'record', 'records')}`,
    }));
}

export function waitingSentence({ firstDay, lastDay, days, records }: WaitingArchive): string {
  const words = (day: string) => dayWords(dayStart(day) ?? 0);
  const span =
    firstDay === lastDay ? `of ${words(firstDay)}` : `from ${words(firstDay)} to ${words(lastDay)}`;
  return `An archive with ${count(records, 'record', 'records')} on ${count(days, 'day', 'days')}, ${span}, went to your downloads. The records are still here.`;
}

export function fetchedSentence({ events, days, deletedDays }: FetchCounts): string {
  const what =
    events === 0
      ? 'Everything in this archive that was not deleted is here already.'
      : `Fetched back: ${count(days, 'day is', 'days are')} here and searched again.`;
  return deletedDays === 0
    ? what
    : `${what} ${count(deletedDays, 'day was', 'days were')} deleted since and did not come back.`;
}

export const archiveName = ({ firstDay, lastDay }: WaitingArchive): string =>
  `arq-context-archive-${firstDay}-to-${lastDay}.aqa`;
