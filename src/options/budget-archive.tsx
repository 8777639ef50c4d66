import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { receiveArchive, sendArchive } from '../messaging/archive-client.ts';
import { ask } from '../messaging/client.ts';
import type { BudgetReport } from '../model/budget.ts';
import { saveFile } from '../ui/file-parts.ts';
import { count } from '../ui/format.ts';
import { sizeText } from '../ui/quantities.ts';
import { archivedMonths, archiveName, fetchedSentence, waitingSentence } from './budget-words.ts';

interface Props {
  readonly report: BudgetReport;
  readonly onChange: () => Promise<void>;
}
interface Said {
  readonly text: string;
  readonly failed: boolean;
}

const NOT_TAKEN = 'The browser did not take the file. Free some disk space, then save the archive again.';

/** Two steps: the file is saved; its days leave when the person says that it is safe. */
export function BudgetArchive({ report, onChange }: Props) {
  const running = useRef<AbortController | undefined>(undefined);
  const progress = useSignal<string | undefined>(undefined);
  const cancellable = useSignal(true);
  const said = useSignal<Said>({ text: '', failed: false });
  const { waiting, archived, away, syncing, state } = report;
  const isBusy = progress.value !== undefined;

  /** Runs something that can be cancelled; `task` resolves with what came of it. */
  const run = async (
    verb: string,
    task: (onBytes: (bytes: number) => void, signal: AbortSignal) => Promise<Said>,
    canCancel = true,
  ) => {
    cancellable.value = canCancel;
    const stop = new AbortController();
    running.current = stop;
    said.value = { text: '', failed: false };
    let bytes = 0;
    progress.value = `${verb}…`;
    said.value = await task((more) => {
      bytes += more;
      progress.value = `${verb}: ${sizeText(bytes)}`;
    }, stop.signal);
    progress.value = undefined;
    running.current = undefined;
    await onChange();
  };
  const save = () =>
    run('Saving', async (onBytes, signal) => {
      const parts: Blob[] = [];
      const made = await receiveArchive((bytes) => {
        parts.push(new Blob([bytes]));
        onBytes(bytes.length);
      }, signal);
      if (!made.ok) return { text: made.error.message, failed: made.error.code !== 'cancelled' };
      try {
        saveFile(new Blob(parts, { type: 'application/octet-stream' }), archiveName(made.value));
        return { text: '', failed: false };
      } catch {
        await ask('archive.discard', { id: made.value.id });
        return { text: NOT_TAKEN, failed: true };
      }
    });
  const fetchBack = async (input: HTMLInputElement) => {
    const [file] = input.files ?? [];
    // Choosing the same file again is a change, too.
    input.value = '';
    if (!file) return;
    await run('Fetching back', async (onBytes, signal) => {
      const back = await sendArchive(file, onBytes, signal);
      return back.ok
        ? { text: fetchedSentence(back.value), failed: false }
        : { text: back.error.message, failed: back.error.code !== 'cancelled' };
    });
  };
  const confirm = async (id: string) => {
    const answer = await ask('archive.confirm', { id });
    said.value = answer.ok
      ? {
          text: `${count(answer.value.records, 'record is', 'records are')} in the file only now.`,
          failed: false,
        }
      : { text: answer.error.message, failed: true };
    await onChange();
  };
  const discard = async (id: string) => {
    const answer = await ask('archive.discard', { id });
    said.value = answer.ok
      ? { text: 'Nothing was removed. You can delete the file.', failed: false }
      : { text: answer.error.message, failed: true };
    await onChange();
  };

  const fetchMonth = (month: string) =>
    run(
      'Fetching back',
      async () => {
        const answer = await ask('archive.fetch-month', { month });
        return answer.ok
          ? { text: 'They are here and searched again.', failed: false }
          : { text: answer.error.message, failed: true };
      },
      false,
    );

  const awayMonths = archivedMonths(away);
  const months = archived ? archivedMonths(archived) : [];
  return (
    <>
      <h3>Archives</h3>
      <p class="small muted">
        An archive is an encrypted file of your oldest days, about as many as it takes to be below 80 % of the
        limit. It opens in this browser profile only: if you remove the extension or lose the profile, nobody
        can open the file. What is in a file only is not searched. What you delete later does not come back
        with a file; deleting whole days or everything makes them unreadable in every copy of it. Single
        records cannot be taken out of a file that you keep.
      </p>
      {archived === undefined && (
        <p class="error">The list of archived days does not open. Your files are left alone.</p>
      )}
      {months.length > 0 && (
        <ul class="plain tabular" data-testid="budget-archived">
          {months.map(({ month, text }) => (
            <li key={month}>{text}, in a file</li>
          ))}
        </ul>
      )}
      {awayMonths.length > 0 && (
        <>
          <p class="small muted">
            These days left this browser; your sync service has them, and perhaps another device of yours.
            What is here of them, as of pinned sites, is searched, the rest is not.
          </p>
          <ul class="plain tabular" data-testid="budget-away">
            {awayMonths.map(({ month, text }) => (
              <li key={month}>
                <span>{text}, at the sync service</span>{' '}
                <button
                  type="button"
                  class="quiet"
                  data-testid="away-fetch"
                  disabled={isBusy}
                  aria-label={`Fetch back the days of ${month}`}
                  onClick={() => void fetchMonth(month)}
                >
                  Fetch back
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      {waiting && !isBusy && (
        <div class="notice" data-testid="archive-waiting">
          <p>
            {waitingSentence(waiting)} Look whether the file is there and keep it safe. Only then remove them
            here.
          </p>
          <div class="row">
            <button type="button" data-testid="archive-confirm" onClick={() => void confirm(waiting.id)}>
              The file is saved: remove them here
            </button>
            <button type="button" data-testid="archive-discard" onClick={() => void discard(waiting.id)}>
              Keep them here
            </button>
          </div>
        </div>
      )}
      <div class="row fields">
        <button
          type="button"
          data-testid="archive-save"
          disabled={isBusy || syncing || state === 'ok'}
          aria-describedby="archive-why"
          onClick={() => void save()}
        >
          Save an archive
        </button>
        <label class="field grow">
          Fetch back: choose an archive
          <input
            type="file"
            accept=".aqa"
            data-testid="archive-fetch"
            disabled={isBusy}
            onChange={(event) => void fetchBack(event.currentTarget)}
          />
        </label>
        {isBusy && cancellable.value && (
          <button type="button" data-testid="archive-cancel" onClick={() => running.current?.abort()}>
            Cancel
          </button>
        )}
      </div>
      <p id="archive-why" class="small muted">
        {syncing
          ? 'While sync is on, no archive is saved: the oldest days leave for the sync service by themselves when your limit is reached.'
          : state === 'ok'
            ? 'Less than 80 % of the limit is used, so nothing has to leave.'
            : 'Nothing is removed before you say that the file is saved.'}
      </p>
      {isBusy && (
        <div class="exporting">
          <progress aria-label="Archive" />
          <span class="small muted tabular">{progress.value}</span>
        </div>
      )}
      <p role="status" class={said.value.failed ? 'result error' : 'result'} data-testid="archive-result">
        {said.value.text}
      </p>
    </>
  );
}
