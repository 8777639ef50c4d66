/** Records as text, piece by piece: no piece holds more than one batch of them. */
import type { InteractionRecord } from '../model/interaction.ts';
import { JsonList } from './json-text.ts';
import { CSV_COLUMNS, csvHeader, csvRecord } from './spreadsheet.ts';

export const EXPORT_FORMAT = 'arq-context/export/1';
/** Of what is left of records in an export that cannot be imported. */
export const ANONYMISED_FORMAT = 'arq-context/anonymised/1';

export type ExportFormat = 'json' | 'csv';

export interface ExportWriter {
  start(exportedAt: Date): string;
  records(batch: readonly InteractionRecord[]): string;
  end(): string;
}

/** As it stands in a file: times as ISO 8601, everything else as it is recorded. */
export const exportedRecord = ({ atMs, afterMs, ...rest }: InteractionRecord): unknown => ({
  ...rest,
  at: new Date(atMs).toISOString(),
  ...(afterMs === undefined ? {} : { after: new Date(afterMs).toISOString() }),
});

function jsonWriter(): ExportWriter {
  const list = new JsonList();
  return {
    start: (exportedAt) =>
      `{"format":"${EXPORT_FORMAT}","exportedAt":"${exportedAt.toISOString()}","interactions":[`,
    records: (batch) => list.items(batch.map(exportedRecord)),
    end: () => '\n]}\n',
  };
}

const csvWriter = (): ExportWriter => ({
  start: () => csvHeader(CSV_COLUMNS),
  records: (batch) => batch.map(csvRecord).join(''),
  end: () => '',
});

export const exportWriter = (format: ExportFormat): ExportWriter =>
  format === 'json' ? jsonWriter() : csvWriter();
