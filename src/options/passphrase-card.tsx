import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { toBase64Url } from '../base/bytes.ts';
import { chooseKdf, PASSPHRASE, passphraseFault } from '../crypto/kdf.ts';
import {
  AUTO_LOCK_DEFAULT,
  AUTO_LOCK_MINUTES,
  type AutoLockMinutes,
  locksLater,
} from '../model/auto-lock.ts';
import { confirm } from '../ui/components/confirm-dialog.tsx';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { PasskeyFault } from '../ui/passkey.ts';
import { measured } from '../ui/passphrase.ts';
import { change, problem, status } from '../ui/status.ts';
import { proofBy } from '../ui/way.ts';

const AUTO_LOCK_WORDS: Readonly<Record<AutoLockMinutes, string>> = {
  5: 'After 5 minutes without you',
  15: 'After 15 minutes without you',
  60: 'After an hour without you',
  0: 'Only when the browser is closed',
};
const TYPE_IT = 'To lock later than now, type the passphrase of now first, then choose again.';
const NO_MEMORY =
  'The browser gave no memory to make a key of the passphrase, so nothing was changed. Close some pages and try again.';

/** Sets, changes and removes the passphrase. */
export function PassphraseCard() {
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const [now, next, again] = [
    useRef<HTMLInputElement>(null),
    useRef<HTMLInputElement>(null),
    useRef<HTMLInputElement>(null),
  ];
  const busy = useSignal('');
  const done = useSignal('');
  const lock = status.value?.lock;
  const isSet = lock !== undefined && lock.passphrase !== false;
  const proof = () => proofBy(now.current?.value ?? '');

  const run = async (what: string, said: string, task: () => Promise<void>) => {
    if (busy.value !== '') return;
    busy.value = what;
    done.value = '';
    problem.value = '';
    try {
      await task();
      if (problem.value === '') {
        done.value = said;
        for (const { current } of [now, next, again]) if (current) current.value = '';
      }
    } catch (error) {
      problem.value = error instanceof PasskeyFault ? error.message : NO_MEMORY;
    }
    busy.value = '';
  };

  const lockAfter = async (select: HTMLSelectElement) => {
    const before = lock?.autoLockMinutes ?? AUTO_LOCK_DEFAULT;
    const minutes = AUTO_LOCK_MINUTES.find((one) => String(one) === select.value) ?? AUTO_LOCK_DEFAULT;
    const isLater = locksLater(minutes, before);
    if (isLater && isSet && now.current?.value === '') {
      problem.value = TYPE_IT;
      now.current.focus();
    } else
      await run('Setting…', 'It locks by itself as you chose.', async () => {
        await change('lock.auto', { minutes, ...(isLater ? await proof() : {}) });
      });
    // What is in force, whatever was chosen.
    select.value = String(status.value?.lock?.autoLockMinutes ?? before);
  };
  const set = (event: Event) => {
    event.preventDefault();
    const passphrase = next.current?.value ?? '';
    const fault =
      passphraseFault(passphrase) ??
      (passphrase === again.current?.value ? null : 'The two passphrases are not the same. Type them again.');
    if (fault) {
      problem.value = fault;
      done.value = '';
      return;
    }
    void run('Setting…', isSet ? 'The passphrase was changed.' : 'The passphrase is set.', async () => {
      // First: a passkey is asked by a click, not a second after it.
      const current = await proof();
      const { kdf, key } = await chooseKdf(measured(passphrase));
      await change('lock.set', { kdf, key: toBase64Url(key), ...current });
    });
  };
  const remove = async () => {
    const off = lock?.passkeys === undefined;
    if (
      off &&
      !(await confirm({
        title: 'Remove the passphrase?',
        text: 'It is the only way to unlock. Without it nothing is locked any more: whoever can copy your browser profile can read your memory.',
        action: 'Remove it',
      }))
    )
      return;
    await run('Removing…', 'The passphrase was removed.', async () => {
      await change('lock.remove', { ...(await proof()), off });
    });
  };

  return (
    <section class="card" ref={box}>
      <h2>Passphrase</h2>
      <p class="muted small">
        {isSet
          ? 'While ARQ Context is locked, what you visit is still recorded, sealed; reading, searching and syncing wait until you unlock.'
          : lock?.passkeys !== undefined
            ? 'Your passkeys protect it from people who can copy your browser profile. A passphrase is another way to unlock.'
            : 'On this computer your memory is protected only by your computer account. A passphrase protects it from people who can copy your browser profile.'}{' '}
        {lock?.passkeys === undefined
          ? 'If you lose it, nobody can open what is stored here.'
          : 'If you lose it, a passkey still opens what is stored here.'}
      </p>
      {lock !== undefined && (
        <label class="field narrow">
          Lock by itself
          <select data-testid="auto-lock" onChange={(event) => void lockAfter(event.currentTarget)}>
            {AUTO_LOCK_MINUTES.map((minutes) => (
              <option
                key={minutes}
                value={String(minutes)}
                selected={status.value?.lock?.autoLockMinutes === minutes}
              >
                {AUTO_LOCK_WORDS[minutes]}
              </option>
            ))}
          </select>
        </label>
      )}
      <form class="row fields" noValidate onSubmit={set}>
        {isSet && (
          <label class="field grow">
            Passphrase of now
            <input ref={now} type="password" autocomplete="off" data-testid="passphrase-now" />
          </label>
        )}
        <label class="field grow">
          {isSet ? 'New passphrase' : 'Passphrase'}
          <input
            ref={next}
            type="password"
            autocomplete="off"
            data-testid="passphrase"
            aria-describedby="passphrase-hint"
          />
        </label>
        <label class="field grow">
          The same again
          <input ref={again} type="password" autocomplete="off" data-testid="passphrase-again" />
        </label>
        <button type="submit" data-testid="passphrase-set" disabled={busy.value !== ''}>
          {busy.value === 'Setting…' ? busy.value : isSet ? 'Change passphrase' : 'Set passphrase'}
        </button>
        {isSet && (
          <button
            type="button"
            class="quiet"
            data-testid="passphrase-remove"
            disabled={busy.value !== ''}
            onClick={() => void remove()}
          >
            {busy.value === 'Removing…' ? busy.value : 'Remove passphrase'}
          </button>
        )}
      </form>
      <p class="muted small" id="passphrase-hint">
        At least {PASSPHRASE.minCharacters} characters. Four or more random words are good.
      </p>
      <p class="result" role="status" data-testid="passphrase-done">
        {done.value}
      </p>
    </section>
  );
}
