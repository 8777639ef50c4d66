import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Result } from '../base/result.ts';
import { ask } from '../messaging/client.ts';
import type { JoinPreview, PreviewPart } from '../model/join-preview.ts';
import type { Status } from '../model/recording.ts';
import { confirm } from '../ui/components/confirm-dialog.tsx';
import { count, exactTime } from '../ui/format.ts';
import { status } from '../ui/status.ts';
import { recordText } from '../ui/stored-words.ts';
import { deletersText, previewText } from './join-words.ts';
import { NO_SERVICE, UNANSWERED } from './sync-on.tsx';

/** Joining, or sync, waits: what the account's deletions would take from here, and what is to become of it. */
export function JoinQuestion() {
  const preview = useSignal<JoinPreview | null>(null);
  const problem = useSignal('');
  const busy = useSignal('');
  useEffect(() => {
    void ask('sync.preview', {}).then((answer) => {
      if (answer.ok) preview.value = answer.value;
      else problem.value = answer.error.message;
    });
  }, []);

  const run = async (what: string, command: () => Promise<Result<Status>>) => {
    if (busy.value !== '') return null;
    busy.value = what;
    problem.value = '';
    const answer = await command();
    busy.value = '';
    if (answer.ok) status.value = answer.value;
    else problem.value = answer.error.message;
    return answer.ok ? null : answer.error;
  };
  const leave = (anyway: boolean) => run('Leaving…', () => ask('sync.leave', { anyway, loseAway: false }));
  const decline = async () => {
    const failure = await leave(false);
    if (!failure || !NO_SERVICE.includes(failure.code)) return;
    const anyway = await confirm({
      title: UNANSWERED,
      text: 'Nothing here changes. Your other devices go on listing this one until you remove it there.',
      action: 'Leave anyway',
    });
    if (anyway) await leave(true);
  };
  const joining = preview.value?.joining ?? true;
  const agree = ({ of }: PreviewPart) =>
    run(joining ? 'Joining…' : 'Deleting…', () => ask('sync.agree', { of }));

  const deleted = preview.value?.deleted;
  const isTaken = deleted === undefined || deleted.records > 0;
  return (
    <section class="card" data-testid="join-question">
      <h2>
        {!joining
          ? 'Another device deletes much of what is here'
          : isTaken
            ? 'Joining would delete something here'
            : 'What joining brings'}
      </h2>
      <p role="status" data-testid="join-said">
        {deleted ? sentenceOf(deleted, joining) : problem.value === '' ? 'Looking…' : ''}
      </p>
      {preview.value?.joining && <p data-testid="join-preview">{previewText(preview.value)}</p>}
      {preview.value?.by && <p data-testid="join-by">{deletersText(preview.value.by)}</p>}
      {deleted && deleted.listed.length > 0 && <Listed {...deleted} />}
      <p class="muted small" hidden={!isTaken}>
        To keep them, {joining ? 'do not join' : 'leave the account'}, or export them on the “Your data” tab
        first: a file keeps them, but nothing that was deleted in the account comes back into it.
      </p>
      <div class="row">
        <button type="button" data-testid="join-decline" onClick={() => void decline()}>
          {joining ? 'Do not join' : 'Leave the account'}
        </button>
        {deleted && (
          <button
            type="button"
            class={isTaken ? 'danger primary' : 'primary'}
            data-testid="join-agree"
            onClick={() => void agree(deleted)}
          >
            {isTaken ? 'Delete them here too' : 'Join'}
          </button>
        )}
      </div>
      <p class="result" role="status">
        {busy.value}
      </p>
      {problem.value && (
        <p class="error result" role="alert" data-testid="sync-problem">
          {problem.value}
        </p>
      )}
    </section>
  );
}

function sentenceOf({ records, sites }: PreviewPart, joining: boolean): string {
  const of = sites > 0 ? `, of ${count(sites, 'site', 'sites')}` : '';
  if (!joining)
    return `What was deleted on another of your devices means ${count(records, 'record', 'records')} on this one${of}. Sync waits, and nothing was deleted here. If that was you, go on: then they are deleted here too, and this cannot be undone. If not, leave the account, and look at the list of devices on another one.`;
  if (records === 0)
    return 'Nothing that is here is deleted. Nothing was sent yet, and nothing came. When you go on, what is recorded here goes to your other devices, and theirs comes here.';
  return `The account has deletions that mean ${count(records, 'record', 'records')} on this device${of}. Nothing was deleted or sent yet. If you go on, they are deleted here like on your other devices, and this cannot be undone.`;
}

function Listed({ records, listed }: PreviewPart) {
  return (
    <>
      <table class="small">
        <caption class="visually-hidden">Records that would be deleted, the newest first</caption>
        <thead>
          <tr>
            <th scope="col">Recorded</th>
            <th scope="col">What</th>
          </tr>
        </thead>
        <tbody>
          {listed.map((record) => (
            <tr key={record.id} data-testid="join-listed">
              <td>{exactTime(record.atMs)}</td>
              <td class="wrap">{recordText(record)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {records > listed.length && (
        <p class="muted small">And {count(records - listed.length, 'older one', 'older ones')}.</p>
      )}
    </>
  );
}
