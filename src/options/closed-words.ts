/** What is said of what does not open. */
import type { ClosedDay, ClosedReport } from '../model/closed.ts';
import { count, dayStart, dayWords } from '../ui/format.ts';

export const dayName = (day: string): string => dayWords(dayStart(day) ?? 0);

/** Which key a day needs, in words. */
export function needWords({ needs }: Pick<ClosedDay, 'needs'>): string {
  if (needs.length === 0) return 'The records themselves are damaged; the keys open.';
  return needs
    .map(({ of, generation, why }) => {
      const key = `${of === 'day' ? 'The key of the day' : 'The key of its month'}${generation > 1 ? ` (number ${generation})` : ''}`;
      return `${key} ${why === 'missing' ? 'is missing' : 'is there and does not open'}.`;
    })
    .join(' ');
}

export const closedWords = ({ records, rows, open }: Pick<ClosedDay, 'records' | 'rows' | 'open'>): string =>
  `${records > 0 ? count(records, 'record does', 'records do') : count(rows, 'stored row does', 'stored rows do')} not open, ${count(open, 'record does', 'records do')}.`;

/** What a look or a try came to. */
export function reportWords({ days, objects, mended, lacking }: ClosedReport): string {
  const tried = mended > 0 ? `${count(mended, 'key opens', 'keys open')} again. ` : '';
  const lacks =
    lacking.length > 0
      ? `The sync service does not have everything of ${lacking.map(dayName).join(', ')}, so nothing of that was taken away. `
      : '';
  const left =
    days.length === 0
      ? 'Everything that is stored here opens.'
      : `Something of ${count(days.length, 'day', 'days')} does not open.`;
  const service =
    objects > 0
      ? ` ${count(objects, 'object', 'objects')} at the sync service cannot be opened: update ARQ Context on all devices.`
      : '';
  return `${tried}${lacks}${left}${service}`;
}

/** What erasing takes. */
export function eraseWords(days: readonly ClosedDay[]): string {
  const [records, rows] = [
    days.reduce((sum, day) => sum + day.records, 0),
    days.reduce((sum, day) => sum + day.rows, 0),
  ];
  const what = records > 0 ? count(records, 'record', 'records') : count(rows, 'stored row', 'stored rows');
  return `${what} on ${count(days.length, 'day', 'days')} will be gone for good, also should the key turn up. What opens stays.`;
}
