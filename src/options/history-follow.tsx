import { useSignal } from '@preact/signals';
import { ask } from '../messaging/client.ts';
import { requestHistoryAccess } from '../platform/history.ts';
import { change, status } from '../ui/status.ts';
import { elsewhereText, eraseAfterAsking } from './erase.ts';

/** Whether what is deleted in the browser's own history is deleted here too. */
export function HistoryFollow() {
  const refused = useSignal('');
  const on = status.value?.following !== undefined;
  const set = async (wanted: boolean) => {
    refused.value = '';
    // First of all: the browser asks only as the direct answer to a click.
    const given = !wanted || (await requestHistoryAccess().catch(() => false));
    if (given) await change('history.follow', { on: wanted });
    else {
      refused.value = 'The browser did not give access to its history, so deletions there are not seen.';
      // The box goes back to what holds.
      if (status.value) status.value = { ...status.value };
    }
  };
  return (
    <div class="apart">
      <label class="check">
        <input
          type="checkbox"
          data-testid="follow-history"
          checked={on}
          onChange={(event) => void set(event.currentTarget.checked)}
        />
        Also delete from this memory what I delete in the browser's own history
      </label>
      <p class="small muted">
        Pages that the browser has no visit of any more are deleted, with all that was recorded on them
        {elsewhereText()}, and you can undo it. Pages that you did not visit in this browser for two months
        stay, because browsers also forget old pages by themselves. If you clear all of it, you are asked.
        While ARQ Context is locked, nothing is deleted here.
      </p>
      <p class="error" role="alert" hidden={refused.value === ''}>
        {refused.value}
      </p>
    </div>
  );
}

/** All of the browser's history was cleared: what about this? */
export function HistoryCleared() {
  const said = useSignal('');
  if (!status.value?.following?.cleared) return null;
  const eraseAll = async () => {
    const erased = await eraseAfterAsking({ what: 'all' }, 'in all', () =>
      ask('history.cleared', { erase: true }),
    );
    said.value = erased.text;
  };
  return (
    <section class="card" data-testid="history-cleared">
      <p role="status">
        You cleared the browser's own history. Delete everything that ARQ Context has, too
        {elsewhereText()}?
      </p>
      <div class="row">
        <button
          type="button"
          class="danger"
          data-testid="history-cleared-erase"
          onClick={() => void eraseAll()}
        >
          Delete everything…
        </button>
        <button
          type="button"
          data-testid="history-cleared-keep"
          onClick={() => void change('history.cleared', { erase: false })}
        >
          Keep it
        </button>
      </div>
      <p role="status" hidden={said.value === ''}>
        {said.value}
      </p>
    </section>
  );
}
