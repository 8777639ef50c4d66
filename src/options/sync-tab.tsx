import { status } from '../ui/status.ts';
import { JoinQuestion } from './join-question.tsx';
import { SyncOff } from './sync-off.tsx';
import { SyncOn } from './sync-on.tsx';

export function SyncTab() {
  const sync = status.value?.sync;
  if (!sync) return <p class="muted">Starting…</p>;

  return (
    <>
      {/* Where there is a sentence, `sync-state` in the head of the page says it already. */}
      {sync.phase === 'error' && sync.message === undefined && (
        <p class="error" role="alert">
          Sync failed. Press “Sync now”; if that does not help, restart the browser.
        </p>
      )}
      {sync.phase === 'off' ? <SyncOff /> : sync.phase === 'asks' ? <JoinQuestion /> : <SyncOn sync={sync} />}
    </>
  );
}
