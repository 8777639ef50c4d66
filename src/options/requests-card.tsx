import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Result } from '../base/result.ts';
import { ask } from '../messaging/client.ts';
import { type DataAccessRequest, isOpenRequest, REQUEST_LIMITS } from '../model/data-request.ts';
import { exactTime } from '../ui/format.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { status } from '../ui/status.ts';
import { outcomeWords, requestWords, statusWords } from './request-words.ts';
import { goingOn, loadRequests, requests } from './requests.ts';

/** What was asked of the data, and what came of it; and deleting all of it. */
export function RequestsCard() {
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const problem = useSignal('');
  const busy = useSignal(false);
  // Another page, or the background, may have done something.
  useEffect(() => void loadRequests(), [status.value]);

  const act = async (asking: () => Promise<Result<readonly DataAccessRequest[]>>) => {
    if (busy.value) return;
    busy.value = true;
    problem.value = '';
    const answer = await asking();
    busy.value = false;
    if (answer.ok) requests.value = answer.value;
    else problem.value = answer.error.message;
  };
  const goOn = ({ id, detail }: DataAccessRequest) => {
    if (detail.type === 'export') goingOn.value = { id, kind: detail.kind };
    else void act(() => ask('requests.resume', { id }));
  };

  const all = requests.value ?? [];
  return (
    <section class="card" ref={box}>
      <h2>Your requests</h2>
      <p class="small muted">
        What you asked of your data: exports, deletions of everything, and corrections. Only counts, times and
        your own note are kept of them, sealed like everything else, in this browser.
      </p>
      {all.length === 0 ? (
        <p class="small" data-testid="requests-none">
          {requests.value && 'There are none yet.'}
        </p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">Request</th>
              <th scope="col">Made</th>
              <th scope="col">How far it is</th>
              <th scope="col">
                <span class="visually-hidden">Go on or cancel</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {all.map((one) => (
              <tr key={one.id} data-testid="request">
                <th scope="row">
                  {requestWords(one)}
                  {one.reason !== '' && <div class="small muted">{one.reason}</div>}
                </th>
                <td>{exactTime(Date.parse(one.timestamp))}</td>
                <td>
                  {statusWords(one)}
                  <div class="small muted">{outcomeWords(one)}</div>
                </td>
                <td>
                  {(one.status === 'interrupted' || one.status === 'failed') && (
                    <div class="row">
                      <button
                        type="button"
                        data-testid="request-resume"
                        disabled={busy.value}
                        aria-label={`Go on: ${requestWords(one)}`}
                        onClick={() => goOn(one)}
                      >
                        Go on
                      </button>
                      <button
                        type="button"
                        class="quiet"
                        data-testid="request-cancel"
                        disabled={busy.value}
                        aria-label={`Cancel: ${requestWords(one)}`}
                        onClick={() => void act(() => ask('requests.cancel', { id: one.id }))}
                      >
                        Cancel
                      </button>
                    </div>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {all.some((one) => !isOpenRequest(one)) && (
        <button
          type="button"
          class="quiet"
          data-testid="requests-clear"
          disabled={busy.value}
          onClick={() => void act(() => ask('requests.clear', {}))}
        >
          Forget those that have ended
        </button>
      )}
      <DeleteAll busy={busy.value} act={act} />
      <p role="status" class={problem.value === '' ? 'result' : 'result error'} data-testid="request-result">
        {busy.value ? 'Working…' : problem.value}
      </p>
    </section>
  );
}

interface DeleteProps {
  readonly busy: boolean;
  readonly act: (asking: () => Promise<Result<readonly DataAccessRequest[]>>) => Promise<void>;
}

function DeleteAll({ busy, act }: DeleteProps) {
  const word = useSignal('');
  const account = useSignal(false);
  const reason = useSignal('');
  const refused = useSignal('');
  const isSynced = status.value !== undefined && status.value.sync.phase !== 'off';
  const run = (event: Event) => {
    event.preventDefault();
    refused.value = word.value === 'DELETE' ? '' : 'Type DELETE in capital letters. Nothing was deleted.';
    if (refused.value !== '') return;
    word.value = '';
    const body = { account: isSynced && account.value, reason: reason.value.trim(), word: 'DELETE' } as const;
    reason.value = '';
    void act(() => ask('requests.delete', body));
  };
  return (
    <details class="apart">
      <summary data-testid="request-delete">
        Delete everything, with profile{isSynced ? ' and account' : ''}…
      </summary>
      <p class="small">
        Everything that was recorded, saved contexts, profile, preferences and this list, in this browser
        {isSynced ? ' and on the devices that you sync with, as soon as each of them is online' : ''}. Your
        level and your rules stay. This cannot be undone.
      </p>
      <form class="spaced" noValidate onSubmit={run}>
        {isSynced && (
          <label class="check">
            <input
              type="checkbox"
              data-testid="request-account"
              checked={account.value}
              onChange={(event) => {
                account.value = event.currentTarget.checked;
              }}
            />
            <span>
              And the account at the sync service. Devices that are not online now keep what they have: delete
              it there, too.
            </span>
          </label>
        )}
        <div class="row fields">
          <label class="field grow">
            A note for yourself, if you like
            <input
              data-testid="request-reason"
              autocomplete="off"
              maxLength={REQUEST_LIMITS.reason}
              value={reason.value}
              onInput={(event) => {
                reason.value = event.currentTarget.value;
              }}
            />
          </label>
          <label class="field">
            Type DELETE
            <input
              data-testid="request-word"
              autocomplete="off"
              spellcheck={false}
              value={word.value}
              onInput={(event) => {
                word.value = event.currentTarget.value;
              }}
            />
          </label>
          <button type="submit" class="danger" data-testid="request-delete-run" disabled={busy}>
            Delete everything
          </button>
        </div>
      </form>
      <p role="status" class="result error" data-testid="request-refused">
        {refused.value}
      </p>
    </details>
  );
}
