/** All files of an export, piece by piece: no piece holds more than one batch of records. */
import type { ARQContext } from '../model/context.ts';
import { toJson } from '../model/context.ts';
import type { LogReading } from '../model/deletion-log.ts';
import type { InteractionRecord } from '../model/interaction.ts';
import type { PreferencesObject, UserProfile } from '../model/profile.ts';
import { anonymised, anonymisedRecords, KeyedNames } from './anonymise.ts';
import { ANONYMISED_FORMAT, EXPORT_FORMAT, exportedRecord } from './export-format.ts';
import { JsonList, safeJson } from './json-text.ts';
import { readme } from './package-readme.ts';
import { type PackageKind, schemasOf } from './schemas.ts';
import { CSV_COLUMNS, csvHeader, csvLine, csvRecord } from './spreadsheet.ts';

/** Why the service did not tell what it holds, or not all of it. `message` is for the person. */
export class ServiceSilent extends Error {
  override readonly name = 'ServiceSilent';
}

export interface Holdings {
  readonly url: string;
  /** What the service holds, without bodies. @throws ServiceSilent, also half-way. */
  held(): AsyncIterable<Readonly<Record<string, unknown>>>;
}

export interface PackageSources {
  readonly exportedAt: Date;
  readonly version: string;
  /** Folded records. */
  readonly records: number;
  readonly missingDays: number;
  /** `null`: it cannot be read. */
  profile(): Promise<UserProfile | null>;
  preferences(): Promise<PreferencesObject | null>;
  /** Everything else that is kept about the person, as JSON takes it. No part of an anonymised export: it names sites. */
  settings(): Promise<Readonly<Record<string, unknown>> | null>;
  contexts(): AsyncIterable<ARQContext>;
  /** What was deleted, without what it was. No part of an anonymised export: it has exact times. */
  deletions(): Promise<LogReading | null>;
  /** Records of one day after another, oldest first. Asked for twice: once for each form. */
  days(): AsyncIterable<readonly InteractionRecord[]>;
  /** `null` while sync is off. */
  readonly service: Holdings | null;
}

export interface Piece {
  /** With the first piece of each file. */
  readonly file?: string;
  readonly text: string;
  /** Records that were written up to here, in both forms together. */
  readonly records: number;
  /** Something is missing, as a sentence. */
  readonly warning?: string;
}

const BATCH = 500;

const UNREADABLE = {
  profile: 'Your profile cannot be read now and is not in this export. The rest of the export is complete.',
  settings:
    'Your settings cannot be read now and are not in this export. The rest of the export is complete.',
  deletions:
    'The log of deletions cannot be read now and is not in this export. The rest of the export is complete.',
  preferences:
    'Your preferences cannot be read now and are not in this export. The rest of the export is complete.',
} as const;

interface Form {
  readonly format: string;
  readonly columns: readonly string[];
  /** Records of one day, as they stand in JSON. */
  json(records: readonly InteractionRecord[]): Promise<readonly unknown[]>;
  csv(records: readonly InteractionRecord[]): Promise<readonly string[]>;
  thing(table: 'profile' | 'preferences' | 'context', value: object): Promise<unknown>;
}

const FULL: Form = {
  format: EXPORT_FORMAT,
  columns: CSV_COLUMNS,
  json: async (records) => records.map(exportedRecord),
  csv: async (records) => records.map(csvRecord),
  thing: async (_, value) => toJson(value),
};

const ANONYMISED_COLUMNS = [
  'id',
  'at',
  'kind',
  'of',
  'level',
  'site',
  'engine',
  'role',
  'targetSite',
  'transition',
  'referrerSite',
  'dwellMinutes',
  'category',
] as const;

function anonymisedForm(names: KeyedNames): Form {
  const json = (records: readonly InteractionRecord[]) => anonymisedRecords(records, names);
  return {
    format: ANONYMISED_FORMAT,
    columns: ANONYMISED_COLUMNS,
    json,
    csv: async (records) =>
      (await json(records)).map((row) => csvLine(ANONYMISED_COLUMNS.map((column) => row[column]))),
    thing: (table, value) => anonymised(table, value, names),
  };
}

