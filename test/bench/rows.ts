/** What the benchmark reports, and how it is printed. */

export interface BenchRow {
  readonly name: string;
  readonly subject: string;
  readonly value: number;
  readonly unit: string;
  /** How many were in the store. */
  readonly events?: number;
  readonly note?: string;
}

/** Three digits that count, and no more than that. */
export const digits = (value: number): string => {
  if (!Number.isFinite(value)) return String(value);
  const decimals = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value >= 1_000 ? Math.round(value).toLocaleString('en') : value.toFixed(Math.min(decimals, 3));
};

/** Ours is compared with these two. */
const OURS = 'arq';
const COMPARED = ['sqlite-wasm', 'dexie'];

/** A column for each subject; where ours is there, what its figure is as a multiple of a peer's. */
export function tableOf(rows: readonly BenchRow[]): string {
  const subjects = [...new Set(rows.map(({ subject }) => subject))];
  const names = [...new Set(rows.map(({ name }) => name))];
  const find = (name: string, subject: string) =>
    rows.find((row) => row.name === name && row.subject === subject);
  const against = subjects.includes(OURS) ? COMPARED.filter((peer) => subjects.includes(peer)) : [];
  const lines = names.map((name) => [
    name,
    rows.find((row) => row.name === name)?.unit ?? '',
    ...subjects.map((subject) => {
      const row = find(name, subject);
      return row === undefined ? '-' : digits(row.value) + (row.note?.startsWith('stopped') ? ' *' : '');
    }),
    ...against.map((peer) => {
      const [ours, theirs] = [find(name, OURS), find(name, peer)];
      return ours && theirs && theirs.value > 0 ? `${digits(ours.value / theirs.value)} x` : '-';
    }),
  ]);
  return aligned([['', 'unit', ...subjects, ...against.map((peer) => `${OURS} : ${peer}`)], ...lines]);
}

/** One column for each size of the store, for one subject. */
export function scaleTableOf(rows: readonly BenchRow[]): string {
  const sizes = [...new Set(rows.map(({ events = 0 }) => events))].sort((a, b) => a - b);
  const names = [...new Set(rows.map(({ name }) => name))];
  const lines = names.map((name) => [
    name,
    rows.find((row) => row.name === name)?.unit ?? '',
    ...sizes.map((size) => {
      const row = rows.find((one) => one.name === name && one.events === size);
      return row === undefined ? '-' : digits(row.value);
    }),
  ]);
  return aligned([['events', '', ...sizes.map((size) => size.toLocaleString('en'))], ...lines]);
}

/** The first two columns to the left, figures to the right. */
function aligned(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
