/** Exports as text, piece by piece: no piece holds more than one batch of records. */
import { type InteractionRecord, recordKind } from '../model/interaction.ts';

export const EXPORT_FORMAT = 'arq-context/export/1';

export type ExportFormat = 'json' | 'csv';

export interface ExportWriter {
  start(exportedAt: Date): string;
  records(batch: readonly InteractionRecord[]): string;
  end(): string;
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** Times as ISO 8601, everything else as it is recorded. `<` and line separators are escaped, so that the file can stand in a page. */
function jsonWriter(): ExportWriter {
  let first = true;
  const safeInPages = (json: string) =>
    json.replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  return {
    start: (exportedAt) =>
      `{"format":"${EXPORT_FORMAT}","exportedAt":"${exportedAt.toISOString()}","interactions":[`,
    records: (batch) =>
      batch
        .map((record) => {
          const { atMs, ...rest } = record;
          const comma = first ? '\n' : ',\n';
          first = false;
          return comma + safeInPages(JSON.stringify({ ...rest, at: iso(atMs) }));
        })
        .join(''),
    end: () => '\n]}\n',
  };
}

export const CSV_COLUMNS = [
  'id',
  'at',
  'kind',
  'level',
  'url',
  'title',
  'engine',
  'query',
  'role',
  'text',
  'target',
  'transition',
  'referrer',
  'dwellMs',
  'category',
] as const;

/**
 * One cell (RFC 4180). A leading character that a spreadsheet would take for a formula, full-width ones included, gets an
 * apostrophe in front (OWASP, "CSV Injection"); so does white space at the beginning, which some take away first.
 */
export function csvCell(value: unknown): string {
  const text = value === undefined ? '' : String(value);
  const safe = /^(\s*[=+\-@＝＋－＠]|[\t\r\n])/.test(text) && typeof value === 'string' ? `'${text}` : text;
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function csvWriter(): ExportWriter {
  return {
    // The mark tells spreadsheets that it is UTF-8.
    start: () => `\uFEFF${CSV_COLUMNS.join(',')}\r\n`,
    records: (batch) =>
      batch
        .map((record) => {
          const row: Record<string, unknown> = { ...record, at: iso(record.atMs), kind: recordKind(record) };
          return `${CSV_COLUMNS.map((column) => csvCell(row[column])).join(',')}\r\n`;
        })
        .join(''),
    end: () => '',
  };
}

export const exportWriter = (format: ExportFormat): ExportWriter =>
  format === 'json' ? jsonWriter() : csvWriter();
