/** How long records stay, and what a change deletes, in words. */
import type { RetentionForecast, SiteRetention } from '../model/retention.ts';
import { count } from '../ui/format.ts';

export const keepWords = (keep: SiteRetention): string =>
  keep === 'forever' ? 'For ever' : keep === 365 ? '1 year' : `${keep} days`;

/** `dayWords`: of a time. */
export function forecastWords(
  { records, inFiles = 0, atService = 0, days, oldest, today }: RetentionForecast,
  dayWords: (ms: number) => string,
): { readonly title: string; readonly text: string; readonly action: string } {
  const amount = count(records, 'record', 'records');
  const since = oldest === undefined ? '' : `, the oldest of ${dayWords(noonOf(oldest))}`;
  const elsewhere = [
    ...(inFiles > 0 ? [`${count(inFiles, 'record', 'records')} only in files that you keep`] : []),
    ...(atService > 0 ? [`${count(atService, 'record', 'records')} only at the sync service`] : []),
  ];
  const where = elsewhere.length === 0 ? '' : ` Of them ${elsewhere.join(' and ')}.`;
  return {
    title: `Delete ${amount} now?`,
    text: `Today is ${dayWords(noonOf(today))}. ${amount} of ${count(days, 'day', 'days')} are past that time${since}.${where} They will be gone for good, and others when their time comes; nobody can bring them back. If that date is wrong, set the clock of this computer first.`,
    action: `Delete ${amount}`,
  };
}

/** Days are UTC: at their noon they have the same name nearly everywhere. */
const noonOf = (day: string): number => Date.parse(`${day}T12:00:00Z`);
