import { ask } from '../../messaging/client.ts';
import { type Health, syncLabel } from '../../model/recording.ts';
import { status } from '../status.ts';

const toneOf = (health: Health): string =>
  health.code === 'ok' ? 'good' : health.code === 'paused' || health.code === 'no-consent' ? 'warn' : 'bad';

export function HealthLine() {
  const health = status.value?.health;
  return (
    <p class="row" role="status">
      <span class="dot" data-tone={health && toneOf(health)} aria-hidden="true" />
      <span data-testid="health">{health?.message ?? 'Starting…'}</span>
      {health?.code === 'storage-lost' && (
        <button type="button" class="quiet" data-testid="loss-seen" onClick={() => void ask('loss.seen', {})}>
          I have read this
        </button>
      )}
    </p>
  );
}

/** `record-count` and `sync-state`, each as the whole text of its element. */
export function Numbers() {
  const now = status.value;
  return (
    <p class="row small muted">
      <span>
        <strong data-testid="record-count">{now ? String(now.recordCount) : ''}</strong> records
        {now && now.ephemeralCount > 0 ? ` and ${now.ephemeralCount} in memory only` : ''}
      </span>
      <span aria-hidden="true">·</span>
      <span>
        Sync: <span data-testid="sync-state">{now ? syncLabel(now.sync) : ''}</span>
      </span>
    </p>
  );
}
