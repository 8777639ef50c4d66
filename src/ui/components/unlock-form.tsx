import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ask } from '../../messaging/client.ts';
import { askPasskey, PasskeyFault } from '../passkey.ts';
import { deriveKey } from '../passphrase.ts';
import { change, problem, status } from '../status.ts';

const NOT_ASKED = 'The browser could not ask for a passkey. Reload this page and try again.';
const DID_NOT_RUN =
  'The passphrase could not be checked: the browser gave no memory for it. Close some pages and try again.';

interface Place {
  /** Where passkeys are asked, when not here: a popup closes as soon as the browser asks something. */
  readonly passkeysAt?: { readonly url: string; readonly open: (event: Event, url: string) => void };
}

/** Asks for what unlocks a locked profile. */
export function UnlockForm({ passkeysAt }: Place) {
  const field = useRef<HTMLInputElement>(null);
  const busy = useSignal(false);
  useEffect(() => field.current?.focus(), []);

  const lock = status.value?.lock;
  const hasPassphrase = lock?.passphrase !== false;
  const passkeys = lock?.passkeys ?? [];

  const unlockByPasskey = async () => {
    if (busy.value) return;
    busy.value = true;
    problem.value = '';
    try {
      const { id, key } = await askPasskey(passkeys);
      await change('lock.unlock', { key, by: id });
    } catch (error) {
      problem.value = error instanceof PasskeyFault ? error.message : NOT_ASKED;
    }
    busy.value = false;
  };
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

  const sealed = lock?.sealed ?? 0;
  return (
    <form class="unlock" onSubmit={(event) => void unlock(event)}>
      {hasPassphrase && (
        <>
          <label class="field">
            Passphrase
            <input ref={field} type="password" autocomplete="off" required data-testid="unlock-passphrase" />
          </label>
          <button type="submit" class="primary" data-testid="unlock" disabled={busy.value}>
            {busy.value ? 'Unlocking…' : 'Unlock'}
          </button>
        </>
      )}
      {passkeys.length > 0 && passkeysAt && (
        <a
          data-testid="unlock-passkey"
          href={passkeysAt.url}
          onClick={(event) => passkeysAt.open(event, passkeysAt.url)}
        >
          Unlock with a passkey
        </a>
      )}
      {passkeys.length > 0 && !passkeysAt && (
        <button
          type="button"
          class={hasPassphrase ? '' : 'primary'}
          data-testid="unlock-passkey"
          disabled={busy.value}
          onClick={() => void unlockByPasskey()}
        >
          Unlock with a passkey
        </button>
      )}
      <p class="muted small">
        {sealed > 0 && (
          <>
            <span data-testid="sealed-count">{sealed.toLocaleString()}</span>{' '}
            {sealed === 1 ? 'event waits' : 'events wait'} sealed.{' '}
          </>
        )}
        {passkeys.length === 0
          ? 'Nobody can read what is here without the passphrase, and nobody can tell it to you.'
          : `Nobody can read what is here without ${hasPassphrase ? 'the passphrase or ' : ''}one of your passkeys.`}
      </p>
    </form>
  );
}

/** For who has lost every way to unlock. Asks for a word, because nothing can be taken back. */
export function StartOver() {
  const word = useSignal('');
  const lock = status.value?.lock;
  const lost =
    lock?.passkeys === undefined
      ? 'The passphrase is lost'
      : lock.passphrase === false
        ? 'Every passkey is lost'
        : 'The passphrase and every passkey are lost';
  return (
    <details class="start-over">
      <summary data-testid="start-over-summary">{lost}</summary>
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
