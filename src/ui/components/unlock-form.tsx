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

/** For who has lost the passphrase. Asks for a word, because nothing can be taken back. */
export function StartOver() {
  const word = useSignal('');
  return (
    <details class="start-over">
      <summary data-testid="start-over-summary">The passphrase is lost</summary>
      <p>
        Then what is stored here cannot be opened any more, by anybody. You can delete all of it, with its
        keys, and begin anew. If this browser was in a sync account, your other browsers keep what they have,
        and a new pairing code brings it here again.
      </p>
      <form
        class="row fields"
        onSubmit={(event) => {
          event.preventDefault();
          if (word.value === 'DELETE') void change('lock.start-over', { word: word.value });
          else problem.value = 'Type the word DELETE, in capitals. Nothing was deleted.';
        }}
      >
        <label class="field">
          Type DELETE
          <input
            autocomplete="off"
            spellcheck={false}
            data-testid="start-over-word"
            value={word.value}
            onInput={(event) => (word.value = event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="danger" data-testid="start-over">
          Delete everything and begin anew
        </button>
      </form>
    </details>
  );
}
