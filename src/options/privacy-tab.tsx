import { useSignal, useSignalEffect } from '@preact/signals';
import type { Result } from '../base/result.ts';
import type { RulesAnswer } from '../messaging/answers.ts';
import { ask } from '../messaging/client.ts';
import { LevelChoice } from '../ui/components/level-choice.tsx';
import { status } from '../ui/status.ts';
import { ConsentsCard } from './consents-card.tsx';
import { KeptOut } from './kept-out.tsx';
import { PasskeyCard } from './passkey-card.tsx';
import { PassphraseCard } from './passphrase-card.tsx';
import { PluginsCard } from './plugins-card.tsx';
import { RetentionCard } from './retention-card.tsx';
import { subjectText } from './rule-words.ts';
import { RulesCard } from './rules-card.tsx';
import { SensitiveSites } from './sensitive-sites.tsx';
import { StoredCard, type Wanted } from './stored-card.tsx';

export function PrivacyTab() {
  const answer = useSignal<RulesAnswer>({ rules: [], sensitive: [] });
  const problem = useSignal('');
  const wanted = useSignal<Wanted | undefined>(undefined);
  const show = (result: Result<RulesAnswer>): boolean => {
    problem.value = result.ok ? '' : result.error.message;
    if (result.ok) answer.value = result.value;
    return result.ok;
  };
  // With each status, too: what comes from other devices is told with it. What was said of a rule that could not be set stays.
  useSignalEffect(() => {
    if (status.value === undefined) return;
    void ask('rules.list', {}).then((result) => {
      if (result.ok) answer.value = result.value;
      else show(result);
    });
  });

  return (
    <>
      <section class="card">
        <LevelChoice />
      </section>
      <RulesCard
        answer={answer.value}
        problem={problem.value}
        show={show}
        apply={(rule) => {
          wanted.value = { scope: { what: 'rule', id: rule.id }, name: `the rule for ${subjectText(rule)}` };
        }}
      />
      <StoredCard wanted={wanted} />
      <RetentionCard />
      <KeptOut />
      <PluginsCard />
      <ConsentsCard />
      <SensitiveSites answer={answer.value} show={show} />
      <PassphraseCard />
      <PasskeyCard />
    </>
  );
}
