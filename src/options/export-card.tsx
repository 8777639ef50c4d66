import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { receiveExport } from '../messaging/client.ts';
import { FileParts, saveFile } from '../ui/file-parts.ts';
import { count } from '../ui/format.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { status } from '../ui/status.ts';

const TYPES = { json: 'application/json', csv: 'text/csv' } as const;

/** Hands over the file and says so. */
function save(parts: FileParts, format: keyof typeof TYPES, records: number): string {
  const day = new Intl.DateTimeFormat('sv-SE').format();
  const name = `arq-context-${day}.${format}`;
  try {
    saveFile(parts.file(TYPES[format]), name);
    return `Exported ${count(records, 'record', 'records')} to ${name}. The browser puts it where your downloads go.`;
  } catch {
    return 'The browser did not take the file. Free some disk space, then export again.';
  }
}

export function ExportCard() {
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const running = useRef<AbortController | undefined>(undefined);
  const progress = useSignal<{ readonly records: number; readonly total: number } | undefined>(undefined);
  const result = useSignal('');
  const failed = useSignal(false);

  const run = async (format: keyof typeof TYPES) => {
    const stop = new AbortController();
    running.current = stop;
    progress.value = { records: 0, total: 0 };
    result.value = '';
    failed.value = false;
    const parts = new FileParts();
    const received = await receiveExport(
      { format },
      (chunk) => {
        parts.add(chunk.text);
        progress.value = { records: chunk.records, total: chunk.total };
      },
      stop.signal,
    );
    progress.value = undefined;
    running.current = undefined;
    result.value = received.ok ? save(parts, format, received.value) : received.error.message;
    failed.value = !received.ok && received.error.code !== 'cancelled';
  };

  const now = progress.value;
  return (
    <section class="card" ref={box}>
      <h2>Export</h2>
      <p class="small muted">
        Everything that is stored, in one file. Whoever has the file can read it: keep it safe. What is kept
        in memory only is not part of it
        {(status.value?.budget?.archivedDays ?? 0) > 0 ? ', nor are archived days' : ''}.
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
      {now && (
        <div class="exporting">
          <progress aria-label="Export" max={Math.max(1, now.total)} value={now.records} />
          <span class="small muted tabular">
            {now.records.toLocaleString()} of {count(now.total, 'record', 'records')}
          </span>
        </div>
      )}
      <p role="status" class={failed.value ? 'result error' : 'result'} data-testid="export-result">
        {result.value}
      </p>
    </section>
  );
}
