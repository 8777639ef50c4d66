import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { Mutex } from '../base/mutex.ts';
import type { Failure, Result } from '../base/result.ts';
import { ask } from '../messaging/client.ts';
import type { Status, SyncDevice, SyncState } from '../model/recording.ts';
import { SYNC_WHEN, type SyncWhen } from '../model/sync-when.ts';
import { confirm } from '../ui/components/confirm-dialog.tsx';
import { saveFile } from '../ui/file-parts.ts';
import { exactTime } from '../ui/format.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { CompareWords } from './compare-words.tsx';
import { ConflictsCard } from './conflicts-card.tsx';
import { DeletionsCard } from './deletions-card.tsx';
import { HeldCard } from './held-card.tsx';
import { PairingCode } from './pairing-code.tsx';
import { PhraseCard, PhraseCheck } from './phrase-card.tsx';
import { stateWords, WHEN_WORDS } from './sync-words.ts';

/** Code of a refusal: days are at the service only and do not come back. */
const DAYS_AWAY = 'days-away';
/** Codes of a service that cannot be reached. */
export const NO_SERVICE = ['unreachable', 'UNAVAILABLE'];
/** Code of a refusal: the other devices did not get all. */
const NOT_SENT = 'not-sent';

export const UNANSWERED = 'The service does not answer. Leave anyway?';
const DELETING = 'Deleting the account…';