export async function* packagePieces(
  sources: PackageSources,
  kind: PackageKind,
  names = new KeyedNames(),
): AsyncGenerator<Piece> {
  const form = kind === 'full' ? FULL : anonymisedForm(names);
  let records = 0;
  const whole = (file: string, text: string): Piece => ({ file, text, records });
  yield whole('README.txt', readme({ ...sources, kind, hasService: sources.service !== null }));
  const at = sources.exportedAt.toISOString();
  const exportedAt = kind === 'full' ? at : `${at.slice(0, 13)}:00:00.000Z`;
  yield whole(
    'interactions.json',
    `{"format":"${form.format}","exportedAt":"${exportedAt}","interactions":[`,
  );
  const list = new JsonList();
  for await (const day of sources.days())
    for (const batch of batches(await form.json(day))) {
      records += batch.length;
      yield { text: list.items(batch), records };
    }
  yield { text: '\n]}\n', records };
  yield whole('interactions.csv', csvHeader(form.columns));
  for await (const day of sources.days())
    for (const batch of batches(await form.csv(day))) {
      records += batch.length;
      yield { text: batch.join(''), records };
    }
  for (const table of ['profile', 'preferences'] as const) {
    const value = await sources[table]();
    if (value) yield whole(`${table}.json`, `${safeJson(await form.thing(table, value))}\n`);
    else yield { text: '', records, warning: UNREADABLE[table] };
  }
  if (kind === 'full') {
    const settings = await sources.settings();
    if (settings) yield whole('settings.json', `${safeJson(settings)}\n`);
    else yield { text: '', records, warning: UNREADABLE.settings };
  }
  yield whole('contexts.json', '[');
  const contexts = new JsonList();
  for await (const context of sources.contexts())
    yield { text: contexts.items([await form.thing('context', context)]), records };
  yield { text: '\n]\n', records };
  if (kind === 'full') {
    const deletions = await sources.deletions();
    if (deletions) yield whole('deletions.json', `${safeJson(loggedDeletions(deletions))}\n`);
    else yield { text: '', records, warning: UNREADABLE.deletions };
  }
  if (sources.service) {
    const file = kind === 'full' ? holdings(sources.service, at) : summary(sources.service, exportedAt);
    for await (const piece of file) yield { ...piece, records };
  }
  for (const [name, schema] of Object.entries(schemasOf(kind, form.format)))
    if (sources.service || name !== 'service.json')
      yield whole(`schema/${name.replace('.json', '.schema.json')}`, `${JSON.stringify(schema, null, 2)}\n`);
}

const loggedDeletions = ({ whole, entries }: LogReading) => ({
  whole,
  entries: entries.map(({ atMs, ...entry }) => ({ ...entry, at: new Date(atMs).toISOString() })),
});

function* batches<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < list.length; i += BATCH) yield list.slice(i, i + BATCH);
}

type Part = Omit<Piece, 'records'>;

/** How it ended, and what the person is told when that is not well. */
function ending(problem: string | undefined): { readonly fields: string; readonly warning?: string } {
  if (problem === undefined) return { fields: '"complete":true' };
  return { fields: `"complete":false,"problem":${safeJson(problem)}`, warning: problem };
}

async function* holdings({ url, held }: Holdings, askedAt: string): AsyncGenerator<Part> {
  yield { file: 'service.json', text: `{"service":${safeJson(url)},"askedAt":"${askedAt}","held":[` };
  const list = new JsonList();
  const problem = yield* readHeld(held(), (batch) => list.items(batch));
  const { fields, ...warning } = ending(problem);
  yield { text: `\n],${fields}}\n`, ...warning };
}

async function* summary({ held }: Holdings, askedAt: string): AsyncGenerator<Part> {
  const counts: Record<string, number> = {};
  let bytes = 0;
  const count = (batch: readonly Readonly<Record<string, unknown>>[]) => {
    for (const { type, size } of batch) {
      const name = HELD.find((one) => one === type) ?? 'other';
      counts[name] = (counts[name] ?? 0) + 1;
      if (typeof size === 'number') bytes += size;
    }
    return '';
  };
  const problem = yield* readHeld(held(), count);
  const { fields, ...warning } = ending(problem);
  const text = `{"askedAt":"${askedAt}","held":${safeJson(counts)},"bytes":${bytes},${fields}}\n`;
  yield { file: 'service.json', text, ...warning };
}
const HELD = ['account', 'devices', 'change', 'object', 'answer'] as const;

/** Returns why it is not all, if it is not. */
async function* readHeld(
  held: AsyncIterable<Readonly<Record<string, unknown>>>,
  written: (batch: readonly Readonly<Record<string, unknown>>[]) => string,
): AsyncGenerator<Part, string | undefined> {
  let batch: Readonly<Record<string, unknown>>[] = [];
  let problem: string | undefined;
  try {
    for await (const one of held) {
      batch.push(one);
      // With its bytes, one may have a megabyte.
      if (batch.length < BATCH && !('body' in one)) continue;
      const text = written(batch);
      if (text !== '') yield { text };
      batch = [];
    }
  } catch (error) {
    if (!(error instanceof ServiceSilent)) throw error;
    problem = error.message;
  }
  const text = written(batch);
  if (text !== '') yield { text };
  return problem;
}
