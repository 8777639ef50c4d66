import { useSignal } from '@preact/signals';
import { ask } from '../messaging/client.ts';
import { type SyncState, syncLabel } from '../model/recording.ts';
import { confirm } from '../ui/components/confirm-dialog.tsx';
import { exactTime } from '../ui/format.ts';
import { PairingCode } from './pairing-code.tsx';

export function SyncOn({ sync }: { readonly sync: SyncState }) {
  const problem = useSignal('');
  const devices = sync.devices ?? [];
  const run = async (type: 'sync.now' | 'sync.leave' | 'sync.delete-account') => {
    const answer = await ask(type, {});
    problem.value = answer.ok ? '' : answer.error.message;
  };
  const leave = async () => {
    const agreed = await confirm({
      title: 'Leave the account?',
      text: 'This device stops syncing and is taken out of the account. What was recorded stays in this browser and on the other devices.',
      action: 'Leave',
    });
    if (agreed) await run('sync.leave');
  };
  const remove = async () => {
    const agreed = await confirm({
      title: 'Delete the account at the service?',
      text: 'Everything that the service holds of this account is deleted, and all its devices stop syncing. What was recorded stays in each browser.',
      action: 'Delete the account',
    });
    if (agreed) await run('sync.delete-account');
  };
  return (
    <>
      <section class="card">
        <h2>Sync is on</h2>
        <p>
          {syncLabel(sync)} with {sync.serviceUrl}
          {sync.lastSyncedMs === undefined ? '' : `, last at ${exactTime(sync.lastSyncedMs)}`}
        </p>
        <div class="row">
          <button type="button" data-testid="sync-now" onClick={() => void run('sync.now')}>
            Sync now
          </button>
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
        {problem.value && (
          <p class="error" role="alert" data-testid="sync-problem">
            {problem.value}
          </p>
        )}
      </section>
      <section class="card">
        <h2>Devices</h2>
        <table>
          <thead>
            <tr>
              <th>Name</th>
              <th>Since</th>
              <th>Last sent</th>
            </tr>
          </thead>
          <tbody>
            {devices.map((device) => (
              <tr key={device.id} data-testid="device">
                <td>
                  {device.name}
                  {device.thisDevice ? ' (this one)' : ''}
                </td>
                <td>{exactTime(device.addedMs)}</td>
                <td>{device.lastSeenMs === undefined ? 'never' : exactTime(device.lastSeenMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <PairingCode devices={devices.length} />
      </section>
    </>
  );
}
