import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { systemClock } from '../base/clock.ts';
import type { PluginField } from '../model/plugins.ts';
import { FIELD_WORDS, SPANS, type SpanId, untilOf } from './plugin-words.ts';

interface Props {
  /** Which fields can be chosen. Nothing is chosen before the person does. */
  readonly offered: readonly PluginField[];
  readonly action: string;
  /** Resolves with why it was refused; empty when it was not. */
  readonly onAllow: (fields: readonly PluginField[], untilMs: number) => Promise<string>;
  /** Instead of allowing. */
  readonly onRefuse?: () => void;
}

const NO_FIELD = 'Choose at least one field.';
const NO_DAY = 'Choose the last day.';

/** Which fields, and until when. */
export function PluginConsent({ offered, action, onAllow, onRefuse }: Props) {
  const id = useId();
  const chosen = useSignal<readonly PluginField[]>([]);
  const span = useSignal<SpanId>('1');
  const date = useSignal('');
  const problem = useSignal('');

  const allow = async (event: Event) => {
    event.preventDefault();
    const untilMs = untilOf(span.value, date.value, systemClock.nowMs());
    problem.value = chosen.value.length === 0 ? NO_FIELD : untilMs === undefined ? NO_DAY : '';
    if (problem.value === '' && untilMs !== undefined) problem.value = await onAllow(chosen.value, untilMs);
  };
  const toggle = (field: PluginField, on: boolean) => {
    chosen.value = offered.filter((one) => (one === field ? on : chosen.value.includes(one)));
  };
  return (
    <form noValidate onSubmit={(event) => void allow(event)}>
      <fieldset class="checks">
        <legend>It may read</legend>
        {offered.map((field) => (
          <label class="check" key={field}>
            <input
              type="checkbox"
              data-testid={`plugin-field-${field}`}
              checked={chosen.value.includes(field)}
              onChange={(event) => toggle(field, event.currentTarget.checked)}
            />
            {FIELD_WORDS[field]}
          </label>
        ))}
      </fieldset>
      <div class="row fields">
        <label class="field" for={`${id}-span`}>
          For
          <select
            id={`${id}-span`}
            data-testid="plugin-span"
            value={span.value}
            onChange={(event) => {
              span.value = SPANS.find((one) => one.id === event.currentTarget.value)?.id ?? '1';
            }}
          >
            {SPANS.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
        {span.value === 'date' && (
          <label class="field" for={`${id}-date`}>
            Last day
            <input
              id={`${id}-date`}
              type="date"
              data-testid="plugin-date"
              value={date.value}
              onInput={(event) => (date.value = event.currentTarget.value)}
            />
          </label>
        )}
        <button type="submit" data-testid="plugin-allow">
          {action}
        </button>
        {onRefuse && (
          <button type="button" data-testid="plugin-refuse" onClick={onRefuse}>
            Refuse
          </button>
        )}
      </div>
      <p class="error result" role="alert" data-testid="plugin-consent-problem" hidden={problem.value === ''}>
        {problem.value}
      </p>
    </form>
  );
}
