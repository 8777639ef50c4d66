import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { ask } from '../messaging/client.ts';
import { OwnPassphrase } from '../ui/components/own-passphrase.tsx';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { PasskeyFault } from '../ui/passkey.ts';
import { status } from '../ui/status.ts';
import { proofBy } from '../ui/way.ts';
import { PhraseInput } from './phrase-input.tsx';
import { quizPlaces, secretOfWords, wordsOf, wrongPlaces } from './phrase-words.ts';

type Step = 'offer' | 'words' | 'quiz';

/** Put off in this page; the health line goes on saying it. */
const later = (): boolean => {
  try {
    return sessionStorage.getItem('phrase-later') === 'yes';
  } catch {
    return false;
  }
};

/** The recovery phrase, until the person has shown that it is written down. The words are in the page only while they are shown. */
export function PhraseCard() {
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const passphrase = useRef<HTMLInputElement>(null);
  const fields = useRef(new Map<number, HTMLInputElement>());
  /** Not a signal: nothing is drawn from it but by the step that shows it. */
  const shown = useRef<{ readonly secret: string; readonly words: readonly string[] } | undefined>(undefined);
  const step = useSignal<Step>('offer');
  const places = useSignal<readonly number[]>([]);
  const putOff = useSignal(later());
  const busy = useSignal(false);
  const problem = useSignal('');
  const said = useSignal('');

  const alone = async (task: () => Promise<string>) => {
    if (busy.value) return;
    busy.value = true;
    problem.value = '';
    said.value = '';
    problem.value = await task().catch((error: unknown) =>
      error instanceof PasskeyFault
        ? error.message
        : 'The browser gave no memory for it. Close some pages and try again.',
    );
    busy.value = false;
  };
  const show = (event: Event) => {
    event.preventDefault();
    void alone(async () => {
      const answer = await ask('phrase.show', await proofBy(passphrase.current?.value ?? ''));
      if (!answer.ok) return answer.error.message;
      const { secret } = answer.value;
      shown.current = { secret, words: await wordsOf(secret) };
      step.value = 'words';
      return '';
    });
  };
  const hide = () => {
    shown.current = undefined;
    step.value = 'offer';
  };
  const putItOff = () => {
    hide();
    putOff.value = true;
    try {
      sessionStorage.setItem('phrase-later', 'yes');
    } catch {
      // Then it is offered again with the next page.
    }
  };
  const copy = () =>
    void alone(async () => {
      await navigator.clipboard.writeText(shown.current?.words.join(' ') ?? '');
      said.value = 'Copied. Empty the clipboard when you have put the words in a safe place.';
      return '';
    });
  const askWords = () => {
    places.value = quizPlaces(shown.current?.words.length ?? 0);
    fields.current.clear();
    problem.value = '';
    said.value = '';
    step.value = 'quiz';
  };
  const check = (event: Event) => {
    event.preventDefault();
    void alone(async () => {
      const { words = [], secret = '' } = shown.current ?? {};
      const typed = new Map(places.value.map((place) => [place, fields.current.get(place)?.value ?? '']));
      const wrong = wrongPlaces(words, typed);
      if (wrong.length > 0)
        return `Word ${wrong.map((place) => place + 1).join(' and word ')} is not right. Look at what you wrote down, or show the words again.`;
      const answer = await ask('phrase.confirm', { secret });
      if (!answer.ok) return answer.error.message;
      shown.current = undefined;
      status.value = answer.value;
      return '';
    });
  };

  const words = step.value === 'words' ? (shown.current?.words ?? []) : [];
  return (
    <section class="card phrase" ref={box} data-testid="phrase-card">
      <h2>Recovery phrase</h2>
      {step.value === 'offer' && (
        <form noValidate onSubmit={show}>
          <p>
            Twelve words bring your memory back from the sync service when all your devices are lost. Write
            them down on paper. Whoever has them can read everything; without them, and without a device,
            nobody can: nor can we.
          </p>
          <OwnPassphrase input={passphrase} testid="phrase-passphrase" />
          <div class="row">
            <button type="submit" class={putOff.value ? '' : 'primary'} data-testid="phrase-show">
              Show the twelve words
            </button>
            {!putOff.value && (
              <button type="button" data-testid="phrase-later" onClick={putItOff}>
                Later
              </button>
            )}
          </div>
          {putOff.value && (
            <p class="small muted" data-testid="phrase-put-off">
              Not done yet. Until you do it, this browser is the only one that knows the words.
            </p>
          )}
        </form>
      )}
      {step.value === 'words' && (
        <>
          <p>
            Write these words down, in this order. They are shown until you have proved that you have them.
          </p>
          <ol class="phrase-words" data-testid="phrase-words" translate={false}>
            {words.map((word, index) => (
              <li key={index}>{word}</li>
            ))}
          </ol>
          <div class="row">
            <button type="button" class="primary" data-testid="phrase-written" onClick={askWords}>
              I have written them down
            </button>
            <button type="button" data-testid="phrase-print" onClick={() => print()}>
              Print
            </button>
            <button type="button" data-testid="phrase-copy" onClick={copy}>
              Copy
            </button>
            <button type="button" data-testid="phrase-later" onClick={putItOff}>
              Later
            </button>
          </div>
        </>
      )}
      {step.value === 'quiz' && (
        <form noValidate onSubmit={check}>
          <p>Type three of the words, from what you wrote down.</p>
          <div class="row fields">
            {places.value.map((place, index) => (
              <label key={place} class="field">
                Word {place + 1}
                <input
                  ref={(input) => {
                    if (input) fields.current.set(place, input);
                  }}
                  autocomplete="off"
                  autocapitalize="off"
                  spellcheck={false}
                  data-testid={`phrase-quiz-${index}`}
                  data-place={place}
                />
              </label>
            ))}
          </div>
          <div class="row">
            <button type="submit" class="primary" data-testid="phrase-check">
              Check
            </button>
            <button type="button" data-testid="phrase-again" onClick={() => (step.value = 'words')}>
              Show the words again
            </button>
          </div>
        </form>
      )}
      <p class="result" role="status">
        {said.value}
      </p>
      <p class="error" role="alert" data-testid="phrase-problem" hidden={problem.value === ''}>
        {problem.value}
      </p>
    </section>
  );
}

/** For who has written the words down: are they still the right ones? */
export function PhraseCheck() {
  const typed = useRef<HTMLInputElement>(null);
  const said = useSignal('');
  const problem = useSignal('');
  const check = async (event: Event) => {
    event.preventDefault();
    said.value = '';
    const secret = await secretOfWords(typed.current?.value ?? '');
    const answer = secret.ok ? await ask('phrase.check', { secret: secret.value }) : secret;
    problem.value = answer.ok ? '' : answer.error.message;
    if (!answer.ok) return;
    said.value = 'These are the words of this account.';
    if (typed.current) typed.current.value = '';
  };
  return (
    <details>
      <summary data-testid="phrase-have">Check the recovery phrase that you wrote down</summary>
      <form class="row fields" noValidate onSubmit={(event) => void check(event)}>
        <PhraseInput input={typed} testid="phrase-typed" />
        <button type="submit" data-testid="phrase-is-right">
          Check
        </button>
      </form>
      <p class="result" role="status" data-testid="phrase-right">
        {said.value}
      </p>
      <p class="error" role="alert" data-testid="phrase-wrong" hidden={problem.value === ''}>
        {problem.value}
      </p>
    </details>
  );
}
