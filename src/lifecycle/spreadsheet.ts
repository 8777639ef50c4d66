/** Records as a table (RFC 4180: one header, lines end with CR LF) that is safe to open in a spreadsheet. */
import { type InteractionRecord, recordKind } from '../model/interaction.ts';

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

/** Programs end a text at NUL, or refuse the file; none of the others is anything that a person reads. */
const CONTROLS = /(?![\t\r\n])\p{Cc}/gu;

/**
 * Where a cell begins, also for a program that separates cells by something else than commas: what of a text comes behind that would be a
 * cell of its own there, and its quotes mean nothing.
 */
const FORMULA = /(^|[;|\t\r\n])(?=["\s]*[=+\-@＝＋－＠])/g;

/**
 * One cell. A character that a spreadsheet would take for the beginning of a formula, full-width ones included, gets an apostrophe in
 * front (OWASP, "CSV Injection"); so does white space at the beginning, which some take away first. Control characters and
 * halves of surrogate pairs, which no file can hold, become U+FFFD.
 */
export function csvCell(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') return String(value);
  const text = value.toWellFormed().replaceAll(CONTROLS, '\uFFFD');
  const safe = text.replace(/^(?=[\t\r\n])/, "'").replaceAll(FORMULA, "$1'");
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csvLine = (cells: readonly unknown[]): string => `${cells.map(csvCell).join(',')}\r\n`;

/** The mark tells spreadsheets that it is UTF-8. */
export const csvHeader = (columns: readonly string[]): string => `\uFEFF${csvLine(columns)}`;

export const csvRecord = (record: InteractionRecord): string => {
  const row: Record<string, unknown> = {
    ...record,
    at: new Date(record.atMs).toISOString(),
    kind: recordKind(record),
  };
  return csvLine(CSV_COLUMNS.map((column) => row[column]));
};
