import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ask, sendImport } from '../messaging/client.ts';
import type { ImportState } from '../model/recording.ts';
import { requestHistoryAccess } from '../platform/history.ts';
import { count } from '../ui/format.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { deriveBytes } from '../ui/passphrase.ts';
import { status } from '../ui/status.ts';
import { batchesOf, checkFile } from './export-file.ts';
import { countsSentence } from './import-words.ts';
import { type ExportSource, type OpenedExport, openExport } from './open-export.ts';

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
    status.value?.sync.phase === 'off'
      ? 'by your level, your rules or the list of sensitive sites'
      : 'by your level, your rules, the list of sensitive sites, or because it was deleted in your account',
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

  /** An encrypted export that waits for its passphrase. */
  const sealed = useSignal<
    { readonly name: string; readonly file: Extract<OpenedExport, { kind: 'sealed' }> } | undefined
  >(undefined);
  const opening = useSignal(false);
  const passphrase = useRef<HTMLInputElement>(null);
  useEffect(() => passphrase.current?.focus(), [sealed.value]);

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
    sealed.value = undefined;
    said.value = { text: '', failed: false };
    const opened = await openExport(file, deriveBytes);
    if (!opened.ok) refuse(opened.error.message);
    else if (opened.value.kind === 'open') await importFrom(file.name, opened.value.source);
    else sealed.value = { name: file.name, file: opened.value };
  };
  const importFrom = async (name: string, source: ExportSource) => {
    const stop = new AbortController();
    running.current = stop;
    const show = (verb: string, half: 0 | 1) => (bytes: number) => {
      fileProgress.value = {
        value: bytes + half * source.size,
        max: 2 * source.size,
        text: `${verb} ${megabytes(bytes)} of ${megabytes(source.size)} MB`,
      };
    };
    show('Checked', 0)(0);
    const checked = await checkFile(source, show('Checked', 0), stop.signal);
    const sent = checked.ok ? await sendImport(batchesOf(source, show('Imported', 1)), stop.signal) : checked;
    fileProgress.value = undefined;
    running.current = undefined;
    said.value = sent.ok
      ? { text: countsSentence(name, sent.value, LEFT_OUT), failed: false }
      : { text: sent.error.message, failed: sent.error.code !== 'cancelled' };
  };
  const unseal = async (event: Event) => {
    event.preventDefault();
    const waiting = sealed.value;
    if (!waiting || opening.value) return;
    said.value = { text: '', failed: false };
    opening.value = true;
    const source = await waiting.file.unseal(passphrase.current?.value ?? '');
    opening.value = false;
    if (!source.ok) {
      passphrase.current?.select();
      return refuse(source.error.message);
    }
    sealed.value = undefined;
    await importFrom(waiting.name, source.value);
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
        browser asks you first. Or a file that was exported: complete, encrypted, or as JSON. Nothing is
        imported twice. What you deleted here comes in again if the browser or the file still has it, unless
        it was deleted in a sync account.
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
          An export
          <input
            type="file"
            accept=".zip,.arqx,.json,application/zip,application/json"
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
      {sealed.value && (
        <form class="row fields" noValidate onSubmit={(event) => void unseal(event)}>
          <label class="field grow">
            Passphrase of {sealed.value.name}
            <input
              ref={passphrase}
              type="password"
              autocomplete="off"
              data-testid="import-passphrase"
              disabled={opening.value}
            />
          </label>
          <button type="submit" data-testid="import-unseal" disabled={opening.value}>
            {opening.value ? 'Opening…' : 'Open and import'}
          </button>
          <button
            type="button"
            class="quiet"
            data-testid="import-forget"
            onClick={() => {
              sealed.value = undefined;
              said.value = { text: 'Nothing was imported.', failed: false };
            }}
          >
            Not now
          </button>
        </form>
      )}
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
