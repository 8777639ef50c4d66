import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ask } from '../../messaging/client.ts';
import { deriveKey } from '../passphrase.ts';
import { change, problem, status } from '../status.ts';

const DID_NOT_RUN =
  'The passphrase could not be checked: the browser gave no memory for it. Close some pages and try again.';

/** Asks for the passphrase of a locked profile. */
export function UnlockForm() {
  const field = useRef<HTMLInputElement>(null);
  const busy = useSignal(false);
  useEffect(() => field.current?.focus(), []);

  const unlock = async (event: Event) => {
    event.preventDefault();
    const input = field.current;
    if (!input || busy.value) return;
    busy.value = true;
    problem.value = '';
    try {
      const parameters = await ask('lock.parameters', {});
      if (!parameters.ok) problem.value = parameters.error.message;
      else if (parameters.value) {
        const { key } = await deriveKey(input.value, parameters.value);
        await change('lock.unlock', { key });
      }
    } catch {
      problem.value = DID_NOT_RUN;
    }
    busy.value = false;
    input.value = '';
    input.focus();
  };

  const sealed = status.value?.lock?.sealed ?? 0;
  return (
    <form class="unlock" onSubmit={(event) => void unlock(event)}>
      <label class="field">
        Passphrase
        <input ref={field} type="password" autocomplete="off" required data-testid="unlock-passphrase" />
      </label>
      <button type="submit" class="primary" data-testid="unlock" disabled={busy.value}>
        {busy.value ? 'Unlocking…' : 'Unlock'}
      </button>
      <p class="muted small">
        {sealed > 0 && (
          <>
            <span data-testid="sealed-count">{sealed.toLocaleString()}</span>{' '}
            {sealed === 1 ? 'event waits' : 'events wait'} sealed.{' '}
          </>
        )}
        Nobody can read what is here without the passphrase, and nobody can tell it to you.
      </p>
    </form>
  );
}
