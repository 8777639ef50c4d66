import { useSignal, useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { ask } from '../messaging/client.ts';
import { type Correctable, type Correction, elsewhereSentences } from '../model/data-request.ts';
import { count } from '../ui/format.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { requests, toCorrect } from './requests.ts';

type Field = Correction['what'];

interface Choice {
  readonly what: 'title' | 'query';
  readonly text: string;
  readonly count: number;
}

const choicesOf = ({ titles, queries }: Correctable): Choice[] => [
  ...titles.map((one): Choice => ({ what: 'title', ...one })),
  ...queries.map((one): Choice => ({ what: 'query', ...one })),
];
const choiceWords = ({ what, text, count: records }: Choice): string =>
  `${what === 'title' ? 'Title' : 'Search'}: ${text || '(empty)'} (${count(records, 'record', 'records')})`;

interface Said {
  readonly text: string;
  readonly failed: boolean;
}
const NOTHING: Said = { text: '', failed: false };
const NONE =
  'Nothing with a title or a search is recorded under this address. Take the address from a search result as it is.';

/** Puts right what is recorded of a page, or what the profile says. */
export function CorrectCard() {
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const address = useRef<HTMLInputElement>(null);
  const corrected = useRef<HTMLInputElement>(null);
  const url = useSignal('');
  const choices = useSignal<readonly Choice[]>([]);
  const chosen = useSignal(0);
  const to = useSignal('');
  const field = useSignal<'language' | 'timezone'>('language');
  const value = useSignal('');
  const said = useSignal<Said>(NOTHING);
  const busy = useSignal(false);

  const choose = (index: number) => {
    chosen.value = index;
    to.value = choices.value[index]?.text ?? '';
  };
  const look = async () => {
    if (busy.value) return;
    busy.value = true;
    said.value = { text: 'Looking…', failed: false };
    const found = await ask('rectify.find', { url: url.value.trim() });
    busy.value = false;
    choices.value = found.ok ? choicesOf(found.value) : [];
    choose(0);
    if (!found.ok) {
      said.value = { text: found.error.message, failed: true };
      return;
    }
    const isNothing = choices.value.length === 0;
    const elsewhere = elsewhereSentences(found.value.elsewhere);
    said.value = { text: [...(isNothing ? [NONE] : []), ...elsewhere].join(' '), failed: isNothing };
    if (!isNothing) requestAnimationFrame(() => corrected.current?.select());
  };
  useSignalEffect(() => {
    const wanted = toCorrect.value;
    if (wanted === undefined) return;
    toCorrect.value = undefined;
    url.value = wanted;
    requestAnimationFrame(() => address.current?.focus());
    void look();
  });

  const send = async (correction: Correction, done: (records: number) => string) => {
    if (busy.value) return;
    busy.value = true;
    said.value = NOTHING;
    const answer = await ask('requests.rectify', { correction, reason: '' });
    busy.value = false;
    if (!answer.ok) {
      said.value = { text: answer.error.message, failed: true };
      return;
    }
    requests.value = answer.value;
    const [newest] = answer.value;
    const isDone = newest?.status === 'completed';
    said.value = {
      text: [isDone ? done(newest.affectedRecords ?? 0) : '', newest?.message ?? '']
        .filter(Boolean)
        .join(' '),
      failed: !isDone,
    };
    if (isDone) choices.value = [];
  };
  const correct = (event: Event) => {
    event.preventDefault();
    const choice = choices.value[chosen.value];
    if (!choice) return;
    if (to.value.trim() === choice.text) {
      said.value = { text: 'That is what it says now. Type what it should say.', failed: true };
      return;
    }
    const { what, text } = choice;
    void send(
      { what, url: url.value.trim(), from: text, to: to.value.trim() },
      (records) => `Corrected ${count(records, 'record', 'records')}. What was there before is deleted.`,
    );
  };
  const correctProfile = (event: Event) => {
    event.preventDefault();
    const what: Field = field.value;
    void send({ what, to: value.value.trim() } as Correction, () => 'Your profile was corrected.');
  };

  return (
    <section class="card" ref={box} id="correct">
      <h2>Correct</h2>
      <p class="small muted">
        The title of a page or the words of a search, where what was recorded is wrong. The old text is
        deleted for good, here and on the devices that you sync with; time and address stay. When the words of
        a search are corrected, it is forgotten that a page was reached from its results that day. Days that
        are only in files that you keep are not corrected.
      </p>
      <form
        class="row fields"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void look();
        }}
      >
        <label class="field grow">
          Address of the page
          <input
            ref={address}
            data-testid="correct-url"
            autocomplete="off"
            spellcheck={false}
            placeholder="https://example.org/page"
            value={url.value}
            onInput={(event) => {
              url.value = event.currentTarget.value;
              choices.value = [];
            }}
          />
        </label>
        <button type="submit" data-testid="correct-look" disabled={busy.value}>
          Show what is recorded
        </button>
      </form>
      {choices.value.length > 0 && (
        <form class="row fields" noValidate onSubmit={correct}>
          <label class="field grow">
            What is wrong
            <select
              data-testid="correct-choice"
              onChange={(event) => choose(event.currentTarget.selectedIndex)}
            >
              {choices.value.map((choice, index) => (
                <option key={choiceWords(choice)} value={String(index)} selected={index === chosen.value}>
                  {choiceWords(choice)}
                </option>
              ))}
            </select>
          </label>
          <label class="field grow">
            What it should say
            <input
              ref={corrected}
              data-testid="correct-to"
              autocomplete="off"
              maxLength={1000}
              value={to.value}
              onInput={(event) => {
                to.value = event.currentTarget.value;
              }}
            />
          </label>
          <button type="submit" data-testid="correct-run" disabled={busy.value}>
            {busy.value ? 'Correcting…' : 'Correct'}
          </button>
        </form>
      )}
      <form class="row fields apart" noValidate onSubmit={correctProfile}>
        <label class="field">
          Of your profile
          <select
            data-testid="correct-field"
            onChange={(event) => {
              field.value = event.currentTarget.value === 'timezone' ? 'timezone' : 'language';
            }}
          >
            <option value="language">Language</option>
            <option value="timezone">Time zone</option>
          </select>
        </label>
        <label class="field grow">
          Should be
          <input
            data-testid="correct-value"
            autocomplete="off"
            spellcheck={false}
            placeholder={field.value === 'language' ? 'pt-BR' : 'Europe/Lisbon'}
            value={value.value}
            onInput={(event) => {
              value.value = event.currentTarget.value;
            }}
          />
        </label>
        <button type="submit" data-testid="correct-profile" disabled={busy.value}>
          Correct the profile
        </button>
      </form>
      <p role="status" class={said.value.failed ? 'result error' : 'result'} data-testid="correct-result">
        {said.value.text}
      </p>
    </section>
  );
}
