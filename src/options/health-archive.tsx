import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Result } from '../base/result.ts';
import { receiveArchive, sendArchive } from '../messaging/archive-client.ts';
import { ask } from '../messaging/client.ts';
import type { BudgetReport } from '../model/budget.ts';
import { saveFile } from '../ui/file-parts.ts';
import { count } from '../ui/format.ts';
import { shareText } from '../ui/quantities.ts';
import { monthText } from './budget-words.ts';

interface Props {
  readonly report: BudgetReport;
  /** Shows what came of a command; tells whether it was done. */
  readonly show: (answer: Result<BudgetReport>, done?: string) => boolean;
}

/** Days that are not on this computer, and how they leave and come back. */
export function HealthArchive({ report, show }: Props) {
  const busy = useSignal('');
  const file = useRef<HTMLInputElement>(null);
  const { archived, offered, canArchive, syncing, phase } = report;

  /** What is shown afterwards is read anew. */
  const after = async (result: Result<string>) => {
    busy.value = '';
    const answer = result.ok ? await ask('budget.get', {}) : result;
    show(answer, result.ok ? result.value : '');
  };
  const save = async () => {
    busy.value = 'Making the archive…';
    const pieces: BlobPart[] = [];
    const made = await receiveArchive((piece, done, total) => {
      pieces.push(new Blob([piece]));
      busy.value = `Making the archive… ${shareText(done / total)}`;
    });
    if (made.ok) saveFile(new Blob(pieces, { type: 'application/octet-stream' }), made.value.name);
    await after(made.ok ? { ok: true, value: '' } : made);
  };
  const confirmSaved = async () => {
    busy.value = 'Making room…';
    const answer = await ask('archive.confirm', {});
    busy.value = '';
    show(answer, 'Done: these days are in the file now.');
  };
  const restore = async (input: HTMLInputElement) => {
    const [chosen] = input.files ?? [];
    input.value = '';
    if (!chosen) return;
    busy.value = `Reading ${chosen.name}…`;
    const sent = await sendArchive(chosen, (bytes) => {
      busy.value = `Reading ${chosen.name}… ${shareText(bytes / chosen.size)}`;
    });
    await after(
      sent.ok ? { ok: true, value: `${chosen.name} is back. What you deleted meanwhile is not.` } : sent,
    );
  };
  const fetch = async (month: string) => {
    busy.value = 'Fetching back from the sync service…';
    const answer = await ask('archive.fetch', { month });
    busy.value = '';
    show(answer, 'These days are back.');
  };
  const isBusy = busy.value !== '';
  return (
    <>
      <h3 id="archived">Archived days</h3>
      <p class="small muted">
        {syncing
          ? 'While sync is on, the oldest days leave this computer when the budget is used up. The sync service keeps them, encrypted.'
          : 'An archive is an encrypted file of your oldest days that only this browser profile opens. It does not open on another computer, nor after this profile is gone.'}{' '}
        Archived days are not searched until you fetch them back. If you delete something that is in a file,
        it stays in the file, but it does not come back; deleting a whole day or everything makes it
        unreadable there too.
      </p>
      {offered ? (
        <div class="offer" data-testid="archive-offer">
          <p>
            Is <strong>{offered.name}</strong> saved ({count(offered.days, 'day', 'days')},{' '}
            {count(offered.records, 'record', 'records')})? Look for it where your downloads go. These days
            leave this browser only when you say so.
          </p>
          <div class="row">
            <button
              type="button"
              class="primary"
              data-testid="archive-confirm"
              disabled={isBusy}
              onClick={() => void confirmSaved()}
            >
              Yes, it is saved
            </button>
            <button
              type="button"
              data-testid="archive-discard"
              disabled={isBusy}
              onClick={async () => show(await ask('archive.discard', {}), 'Nothing left this computer.')}
            >
              No, keep them here
            </button>
          </div>
        </div>
      ) : (
        !syncing && (
          <button
            type="button"
            data-testid="archive-save"
            disabled={isBusy || !canArchive || phase === 'ok'}
            aria-describedby="archive-why"
            onClick={() => void save()}
          >
            Save an archive
          </button>
        )
      )}
      {!syncing && !offered && (
        <p class="small muted" id="archive-why">
          {phase === 'ok'
            ? 'There is room enough: it is offered when four fifths of the budget are used.'
            : 'The oldest days, enough to get down to four fifths of the budget, or as much as one file takes.'}
        </p>
      )}
      {archived.length > 0 && (
        <ul class="archived" data-testid="archived">
          {archived.map((month) => (
            <li key={`${month.month} ${month.where}`} class="row spread">
              <span>
                <strong>{month.month.slice(0, 7)}</strong>: {monthText(month)}
                {month.files.length > 0 && <span class="small muted"> ({month.files.join(', ')})</span>}
              </span>
              <button
                type="button"
                data-testid="archive-fetch"
                aria-label={`Fetch back ${month.month.slice(0, 7)}, ${month.where === 'file' ? 'from a file' : 'from the sync service'}`}
                disabled={isBusy}
                onClick={() => (month.where === 'file' ? file.current?.click() : void fetch(month.month))}
              >
                Fetch back{month.where === 'file' ? '…' : ''}
              </button>
            </li>
          ))}
        </ul>
      )}
      <input
        ref={file}
        type="file"
        class="visually-hidden"
        accept=".arqa"
        tabIndex={-1}
        aria-label="An archive to fetch back"
        data-testid="archive-file"
        onChange={(event) => void restore(event.currentTarget)}
      />
      <p role="status" class="result" data-testid="archive-busy">
        {busy.value}
      </p>
    </>
  );
}
