import { useRef } from 'preact/hooks';
import type { Result } from '../base/result.ts';
import type { RulesAnswer } from '../messaging/answers.ts';
import { ask } from '../messaging/client.ts';
import { type Rule, ruleFor } from '../model/rules.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';

interface Props {
  readonly answer: RulesAnswer;
  readonly show: (result: Result<RulesAnswer>) => boolean;
}

/** Names can have a rule; descriptions (`names with banking in them`) cannot. */
const isName = (entry: string): boolean => /^[a-z0-9.*-]+$/.test(entry);

/** What is skipped from the start. Each site of the list can be recorded all the same: that makes a rule for it. */
export function SensitiveSites({ answer: { rules, sensitive }, show }: Props) {
  const changed = sensitive.filter((entry) => isName(entry) && allowedBy(rules, entry) !== undefined);
  return (
    <details class="card" data-testid="sensitive-sites">
      <summary>
        Sensitive sites, skipped from the start ({sensitive.length}
        {changed.length > 0 ? `, ${changed.length} changed` : ''})
      </summary>
      <p class="small muted">
        “Record” makes a rule for a site of the list. Any other site that fits one of the descriptions can
        have a rule of its own, above. A name that ends in “.*” stands for all countries.
      </p>
      <ul class="descriptions">
        {sensitive
          .filter((entry) => !isName(entry))
          .map((entry) => (
            <li key={entry}>{entry}</li>
          ))}
      </ul>
      <ul class="hosts">
        {sensitive.filter(isName).map((entry) => (
          <Entry key={entry} entry={entry} rule={allowedBy(rules, entry)} show={show} />
        ))}
      </ul>
    </details>
  );
}

function allowedBy(rules: readonly Rule[], entry: string): Rule | undefined {
  const rule = ruleFor(rules, entry);
  return rule?.capture === 'skip' ? undefined : rule;
}

interface EntryProps extends Pick<Props, 'show'> {
  readonly entry: string;
  readonly rule: Rule | undefined;
}

function Entry({ entry, rule, show }: EntryProps) {
  const box = useRef<HTMLLIElement>(null);
  useKeptFocus(box);
  return (
    <li ref={box} data-testid="sensitive-entry">
      <span class="clip" title={entry}>
        {entry}
      </span>
      {rule === undefined ? (
        <button
          type="button"
          class="quiet"
          data-testid="sensitive-allow"
          aria-label={`Record ${entry}`}
          onClick={async () => show(await ask('rules.set', { host: entry, capture: 'full' }))}
        >
          Record
        </button>
      ) : (
        <button
          type="button"
          class="quiet"
          data-testid="sensitive-skip"
          aria-label={`Recorded: skip again ${entry}`}
          onClick={async () => show(await ask('rules.remove', { id: rule.id }))}
        >
          Recorded: skip again
        </button>
      )}
    </li>
  );
}
