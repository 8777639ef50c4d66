import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Result } from '../base/result.ts';
import { ask } from '../messaging/client.ts';
import type { BudgetReport } from '../model/budget.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { status } from '../ui/status.ts';
import { BudgetArchive } from './budget-archive.tsx';
import { BudgetSites } from './budget-sites.tsx';
import { limitOf, limitText, noticeOf, usedSentence } from './budget-words.ts';

const NO_NUMBER = 'That is not a size. Type gigabytes, like 5 or 0.5.';

/** How much may be stored, what to do when it gets near, and days that left for a file. */
export function BudgetCard() {
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const report = useSignal<BudgetReport | undefined>(undefined);
  const problem = useSignal('');
  const limit = useSignal<string | undefined>(undefined);
  const site = useSignal('');

  const show = (answer: Result<BudgetReport>): boolean => {
    problem.value = answer.ok ? '' : answer.error.message;
    if (answer.ok) report.value = answer.value;
    return answer.ok;
  };
  const load = async () => void show(await ask('budget.get', {}));
  const { state, archivedDays } = status.value?.budget ?? {};
  useEffect(() => void load(), [state, archivedDays]);

  const setLimit = async (event: Event) => {
    event.preventDefault();
    const bytes = limitOf(limit.value ?? '');
    if (bytes === undefined) problem.value = NO_NUMBER;
    else if (show(await ask('budget.set', { limitBytes: bytes }))) limit.value = undefined;
  };
  const pin = async (event: Event) => {
    event.preventDefault();
    if (show(await ask('budget.pin', { host: site.value }))) site.value = '';
  };

  const now = report.value;
  const notice = now ? noticeOf(now) : '';
  return (
    <section class="card" ref={box}>
      <h2>Storage budget</h2>
      {now && (
        <>
          <p data-testid="budget-used">{usedSentence(now)}</p>
          <progress
            aria-label="Storage used"
            max={now.limitBytes}
            value={Math.min(now.usedBytes, now.limitBytes)}
          />
          <p class="notice" role="status" data-testid="budget-notice" hidden={notice === ''}>
            {notice}
          </p>
          <form class="row fields" noValidate onSubmit={(event) => void setLimit(event)}>
            <label class="field">
              Limit in gigabytes
              <input
                data-testid="budget-limit"
                inputMode="decimal"
                autocomplete="off"
                maxLength={12}
                value={limit.value ?? limitText(now.limitBytes)}
                onInput={(event) => (limit.value = event.currentTarget.value)}
              />
            </label>
            <button type="submit" data-testid="budget-set">
              Set limit
            </button>
          </form>
        </>
      )}
      <p class="error result" role="alert" data-testid="budget-problem" hidden={problem.value === ''}>
        {problem.value}
      </p>
      {now && (
        <>
          <BudgetArchive report={now} onChange={load} />
          <h3>Keep on this computer</h3>
          <p class="small muted">
            Records of these sites and their subdomains stay here when their days are archived.
          </p>
          {now.pinned.length > 0 && (
            <ul class="plain">
              {now.pinned.map((host) => (
                <li key={host} data-testid="budget-pinned">
                  <span>{host}</span>{' '}
                  <button
                    type="button"
                    class="quiet"
                    data-testid="budget-unpin"
                    aria-label={`Remove ${host} from this list`}
                    onClick={async () => show(await ask('budget.unpin', { host }))}
                  >
                    Remove
                  </button>
                </li>
              ))}
            </ul>
          )}
          <form class="row fields" noValidate onSubmit={(event) => void pin(event)}>
            <label class="field grow">
              Site to keep here
              <input
                data-testid="budget-pin-host"
                placeholder="example.org"
                autocomplete="off"
                spellcheck={false}
                maxLength={253}
                value={site.value}
                onInput={(event) => (site.value = event.currentTarget.value)}
              />
            </label>
            <button type="submit" data-testid="budget-pin">
              Keep this site
            </button>
          </form>
          <BudgetSites />
        </>
      )}
    </section>
  );
}
