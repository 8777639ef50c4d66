/** What came of an import, in words. */
import type { ImportState } from '../model/recording.ts';
import { count } from '../ui/format.ts';

export type ImportCounts = Pick<ImportState, 'added' | 'there' | 'leftOut' | 'elsewhere'>;

/** `why`: for what reason some may have been left out. */
export function countsSentence(
  from: string,
  { added, there, leftOut, elsewhere = 0 }: ImportCounts,
  why: string,
): string {
  return [
    `Imported ${count(added, 'record', 'records')} from ${from}.`,
    ...(there > 0 ? [`${count(there, 'was', 'were')} there already.`] : []),
    ...(leftOut > 0 ? [`${count(leftOut, 'was', 'were')} left out ${why}.`] : []),
    ...(elsewhere > 0
      ? [
          `${count(elsewhere, 'was', 'were')} left out because the days are in an archive or at your sync service: fetch those days back instead.`,
        ]
      : []),
  ].join(' ');
}
