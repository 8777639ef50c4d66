import type { ComponentChildren } from 'preact';
import { type Health, syncLabel } from '../../model/recording.ts';
import { change, health, problem, status } from '../status.ts';
import { GrantAccess } from './grant-access.tsx';

const TONES: Readonly<Partial<Record<Health['code'], string>>> = {
  ok: 'good',
  locked: 'warn',
  paused: 'warn',
  'no-consent': 'warn',
  'near-full': 'warn',
  'clock-jumped': 'warn',
  'new-device': 'warn',
  'join-asks': 'warn',
  'phrase-waits': 'warn',
  'keys-old': 'warn',
};

/** Said until the person has read it. */
const READ_ONCE: readonly Health['code'][] = ['storage-lost', 'sealed-gap', 'left-over'];

export function HealthLine() {
  const now = health.value;
  return (
    <div class="health">
      <span class="dot" data-tone={now && (TONES[now.code] ?? 'bad')} aria-hidden="true" />
      <div>
        <span role="status" data-testid="health">
          {now?.message ?? 'Starting…'}
        </span>
        {now && READ_ONCE.includes(now.code) && (
          <button
            type="button"
            class="quiet"
            data-testid="loss-seen"
            onClick={() => void change('loss.seen', { message: now.message })}
          >
            I have read this
          </button>
        )}
        <GrantAccess />
      </div>
    </div>
  );
}

/** Why the last command failed. */
export function Problem() {
  return (
    <p class="error problem" role="alert" data-testid="problem" hidden={problem.value === ''}>
      {problem.value}
    </p>
  );
}

/** `record-count` and `sync-state`, each as the whole text of its element. */
export function Numbers({ children }: { readonly children?: ComponentChildren }) {
  const now = status.value;
  return (
    <p class="numbers small muted tabular">
      <span>
        <span data-testid="record-count">{now ? now.recordCount.toLocaleString() : ''}</span>
        {now && (now.recordCount === 1 ? ' record' : ' records')}
        {now && now.ephemeralCount > 0 ? `, ${now.ephemeralCount.toLocaleString()} in memory only` : ''}
      </span>
      {children}
      <span class={now?.sync.phase === 'error' ? 'error' : ''}>
        {now && 'Sync: '}
        <span data-testid="sync-state">{now ? syncLabel(now.sync) : ''}</span>
      </span>
    </p>
  );
}
