import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ask } from '../messaging/client.ts';
import type { Deletion } from '../model/deletion.ts';
import { count, exactTime } from '../ui/format.ts';
import { deletionText, pendingOf, receiptText } from './deletion-words.ts';

/** The newest deletions, and which devices have carried them out. `syncedMs`: asked again after each round. */
export function DeletionsCard({ syncedMs }: { readonly syncedMs: number | undefined }) {
  const deletions = useSignal<readonly Deletion[] | undefined>(undefined);
  const problem = useSignal('');
  useEffect(() => {
    void ask('sync.deletions', {}).then((answer) => {
      problem.value = answer.ok ? '' : answer.error.message;
      if (answer.ok) deletions.value = answer.value;
    });
  }, [syncedMs]);

  const now = deletions.value;
  const pending = pendingOf(now ?? []);
  return (
    <section class="card" data-testid="deletions">
      <h2>Deletions on your devices</h2>
      <p class="muted small">
        What you delete on one device is deleted on all of them. Each says, signed, when it had erased it and
        destroyed the keys. A device that sleeps does it when it wakes, and what it brings along is refused.
        Files that you saved yourself are not reached.
      </p>
      {now && (
        <p data-testid="deletions-said">
          {now.length === 0
            ? 'Nothing was deleted since this account began.'
            : pending === 0
              ? 'Carried out on every device.'
              : `${count(pending, 'deletion is', 'deletions are')} pending on some device.`}
        </p>
      )}
      {now && now.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Deleted</th>
              <th scope="col">What</th>
              <th scope="col">Devices</th>
            </tr>
          </thead>
          <tbody>
            {now.map((deletion) => (
              <tr key={`${deletion.atMs} ${deletion.what}`} data-testid="deletion">
                <th scope="row">{exactTime(deletion.atMs)}</th>
                <td>{deletionText(deletion)}</td>
                <td>
                  <ul class="plain">
                    {deletion.devices.map((device) => (
                      <li key={device.name} data-testid="receipt">
                        {receiptText(device)}
                      </li>
                    ))}
                  </ul>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p class="error result" role="alert" hidden={problem.value === ''}>
        {problem.value}
      </p>
    </section>
  );
}
