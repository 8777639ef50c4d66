import { useSignal } from '@preact/signals';
import { systemClock } from '../base/clock.ts';
import type { EraseQuestion } from '../model/selector.ts';
import { type NamedSpan, QUICK_SPANS, type QuickSpan, quickSpan, typedSpan } from './typed-span.ts';

interface SpanProps {
  readonly onErase: (target: EraseQuestion, what: string) => void;
}

const QUICK_WORDS: Readonly<Record<QuickSpan, string>> = {
  today: 'Today…',
  yesterday: 'Yesterday…',
  week: 'Last 7 days…',
};

/** Deletes what was recorded within a time: quickly chosen, or from minute to minute. */
export function DeleteSpan({ onErase }: SpanProps) {
  const from = useSignal('');
  const to = useSignal('');
  const problem = useSignal('');
  const erase = ({ fromMs, toMs, words }: NamedSpan) => onErase({ what: 'range', fromMs, toMs }, words);
  const eraseTyped = (event: Event) => {
    event.preventDefault();
    const span = typedSpan(from.value, to.value, systemClock.nowMs());
    problem.value = span.ok ? '' : span.error.message;
    if (span.ok) erase(span.value);
  };
  return (
    <fieldset>
      <legend>A time</legend>
      <div class="row quick">
        <button
          type="button"
          data-testid="delete-hour"
          onClick={() => onErase({ what: 'hour' }, 'of the last hour')}
        >
          Last hour…
        </button>
        {QUICK_SPANS.map((span) => (
          <button
            type="button"
            key={span}
            data-testid={`delete-${span}`}
            onClick={() => erase(quickSpan(span, systemClock.nowMs()))}
          >
            {QUICK_WORDS[span]}
          </button>
        ))}
      </div>
      <form class="row fields" noValidate onSubmit={eraseTyped}>
        <label class="field">
          From
          <input
            type="datetime-local"
            data-testid="delete-from"
            aria-describedby="span-hint"
            value={from.value}
            onInput={(event) => (from.value = event.currentTarget.value)}
          />
        </label>
        <label class="field">
          To
          <input
            type="datetime-local"
            data-testid="delete-to"
            aria-describedby="span-hint"
            value={to.value}
            onInput={(event) => (to.value = event.currentTarget.value)}
          />
        </label>
        <button type="submit" data-testid="delete-range-run">
          Delete this time…
        </button>
      </form>
      <p class="error" role="alert" data-testid="span-problem" hidden={problem.value === ''}>
        {problem.value}
      </p>
      <p class="small muted" id="span-hint">
        Both minutes are included. Counts of level Anonymous are known by their hour only: those of an hour go
        when any part of it is within that time.
      </p>
    </fieldset>
  );
}