export function SyncOn({ sync }: { readonly sync: SyncState }) {
  const problem = useSignal('');
  const busy = useSignal('');
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const devices = sync.devices ?? [];
  const strangers = devices.filter(({ isNew, byPhrase }) => isNew && byPhrase).map(({ name }) => name);
  const turns = useRef(new Mutex());
  /** One after another: what the person agreed to is not dropped because a round still runs. */
  const run = (what: string, command: () => Promise<Result<Status>>): Promise<Failure | null> =>
    turns.current.run(async () => {
      busy.value = what;
      problem.value = '';
      const answer = await command();
      busy.value = '';
      problem.value = answer.ok ? '' : answer.error.message;
      return answer.ok ? null : answer.error;
    });
  /** Asks what only the person can decide, one thing after another. */
  const end = async (what: string, command: (lose: boolean) => Promise<Result<Status>>) => {
    const failure = await run(what, () => command(false));
    if (failure?.code !== DAYS_AWAY) return failure;
    const lose = await confirm({
      title: 'Lose these days?',
      text: `${failure.message} If you go on, they are gone for this device.`,
      action: 'Go on and lose them',
    });
    return lose ? run(what, () => command(true)) : null;
  };
  const leave = async () => {
    const agreed = await confirm({
      title: 'Leave the account?',
      text: `This device stops syncing and is taken out of the account. What was recorded stays in this browser and on the other devices; archived days at the service are fetched back first.${sync.phrase === 'waits' ? ' Only this device knows the recovery phrase, and it goes with it.' : ''}`,
      action: 'Leave',
    });
    if (!agreed) return;
    const failure = await end('Leaving…', (loseAway) => ask('sync.leave', { anyway: false, loseAway }));
    const isNotSent = failure?.code === NOT_SENT;
    if (failure === null || !(isNotSent || NO_SERVICE.includes(failure.code))) return;
    const anyway = await confirm({
      title: isNotSent ? 'Your other devices did not get all. Leave anyway?' : UNANSWERED,
      text: isNotSent
        ? `${failure.message} If you leave now they do not get it from here; if the service does not answer, they go on listing this device.`
        : 'What was not sent yet stays in this browser only, and the other devices go on listing this one.',
      action: 'Leave anyway',
    });
    if (anyway) await end('Leaving…', (loseAway) => ask('sync.leave', { anyway: true, loseAway }));
  };
  const saveEvidence = async () => {
    const answer = await ask('sync.evidence', {});
    if (answer.ok)
      saveFile(new Blob([answer.value], { type: 'application/json' }), 'arq-context-sync-evidence.json');
    else problem.value = answer.error.message;
  };
  const takeOut = async ({ id, name }: SyncDevice) => {
    const agreed = await confirm({
      title: `Remove “${name}”?`,
      text: 'It stops syncing, and the keys are renewed: it cannot read what is sent from now on. What it has already stays on it. If it is lost, you can do no more from here.',
      action: 'Remove',
    });
    if (agreed) await run(`Removing ${name}…`, () => ask('sync.remove-device', { id }));
  };
  const remove = async () => {
    const agreed = await confirm({
      title: 'Delete the account at the service?',
      text: 'Everything that the service holds of this account is deleted, and all its devices stop syncing. What was recorded stays in each browser. Archived days at the service are fetched back to this device first; what other devices archived there is lost to them.',
      action: 'Delete the account',
    });
    if (!agreed) return;
    const failure = await end(DELETING, (loseAway) =>
      ask('sync.delete-account', { anyway: false, loseAway }),
    );
    if (failure?.code !== NOT_SENT) return;
    const anyway = await confirm({
      title: 'Your other devices do not know yet. Delete the account anyway?',
      text: `${failure.message} Without the account they never hear of it.`,
      action: 'Delete the account anyway',
    });
    if (anyway) await end(DELETING, (loseAway) => ask('sync.delete-account', { anyway: true, loseAway }));
  };
  return (
    <>
      <section class="card" ref={box}>
        <h2>{sync.hasEvidence ? 'Sync has stopped' : 'Sync is on'}</h2>
        <p>
          {stateWords(sync)}
          {sync.lastSyncedMs === undefined ? '' : ` Last synced ${exactTime(sync.lastSyncedMs)}.`}
        </p>
        <div class="row">
          {sync.hasEvidence ? (
            <button type="button" data-testid="sync-evidence" onClick={() => void saveEvidence()}>
              Save the evidence
            </button>
          ) : (
            <button
              type="button"
              data-testid="sync-now"
              onClick={() => busy.value === '' && void run('Syncing…', () => ask('sync.now', {}))}
            >
              Sync now
            </button>
          )}
          <button type="button" data-testid="sync-leave" onClick={() => void leave()}>
            Leave the account…
          </button>
          <button
            type="button"
            class="danger"
            data-testid="sync-delete-account"
            onClick={() => void remove()}
          >
            Delete the account at the service…
          </button>
        </div>
        {!sync.hasEvidence && (
          <label class="field narrow apart">
            Sync by itself
            <select
              data-testid="sync-when"
              onChange={({ currentTarget }) =>
                void run('', () => ask('sync.when', { when: currentTarget.value as SyncWhen }))
              }
            >
              {SYNC_WHEN.map((when) => (
                <option key={when} value={when} selected={sync.when === when}>
                  {WHEN_WORDS[when]}
                </option>
              ))}
            </select>
          </label>
        )}
        <p class="result" role="status">
          {busy.value}
        </p>
        {problem.value && (
          <p class="error result" role="alert" data-testid="sync-problem">
            {problem.value}
          </p>
        )}
      </section>
      {sync.phrase === 'waits' && <PhraseCard />}
      <section class="card">
        <h2>Devices</h2>
        {devices.some(({ isNew }) => isNew) && (
          <div class="row" role="status" data-testid="devices-new">
            <p>
              {strangers.length > 0
                ? `Somebody used your recovery phrase to add ${strangers.join(' and ')}. If that was not you, remove it.`
                : 'There is a new device in your account. If it is not yours, remove it.'}
            </p>
            <button
              type="button"
              data-testid="devices-known"
              onClick={() => void run('', () => ask('sync.know-devices', {}))}
            >
              All of them are mine
            </button>
          </div>
        )}
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Since</th>
              <th scope="col">Last sent</th>
              <th scope="col">
                <span class="visually-hidden">Remove</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {devices.map((device) => (
              <tr key={device.id} data-testid="device">
                <th scope="row">
                  {device.name}
                  {device.thisDevice ? ' (this one)' : ''}
                  {device.isNew ? ' (new)' : ''}
                  {device.byPhrase ? ', with the recovery phrase' : ''}
                </th>
                <td>{exactTime(device.addedMs)}</td>
                <td>{device.lastSeenMs === undefined ? 'never' : exactTime(device.lastSeenMs)}</td>
                <td>
                  {!device.thisDevice && (
                    <button
                      type="button"
                      class="quiet"
                      data-testid="device-remove"
                      aria-label={`Remove ${device.name}`}
                      onClick={() => void takeOut(device)}
                    >
                      Remove…
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {!sync.hasEvidence && <PairingCode devices={devices.length} />}
        {sync.phrase !== 'waits' && <PhraseCheck />}
        <CompareWords syncedMs={sync.lastSyncedMs} />
      </section>
      <ConflictsCard devices={devices} syncedMs={sync.lastSyncedMs} />
      <DeletionsCard syncedMs={sync.lastSyncedMs} />
      <HeldCard syncedMs={sync.lastSyncedMs} />
    </>
  );
}
