import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { RulesAnswer } from '../messaging/answers.ts';
import { ask } from '../messaging/client.ts';
import { PRIVACY_LEVELS, type PrivacyLevel } from '../model/privacy.ts';
import { CAPTURES, type Capture } from '../model/rules.ts';
import { LEVEL_WORDS, LevelChoice } from '../ui/components/level-choice.tsx';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { KeptOut } from './kept-out.tsx';
import { PassphraseCard } from './passphrase-card.tsx';
import { PluginsCard } from './plugins-card.tsx';
import { RetentionCard } from './retention-card.tsx';
import { SensitiveSites } from './sensitive-sites.tsx';

const CAPTURE_WORDS: Readonly<Record<Capture, string>> = {
  skip: 'Record nothing',
  domain: 'Only the name of the site',
  'no-query': 'Addresses without their query',
  full: 'Everything',
};

export function PrivacyTab() {
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const answer = useSignal<RulesAnswer>({ rules: [], sensitive: [] });
  const problem = useSignal('');
  const host = useSignal('');
  const capture = useSignal<Capture>('skip');
  const level = useSignal<PrivacyLevel | undefined>(undefined);

  const show = (result: Awaited<ReturnType<typeof ask<'rules.list'>>>): boolean => {
    problem.value = result.ok ? '' : result.error.message;
    if (result.ok) answer.value = result.value;
    return result.ok;
  };
  useEffect(() => void ask('rules.list', {}).then(show), []);

  const add = async (event: Event) => {
    event.preventDefault();
    const rule = {
      host: host.value,
      capture: capture.value,
      ...(level.value === undefined ? {} : { level: level.value }),
    };
    if (show(await ask('rules.set', rule))) host.value = '';
  };

  return (
    <>
      <section class="card">
        <LevelChoice />
      </section>
      <section class="card" ref={box}>
        <h2>Rules for sites</h2>
        <p class="muted small">
          A rule for a site holds for its subdomains too, unless they have one of their own. It holds from now
          on: what is stored already stays.
        </p>
        {answer.value.rules.length > 0 && (
          <table>
            <thead>
              <tr>
                <th scope="col">Site</th>
                <th scope="col">Record</th>
                <th scope="col">Level</th>
                <th scope="col">
                  <span class="visually-hidden">Remove</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {answer.value.rules.map((rule) => (
                <tr key={rule.id} data-testid="rule">
                  <th scope="row">{rule.host}</th>
                  <td>{CAPTURE_WORDS[rule.capture]}</td>
                  <td>{rule.level ? LEVEL_WORDS[rule.level].name : 'As everywhere'}</td>
                  <td>
                    <button
                      type="button"
                      class="quiet"
                      data-testid="rule-remove"
                      aria-label={`Remove the rule for ${rule.host}`}
                      onClick={async () => show(await ask('rules.remove', { id: rule.id }))}
                    >
                      Remove
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        <form class="row fields" noValidate onSubmit={(event) => void add(event)}>
          <label class="field grow">
            Site
            <input
              data-testid="rule-host"
              autocomplete="off"
              spellcheck={false}
              maxLength={253}
              placeholder="example.org"
              value={host.value}
              onInput={(event) => (host.value = event.currentTarget.value)}
            />
          </label>
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
              onChange={(event) =>
                (level.value = PRIVACY_LEVELS.find((l) => l === event.currentTarget.value))
              }
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
        <p class="error result" role="alert" hidden={problem.value === ''}>
          {problem.value}
        </p>
      </section>
      <RetentionCard />
      <KeptOut />
      <PluginsCard />
      <SensitiveSites answer={answer.value} show={show} />
      <PassphraseCard />
    </>
  );
}
