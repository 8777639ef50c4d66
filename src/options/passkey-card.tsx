import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { MAX_PASSKEYS, type Passkey } from '../model/passkeys.ts';
import { confirm } from '../ui/components/confirm-dialog.tsx';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { makePasskey, noPasskeys, PasskeyFault } from '../ui/passkey.ts';
import { change, command, problem, status } from '../ui/status.ts';
import { proofBy } from '../ui/way.ts';

const ALONE =
  'A passkey is the only way to unlock. If its device is lost or reset, nobody can open what is stored in this browser; only other browsers in your sync account keep what they have. Set a passphrase too, or add a second passkey on another device.';
const FAILED = 'It could not be done. Nothing was changed; try again.';

/** Adds and removes passkeys: further ways to unlock, beside the passphrase or alone. */
export function PasskeyCard() {
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const typed = useRef<HTMLInputElement>(null);
  const [busy, done] = [useSignal(false), useSignal('')];
  const missing = noPasskeys();
  const lock = status.value?.lock;
  const passkeys = lock?.passkeys ?? [];
  const hasPassphrase = lock !== undefined && lock.passphrase !== false;

  const run = async (said: string, task: () => Promise<void>) => {
    if (busy.value) return;
    busy.value = true;
    done.value = '';
    problem.value = '';
    try {
      await task();
      if (problem.value === '') done.value = said;
    } catch (error) {
      problem.value = error instanceof PasskeyFault ? error.message : FAILED;
    }
    if (typed.current) typed.current.value = '';
    busy.value = false;
  };
  const add = () =>
    run('The passkey is added.', async () => {
      const proof = await proofBy(typed.current?.value ?? '');
      if (!(await command('lock.check', proof)).ok) return;
      await change('lock.add-passkey', { ...(await makePasskey(passkeys)), ...proof });
    });
  const remove = async ({ id }: Passkey) => {
    const off = !hasPassphrase && passkeys.length === 1;
    const agreed = await confirm({
      title: 'Remove this passkey?',
      text: off
        ? 'It is the only way to unlock. Without it nothing is locked any more: whoever can copy your browser profile can read your memory.'
        : 'It does not unlock ARQ Context any more, also not on a device that is lost. The passkey itself stays where it was made; you can delete it there.',
      action: 'Remove it',
    });
    if (!agreed) return;
    await run('The passkey was removed.', async () => {
      await change('lock.remove-passkey', { id, ...(await proofBy(typed.current?.value ?? '')), off });
    });
  };

  return (
    <section class="card" ref={box}>
      <h2>Passkeys</h2>
      <p class="muted small">
        {missing ? (
          <span data-testid="no-passkeys">{missing}</span>
        ) : (
          'A passkey unlocks with your fingerprint, your face, a PIN or a security key. It belongs to ARQ Context in this browser alone.'
        )}
      </p>
      {lock !== undefined && !hasPassphrase && (
        <p class="offer" data-testid="passkey-alone">
          {ALONE}
        </p>
      )}
      {passkeys.length > 0 && (
        <ul class="plain">
          {passkeys.map((passkey) => (
            <li key={passkey.id} class="row" data-testid="passkey">
              <span class="grow">Added on {new Date(passkey.madeMs).toLocaleDateString()}</span>
              <button
                type="button"
                class="quiet"
                data-testid="passkey-remove"
                aria-label={`Remove the passkey of ${new Date(passkey.madeMs).toLocaleString()}`}
                disabled={busy.value}
                onClick={() => void remove(passkey)}
              >
                Remove
              </button>
            </li>
          ))}
        </ul>
      )}
      {!missing && (
        <form
          class="row fields"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void add();
          }}
        >
          {hasPassphrase && (
            <label class="field grow">
              Passphrase, to add or remove a passkey
              <input ref={typed} type="password" autocomplete="off" data-testid="passkey-passphrase" />
            </label>
          )}
          <button
            type="submit"
            data-testid="passkey-add"
            disabled={busy.value || passkeys.length >= MAX_PASSKEYS}
          >
            {passkeys.length === 0 ? 'Add a passkey' : 'Add another passkey'}
          </button>
        </form>
      )}
      <p class="result" role="status" data-testid="passkey-done">
        {done.value}
      </p>
    </section>
  );
}
