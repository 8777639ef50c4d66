import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Result } from '../base/result.ts';
import type { RulesAnswer } from '../messaging/answers.ts';
import { ask } from '../messaging/client.ts';
import type { MessageBody } from '../messaging/messages.ts';
import { PRIVACY_LEVELS, type PrivacyLevel } from '../model/privacy.ts';
import { CAPTURES, type Capture, type Rule } from '../model/rules.ts';
import { LEVEL_WORDS } from '../ui/components/level-choice.tsx';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { RETENTION_HOST } from './retention-card.tsx';
import { RuleTrialBox } from './rule-trial.tsx';
import { CAPTURE_WORDS, captureText, KIND_WORDS, subjectText } from './rule-words.ts';

type Kind = keyof typeof KIND_WORDS;
const KINDS = Object.keys(KIND_WORDS) as Kind[];

interface Props {
  readonly answer: RulesAnswer;
  readonly problem: string;
  readonly show: (result: Result<RulesAnswer>) => boolean;
  /** To what is stored. */
  readonly apply: (rule: Rule) => void;
}

export function RulesCard({ answer: { rules }, problem, show, apply }: Props) {
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const kind = useSignal<Kind>('site');
  const host = useSignal('');
  const path = useSignal('');
  const pattern = useSignal('');
  const capture = useSignal<Capture>('skip');
  const level = useSignal<PrivacyLevel | undefined>(undefined);
  const set = useSignal<Rule | undefined>(undefined);

  const draft = (): MessageBody<'rules.set'> => ({
    host: kind.value === 'pattern' ? '' : host.value,
    ...(kind.value === 'path' ? { path: path.value } : {}),
    ...(kind.value === 'pattern' ? { pattern: pattern.value } : {}),
    capture: capture.value,
    ...(level.value === undefined ? {} : { level: level.value }),
  });
  const isTyped = () => (kind.value === 'pattern' ? pattern.value : host.value) !== '';
  const add = async (event: Event) => {
    event.preventDefault();
    const answer = await ask('rules.set', draft());
    if (!show(answer)) return;
    for (const typed of [host, path, pattern]) typed.value = '';
    set.value = answer.ok ? answer.value.rules.find(({ id }) => id === answer.value.set) : undefined;
  };

  return (
    <section class="card" ref={box}>
      <h2>Rules for sites</h2>
      <p class="muted small">
        A rule for a site holds for its subdomains too, unless they have one of their own; one for a part of a
        site goes before that, and a pattern before both. It holds from now on: what is stored already stays
        until you apply the rule to it.
      </p>
      <p class="small">
        How long what is recorded of a site stays is set on this page, too:{' '}
        <button
          type="button"
          class="quiet"
          data-testid="rule-retention"
          // It scrolls there as well.
          onClick={() => document.getElementById(RETENTION_HOST)?.focus()}
        >
          How long records stay…
        </button>
      </p>
      {rules.length > 0 && <RulesTable rules={rules} show={show} apply={apply} />}
      <form class="row fields" noValidate onSubmit={(event) => void add(event)}>
        <label class="field">
          For
          <select
            data-testid="rule-kind"
            value={kind.value}
            onChange={(event) => (kind.value = KINDS.find((k) => k === event.currentTarget.value) ?? 'site')}
          >
            {KINDS.map((option) => (
              <option key={option} value={option}>
                {KIND_WORDS[option]}
              </option>
            ))}
          </select>
        </label>
        {kind.value === 'pattern' ? (
          <Typed
            name="Pattern (a regular expression)"
            testId="rule-pattern"
            max={1000}
            placeholder="[?&]user="
            typed={pattern}
          />
        ) : (
          <Typed name="Site" testId="rule-host" max={253} placeholder="example.org" typed={host} />
        )}
        {kind.value === 'path' && (
          <Typed name="Path begins with" testId="rule-path" max={1000} placeholder="/account" typed={path} />
        )}
        <label class="field">
          Record
          <select
            data-testid="rule-capture"
            value={capture.value}
            onChange={(event) =>
              (capture.value = CAPTURES.find((c) => c === event.currentTarget.value) ?? 'skip')
            }
          >
            {CAPTURES.map((option) => (
              <option key={option} value={option}>
                {CAPTURE_WORDS[option]}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          Level
          <select
            data-testid="rule-level"
            value={level.value ?? ''}
            onChange={(event) => (level.value = PRIVACY_LEVELS.find((l) => l === event.currentTarget.value))}
          >
            <option value="">As everywhere</option>
            {PRIVACY_LEVELS.map((option) => (
              <option key={option} value={option}>
                {LEVEL_WORDS[option].name}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" data-testid="rule-add">
          Set rule
        </button>
      </form>
      <p class="error result" role="alert" data-testid="rule-problem" hidden={problem === ''}>
        {problem}
      </p>
      {set.value && (
        <p class="small" role="status" data-testid="rule-said">
          The rule for {subjectText(set.value)} holds from now on. What is stored already stays.{' '}
          <button
            type="button"
            class="quiet"
            data-testid="rule-apply-now"
            onClick={() => {
              if (set.value) apply(set.value);
              set.value = undefined;
            }}
          >
            Apply it to that too…
          </button>
        </p>
      )}
      <RuleTrialBox draft={() => (isTyped() ? draft() : undefined)} />
    </section>
  );
}

interface TypedProps {
  readonly name: string;
  readonly testId: string;
  readonly max: number;
  readonly placeholder: string;
  readonly typed: { value: string };
}

const Typed = ({ name, testId, max, placeholder, typed }: TypedProps) => (
  <label class="field grow">
    {name}
    <input
      data-testid={testId}
      autocomplete="off"
      spellcheck={false}
      maxLength={max}
      placeholder={placeholder}
      value={typed.value}
      onInput={(event) => (typed.value = event.currentTarget.value)}
    />
  </label>
);

interface TableProps extends Pick<Props, 'show' | 'apply'> {
  readonly rules: readonly Rule[];
}

function RulesTable({ rules, show, apply }: TableProps) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">For</th>
          <th scope="col">Record</th>
          <th scope="col">Level</th>
          <th scope="col">
            <span class="visually-hidden">Apply or remove</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rules.map((rule) => (
          <tr key={rule.id} data-testid="rule">
            <th scope="row" class="wrap">
              {subjectText(rule)}
            </th>
            <td>{captureText(rule)}</td>
            <td>{rule.level ? LEVEL_WORDS[rule.level].name : 'As everywhere'}</td>
            <td class="actions">
              <button
                type="button"
                class="quiet"
                data-testid="rule-apply"
                aria-label={`Apply… to what is stored: the rule for ${subjectText(rule)}`}
                onClick={() => apply(rule)}
              >
                Apply…
              </button>
              <button
                type="button"
                class="quiet"
                data-testid="rule-remove"
                aria-label={`Remove the rule for ${subjectText(rule)}`}
                onClick={async () => show(await ask('rules.remove', { id: rule.id }))}
              >
                Remove
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
