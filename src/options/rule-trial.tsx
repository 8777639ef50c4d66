import { useSignal } from '@preact/signals';
import type { RuleTrial } from '../messaging/answers.ts';
import { ask } from '../messaging/client.ts';
import type { MessageBody } from '../messaging/messages.ts';
import { deciderText, storedTexts } from './rule-words.ts';

interface Props {
  /** The rule in the form, as it would be set; `undefined` while nothing is typed there. */
  readonly draft: () => MessageBody<'rules.set'> | undefined;
}

/** Type an address: which rule decides, and what a visit would leave behind. Nothing of it is stored. */
export function RuleTrialBox({ draft }: Props) {
  const address = useSignal('');
  const trial = useSignal<RuleTrial | undefined>(undefined);
  const problem = useSignal('');
  const test = async (event: Event) => {
    event.preventDefault();
    const rule = draft();
    const answer = await ask('rules.test', { address: address.value, ...(rule ? { rule } : {}) });
    problem.value = answer.ok ? '' : answer.error.message;
    trial.value = answer.ok ? answer.value : undefined;
  };
  return (
    <div class="apart">
      <h3>Try an address</h3>
      <p class="muted small">
        See which rule decides and what a visit would leave behind, also with the rule above before you set
        it. The address is not stored.
      </p>
      <form class="row fields" noValidate onSubmit={(event) => void test(event)}>
        <label class="field grow">
          Address
          <input
            data-testid="trial-address"
            autocomplete="off"
            spellcheck={false}
            maxLength={4096}
            placeholder="https://example.org/page?user=1"
            value={address.value}
            onInput={(event) => (address.value = event.currentTarget.value)}
          />
        </label>
        <button type="submit" data-testid="trial-run">
          Try it
        </button>
      </form>
      <div role="status" data-testid="trial-result">
        {trial.value && <Outcome trial={trial.value} />}
      </div>
      <p class="error result" role="alert" data-testid="trial-problem" hidden={problem.value === ''}>
        {problem.value}
      </p>
    </div>
  );
}

function Outcome({ trial }: { readonly trial: RuleTrial }) {
  const stored = storedTexts(trial);
  return (
    <>
      <p data-testid="trial-decider">{deciderText(trial)}</p>
      {stored.length === 0 ? (
        <p data-testid="trial-nothing">A visit of this address stores nothing.</p>
      ) : (
        stored.map(({ what, fields }) => (
          <table class="fields-stored" key={what} data-testid="trial-stored">
            <caption>{what}</caption>
            <tbody>
              {fields.map(([name, value]) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td class="wrap">{value}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ))
      )}
    </>
  );
}
