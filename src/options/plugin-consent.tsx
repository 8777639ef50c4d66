import { useSignal } from '@preact/signals';
import { useId, useRef } from 'preact/hooks';
import { systemClock } from '../base/clock.ts';
import type { Result } from '../base/result.ts';
import type { PluginField } from '../model/plugins.ts';
import { OwnPassphrase } from '../ui/components/own-passphrase.tsx';
import { type GivenProof, proven } from '../ui/way.ts';
import { FIELD_WORDS, SPANS, type SpanId, untilOf } from './plugin-words.ts';

interface Props {
  /** Which fields can be chosen. Nothing is chosen before the person does. */
  readonly offered: readonly PluginField[];
  readonly action: string;
  readonly onAllow: (
    fields: readonly PluginField[],
    untilMs: number,
    given: GivenProof,
  ) => Promise<Result<unknown>>;
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
  const passphrase = useRef<HTMLInputElement>(null);

  const allow = async (event: Event) => {
    event.preventDefault();
    const untilMs = untilOf(span.value, date.value, systemClock.nowMs());
    problem.value = chosen.value.length === 0 ? NO_FIELD : untilMs === undefined ? NO_DAY : '';
    if (problem.value !== '' || untilMs === undefined) return;
    const allowed = await proven(passphrase.current?.value ?? '', (given) =>
      onAllow(chosen.value, untilMs, given),
    );
    if (!allowed.ok) problem.value = allowed.error.message;
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
        <OwnPassphrase input={passphrase} testid="plugin-passphrase" />
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
