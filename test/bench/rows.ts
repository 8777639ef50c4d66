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

/** Of these the growth is told. */
const GROWING = ['search-warm-p95', 'ingest'];

/** How figures of one subject change from each size of the store to the next larger one: `a 10 → 1,000 events: 2.00 x`. */
export function growthOf(rows: readonly BenchRow[], names: readonly string[] = GROWING): string {
  return names
    .flatMap((name) => {
      const sorted = rows
        .filter((row) => row.name === name)
        .sort(({ events: a = 0 }, { events: b = 0 }) => a - b);
      const ratios = sorted
        .slice(1)
        .map((row, i) => `${digits(row.value / (sorted[i]?.value ?? Number.NaN))} x`);
      const sizes = sorted.map(({ events = 0 }) => events.toLocaleString('en')).join(' → ');
      return ratios.length === 0 ? [] : [`${name}, ${sizes} events: ${ratios.join(', ')}`];
    })
    .join('\n');
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
