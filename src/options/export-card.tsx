import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { receiveExport } from '../messaging/client.ts';
import { FileParts, saveFile } from '../ui/file-parts.ts';
import { count } from '../ui/format.ts';

const TYPES = { json: 'application/json', csv: 'text/csv' } as const;

export function ExportCard() {
  const running = useRef<AbortController | undefined>(undefined);
  const progress = useSignal<{ readonly records: number; readonly total: number } | undefined>(undefined);
  const result = useSignal('');

  const run = async (format: keyof typeof TYPES) => {
    const stop = new AbortController();
    running.current = stop;
    progress.value = { records: 0, total: 0 };
    result.value = '';
    const parts = new FileParts();
    try {
      const records = await receiveExport(
        { format },
        (chunk) => {
          parts.add(chunk.text);
          progress.value = { records: chunk.records, total: chunk.total };
        },
        stop.signal,
      );
      const day = new Intl.DateTimeFormat('sv-SE').format();
      saveFile(parts.file(TYPES[format]), `arq-context-${day}.${format}`);
      result.value = `Exported ${count(records, 'record', 'records')}.`;
    } catch (error) {
      result.value = stop.signal.aborted
        ? 'Export cancelled. No file was written.'
        : error instanceof Error
          ? error.message
          : String(error);
    } finally {
      progress.value = undefined;
      running.current = undefined;
    }
  };

  const now = progress.value;
  return (
    <section class="card">
      <h2>Export</h2>
      <p class="small muted">
        Everything that is stored, in one readable file. Whoever has the file can read it: keep it safe. What
        lives in memory only is not part of it.
      </p>
      <div class="row">
        <button
          type="button"
          data-testid="export-json"
          disabled={now !== undefined}
          onClick={() => void run('json')}
        >
          Export as JSON
        </button>
        <button
          type="button"
          data-testid="export-csv"
          disabled={now !== undefined}
          onClick={() => void run('csv')}
        >
          Export as CSV
        </button>
        {now && (
          <button type="button" data-testid="export-cancel" onClick={() => running.current?.abort()}>
            Cancel
          </button>
        )}
      </div>
      {now && <progress aria-label="Export" max={Math.max(1, now.total)} value={now.records} />}
      <p role="status" data-testid="export-result">
        {result.value}
      </p>
    </section>
  );
}
