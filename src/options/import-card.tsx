import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { ask, sendImport } from '../messaging/client.ts';
import type { ImportState } from '../model/recording.ts';
import { requestHistoryAccess } from '../platform/history.ts';
import { count } from '../ui/format.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { status } from '../ui/status.ts';
import { batchesOf, checkFile } from './export-file.ts';
import { countsSentence } from './import-words.ts';

/** Why records of a file may have been left out. */
const LEFT_OUT = 'because of your level and rules, or because you deleted it';
const REFUSED =
  'The browser did not give access to its history, so nothing was imported. Press the button again to be asked again.';
const EPHEMERAL = 'At level ephemeral nothing is stored, so nothing is imported. Choose another level first.';

interface Said {
  readonly text: string;
  readonly failed: boolean;
}
interface Progress {
  readonly value: number;
  readonly max: number;
  readonly text: string;
}

function historySaid(state: ImportState | undefined): Said {
  if (!state || state.phase === 'running') return { text: '', failed: false };
  const sentence = countsSentence(
    "this browser's history",
    state,
    'by your level, your rules, the list of sensitive sites, or because you deleted it',
  );
  return {
    text: state.message === undefined ? sentence : `${state.message} ${sentence}`,
    failed: state.phase === 'failed',
  };
}

const historyProgress = ({ daysRead, days, added }: ImportState): Progress => ({
  value: daysRead,
  max: days,
  text: `${daysRead.toLocaleString()} of ${count(days, 'day', 'days')} read, ${count(added, 'record', 'records')} imported`,
});

const megabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);

export function ImportCard() {
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const running = useRef<AbortController | undefined>(undefined);
  const fileProgress = useSignal<Progress | undefined>(undefined);
  /** Of what was done on this page; before that, what the background says of the last import. */
  const said = useSignal<Said | undefined>(undefined);

  const refuse = (text: string) => {
    said.value = { text, failed: true };
  };
  const importHistory = () => {
    if (status.value?.level === 'ephemeral') return refuse(EPHEMERAL);
    // First of all: the browser asks only as the direct answer to a click.
    requestHistoryAccess().then(
      async (given) => {
        if (!given) return refuse(REFUSED);
        said.value = undefined;
        const started = await ask('import.history', {});
        if (!started.ok) refuse(started.error.message);
      },
      () => refuse(REFUSED),
    );
  };
  const importFile = async (input: HTMLInputElement) => {
    const [file] = input.files ?? [];
    // Choosing the same file again is a change, too.
    input.value = '';
    if (!file) return;
    const stop = new AbortController();
    running.current = stop;
    said.value = { text: '', failed: false };
    const show = (verb: string, half: 0 | 1) => (bytes: number) => {
      fileProgress.value = {
        value: bytes + half * file.size,
        max: 2 * file.size,
        text: `${verb} ${megabytes(bytes)} of ${megabytes(file.size)} MB`,
      };
    };
    show('Checked', 0)(0);
    const checked = await checkFile(file, show('Checked', 0), stop.signal);
    const sent = checked.ok ? await sendImport(batchesOf(file, show('Imported', 1)), stop.signal) : checked;
    fileProgress.value = undefined;
    running.current = undefined;
    said.value = sent.ok
      ? { text: countsSentence(file.name, sent.value, LEFT_OUT), failed: false }
      : { text: sent.error.message, failed: sent.error.code !== 'cancelled' };
  };

  const history = status.value?.historyImport;
  const now = fileProgress.value ?? (history?.phase === 'running' ? historyProgress(history) : undefined);
  const result = said.value ?? historySaid(history);
  const cancel = () => {
    if (running.current) running.current.abort();
    else void ask('import.cancel', {});
  };
  return (
    <section class="card" ref={box}>
      <h2>Import</h2>
      <p class="small muted">
        What this browser remembers of the pages that you visited, as your level and rules keep it. The
        browser asks you first. Or a file that was exported as JSON. Nothing is imported twice.
      </p>
      <p class="small muted">
        Your level and rules of now hold for a file, too: what they exclude is left out, and a record never
        gets a milder level than it had. If the browser stops the import of a file half-way, choose the file
        again.
      </p>
      <div class="row fields">
        <button
          type="button"
          data-testid="import-history"
          disabled={now !== undefined}
          onClick={importHistory}
        >
          Import this browser's history…
        </button>
        <label class="field grow">
          A JSON export
          <input
            type="file"
            accept=".json,application/json"
            data-testid="import-file"
            disabled={now !== undefined}
            onChange={(event) => void importFile(event.currentTarget)}
          />
        </label>
        {now && (
          <button type="button" data-testid="import-cancel" onClick={cancel}>
            Cancel
          </button>
        )}
      </div>
      {now && (
        <div class="exporting" data-testid="import-progress">
          <progress aria-label="Import" max={Math.max(1, now.max)} value={now.value} />
          <span class="small muted tabular">{now.text}</span>
        </div>
      )}
      <p role="status" class={result.failed ? 'result error' : 'result'} data-testid="import-result">
        {now ? '' : result.text}
      </p>
    </section>
  );
}
