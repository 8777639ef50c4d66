import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ask } from '../messaging/client.ts';
import type { LogReading } from '../model/deletion-log.ts';
import { exactTime } from '../ui/format.ts';
import { status } from '../ui/status.ts';
import { deletionsOf } from './deletion-log-words.ts';

const SHOWN = 10;

/** What was deleted, when and how far it came, and whether the log of it is whole. */
export function DeletionLog() {
  const log = useSignal<LogReading | undefined>(undefined);
  const problem = useSignal('');
  const isOpen = useSignal(false);
  const all = useSignal(false);
  const { recordCount, erasing } = status.value ?? {};
  useEffect(() => {
    if (!isOpen.value) return;
    void ask('erase.log', {}).then((answer) => {
      problem.value = answer.ok ? '' : answer.error.message;
      if (answer.ok) log.value = answer.value;
    });
  }, [isOpen.value, recordCount, erasing?.id]);
  const deletions = deletionsOf(log.value?.entries ?? []);
  return (
    <section class="card">
      <details
        onToggle={(event) => {
          isOpen.value = event.currentTarget.open;
        }}
      >
        <summary data-testid="deletion-log">What was deleted</summary>
        <p class="small muted">
          This log has numbers and times only, nothing of what was deleted. Each line is chained to the one
          before, so that it can be seen when one is changed or missing.
        </p>
        <p class="error" role="alert" hidden={problem.value === ''}>
          {problem.value}
        </p>
        {log.value && (
          <p role="status" data-testid="deletion-log-state" class={log.value.whole ? '' : 'error'}>
            {deletions.length === 0 && log.value.whole
              ? 'Nothing was deleted yet.'
              : log.value.whole
                ? 'The log is whole.'
                : 'The log was changed or is damaged: not every line of it is as it was written.'}
          </p>
        )}
        {deletions.length > 0 && (
          <ul class="deletions small" data-testid="deletions">
            {deletions.slice(0, all.value ? undefined : SHOWN).map(({ id, atMs, what, why, steps }) => (
              <li key={id}>
                <span>
                  {what} <span class="muted">(by {why})</span>
                </span>
                <time class="muted tabular" dateTime={new Date(atMs).toISOString()}>
                  {exactTime(atMs)}
                </time>
                <span class="muted steps">{steps.map(({ name }) => name).join(', ')}</span>
              </li>
            ))}
          </ul>
        )}
        {deletions.length > SHOWN && !all.value && (
          <button
            type="button"
            onClick={() => {
              all.value = true;
            }}
          >
            Show {deletions.length - SHOWN} older ones
          </button>
        )}
      </details>
    </section>
  );
}
