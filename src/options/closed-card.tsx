import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Result } from '../base/result.ts';
import { ask } from '../messaging/client.ts';
import type { ClosedReport } from '../model/closed.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { status } from '../ui/status.ts';
import { closedWords, dayName, eraseWords, needWords, reportWords } from './closed-words.ts';
import { PhraseInput } from './phrase-input.tsx';
import { secretOfWords } from './phrase-words.ts';

/** For what does not open: which key it needs, what may help, and only last to erase it. */
export function ClosedCard({ done }: { readonly done: () => void }) {
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const phrase = useRef<HTMLInputElement>(null);
  const url = useRef<HTMLInputElement>(null);
  const word = useSignal('');
  const report = useSignal<ClosedReport | undefined>(undefined);
  const busy = useSignal('');
  const problem = useSignal('');
  const sync = status.value?.sync;
  const isSynced = sync !== undefined && sync.phase !== 'off';

  const run = async (what: string, task: () => Promise<Result<ClosedReport>>) => {
    if (busy.value !== '') return;
    busy.value = what;
    problem.value = '';
    const answer = await task();
    busy.value = '';
    if (answer.ok) {
      report.value = answer.value;
      done();
    } else problem.value = answer.error.message;
  };
  const tryPhrase = (event: Event) => {
    event.preventDefault();
    void run('Trying…', async () => {
      const secret = await secretOfWords(phrase.current?.value ?? '');
      if (!secret.ok) return secret;
      const address = sync?.serviceUrl ?? url.current?.value ?? '';
      return ask('closed.try-phrase', { url: address, secret: secret.value });
    });
  };
  const now = report.value;
  const days = now?.days ?? [];
  const erase = (event: Event) => {
    event.preventDefault();
    if (word.value !== 'DELETE') {
      problem.value = 'Type the word DELETE, in capitals. Nothing was erased.';
      return;
    }
    const chosen = days.slice(0, 1_000).map(({ day }) => day);
    void run('Erasing…', () => ask('closed.erase', { days: chosen, word: 'DELETE' }));
  };

  return (
    <section class="card" ref={box}>
      <h2>What does not open</h2>
      <p class="small muted">
        Looks at everything that is stored, which may take a while, and changes nothing.
      </p>
      <button
        type="button"
        data-testid="closed-look"
        onClick={() => void run('Looking…', () => ask('closed.look', {}))}
      >
        Look at everything
      </button>
      <p class="result" role="status" data-testid="closed-said">
        {busy.value || (now ? reportWords(now) : '')}
      </p>
      <p class="error" role="alert" data-testid="closed-problem" hidden={problem.value === ''}>
        {problem.value}
      </p>
      {days.length > 0 && (
        <>
          <ul class="plain" data-testid="closed-days">
            {days.slice(0, 60).map((day) => (
              <li key={day.day}>
                <strong>{dayName(day.day)}</strong>: {closedWords(day)} {needWords(day)}
              </li>
            ))}
          </ul>
          {days.length > 60 && <p class="small muted">And {days.length - 60} more days.</p>}
          <h3>What may help, in this order</h3>
          <ol class="steps">
            <li>
              <p>
                Restart the browser and look again: a file that could not be read for a moment is not lost. If
                you have a passphrase, lock and unlock once.
              </p>
            </li>
            <li>
              <p>
                {isSynced
                  ? 'Your account has the keys that this device published, and what it and your other devices sent.'
                  : 'With sync, your account would have the keys and what was sent. Sync is off.'}
              </p>
              {isSynced && (
                <button
                  type="button"
                  class="primary"
                  data-testid="closed-fetch"
                  onClick={() => void run('Asking the service…', () => ask('closed.fetch', {}))}
                >
                  Ask my account
                </button>
              )}
            </li>
            <li>
              <p>
                The recovery phrase leads to the master key of your account, which may open keys of this
                profile.
              </p>
              <form class="row fields" noValidate onSubmit={tryPhrase}>
                {sync?.serviceUrl === undefined && (
                  <label class="field grow">
                    Address of the sync service
                    <input
                      ref={url}
                      type="url"
                      autocomplete="off"
                      spellcheck={false}
                      data-testid="closed-url"
                    />
                  </label>
                )}
                <PhraseInput input={phrase} testid="closed-words" />
                <button type="submit" data-testid="closed-try">
                  Try
                </button>
              </form>
            </li>
            <li>
              <p>
                An export or an archive that you saved can be read in again on the “Your data” and Health
                tabs: what is there already is left alone.
              </p>
            </li>
            <li>
              <details>
                <summary data-testid="closed-last">Only last: erase what cannot be opened</summary>
                <form class="row fields" noValidate onSubmit={erase}>
                  <p data-testid="closed-erase-words">{eraseWords(days)}</p>
                  <label class="field narrow">
                    Type DELETE
                    <input
                      autocomplete="off"
                      data-testid="closed-word"
                      value={word.value}
                      onInput={(event) => (word.value = event.currentTarget.value)}
                    />
                  </label>
                  <button type="submit" class="danger" data-testid="closed-erase">
                    Erase
                  </button>
                </form>
              </details>
            </li>
          </ol>
        </>
      )}
    </section>
  );
}
