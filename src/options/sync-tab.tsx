import { syncLabel } from '../model/recording.ts';
import { status } from '../ui/status.ts';
import { SyncOff } from './sync-off.tsx';
import { SyncOn } from './sync-on.tsx';

export function SyncTab() {
  const sync = status.value?.sync;
  if (!sync) return <p class="muted">Starting…</p>;
  return (
    <>
      {sync.phase === 'error' && (
        <p class="error" role="alert">
          {syncLabel(sync)}
        </p>
      )}
      {sync.phase === 'off' ? <SyncOff /> : <SyncOn sync={sync} />}
    </>
  );
}
