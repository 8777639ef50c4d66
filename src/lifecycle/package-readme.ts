/** README.txt of an export, in words for whoever opens it in ten years. */
import type { PackageKind } from './schemas.ts';

export interface ReadmeFacts {
  readonly kind: PackageKind;
  readonly exportedAt: Date;
  readonly version: string;
  readonly records: number;
  /** Days that are in archives, or at the sync service only: their records are not part of this. */
  readonly missingDays: number;
  readonly hasService: boolean;
}

const FULL = `Everything is as it was recorded. Whoever has these files can read them: keep them safe.`;
const ANONYMISED = `It is anonymised, as far as that goes:
  * Times are full hours, in UTC. Time spent is in whole minutes.
  * Names of sites and search engines, and all ids, are replaced by hashes. Their key was made for this export and
    thrown away: the same hash is the same thing within these files, and says nothing anywhere else.
  * Searches, titles, addresses, texts and topics are left out; of lists of them only the length is told.
  * Of the time zone the part of the world is left, of the language its name without the country.
It is reduced, not anonymous: who knows somebody well may still recognise when they were busy, and how often.
It cannot be imported.`;

const FILES = (service: boolean, isFull: boolean): string =>
  [
    'interactions.json   every visit, search and click',
    'interactions.csv    the same as a table, for a spreadsheet',
    'profile.json        the profile: settings of its own, and totals',
    'preferences.json    what was chosen',
    ...(isFull
      ? [
          'settings.json       level, rules, consents and policy, other extensions and what they asked, what was kept out as counts,',
          '                    and your requests',
        ]
      : []),
    'contexts.json       summaries that were saved from time to time: recent searches and pages, click patterns',
    ...(isFull
      ? [
          'deletions.json      what was deleted: when, why, how many records and how far it came, never what it was. "whole" says whether',
          '                    every line of it is as it was written; "before" is the SHA-256 of the line before',
        ]
      : []),
    ...(service
      ? [
          isFull
            ? 'service.json        what the sync service holds: names, sizes and times of sealed objects, and their bytes, if you chose so. It cannot open them'
            : 'service.json        how many things the sync service holds, and their size',
        ]
      : []),
    'schema/             a JSON Schema for each of the JSON files',
  ].join('\n');

const UNITS = `Units: times are ISO 8601 in UTC. dwellMs and averageSessionDuration are milliseconds. Hours of click patterns are 0 to 23
in the profile's time zone, weekdays 0 (Sunday) to 6. Scores and probabilities are 0 to 1. "level" is the privacy level at which
a record was kept; records of kind "reduced" are counts of level anonymous, which have no address.`;

const IN_TABLES = `In interactions.csv a cell that a spreadsheet would take for a formula begins with an apostrophe. Take it away to have the
text itself; the JSON has it unchanged.`;

const IMPORT = `To import: open ARQ Context in another browser, "Your data", "Import", and choose the file as it is (the ZIP, or the encrypted
file, or interactions.json by itself). Interactions are taken over, each once. Profile and contexts are made anew from them
there; preferences are not taken over.`;

export function readme({ kind, exportedAt, version, records, missingDays, hasService }: ReadmeFacts): string {
  const isFull = kind === 'full';
  const when = exportedAt.toISOString();
  return `${[
    `Export of ARQ Context ${version}${isFull ? `, made ${when}, with ${records} records.` : `, made on ${when.slice(0, 10)}.`}`,
    isFull ? FULL : ANONYMISED,
    FILES(hasService, isFull),
    ...(isFull ? [UNITS] : []),
    IN_TABLES,
    ...(missingDays > 0
      ? [
          `Not part of this: ${missingDays} days that are in archives or at the sync service only. Fetch them back first to have them here.`,
        ]
      : []),
    'Not part of this either: what is kept in memory only, and is gone when the browser closes.',
    ...(isFull ? [IMPORT] : []),
  ].join('\n\n')}\n`.replaceAll('\n', '\r\n');
}
