import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { toBase64Url } from '../base/bytes.ts';
import { chooseKdf, PASSPHRASE, passphraseFault } from '../crypto/kdf.ts';
import { ask } from '../messaging/client.ts';
import { AUTO_LOCK_MINUTES, type AutoLockMinutes } from '../model/auto-lock.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { deriveKey, measured } from '../ui/passphrase.ts';
import { change, problem, status } from '../ui/status.ts';

const AUTO_LOCK_WORDS: Readonly<Record<AutoLockMinutes, string>> = {
  5: 'After 5 minutes without you',
  15: 'After 15 minutes without you',
  60: 'After an hour without you',
  0: 'Only when the browser is closed',
};
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
  const isSet = status.value?.lock !== undefined;

  /** What the passphrase of now gives; `undefined` where there is none. */
  async function currentKey(): Promise<string | undefined> {
    const parameters = await ask('lock.parameters', {});
    if (!parameters.ok || !parameters.value) return undefined;
    return (await deriveKey(now.current?.value ?? '', parameters.value)).key;
  }

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
    } catch {
      problem.value = NO_MEMORY;
    }
    busy.value = '';
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
      const current = await currentKey();
      const { kdf, key } = await chooseKdf(measured(passphrase));
      await change('lock.set', {
        kdf,
        key: toBase64Url(key),
        ...(current === undefined ? {} : { current }),
      });
    });
  };
  const remove = () =>
    void run('Removing…', 'The passphrase was removed.', async () => {
      await change('lock.remove', { current: (await currentKey()) ?? '' });
    });

  return (
    <section class="card" ref={box}>
      <h2>Passphrase</h2>
      <p class="muted small">
        {isSet
          ? 'While ARQ Context is locked, what you visit is still recorded, sealed; reading, searching and syncing wait until you unlock.'
          : 'On this computer your memory is protected only by your computer account. A passphrase protects it from people who can copy your browser profile.'}{' '}
        If you lose it, nobody can open what is stored here.
      </p>
      {isSet && (
        <label class="field narrow">
          Lock by itself
          <select
            data-testid="auto-lock"
            onChange={(event) =>
              void change('lock.auto', {
                minutes: AUTO_LOCK_MINUTES.find((one) => String(one) === event.currentTarget.value) ?? 15,
              })
            }
          >
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
            onClick={remove}
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
