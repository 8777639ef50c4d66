import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Result } from '../base/result.ts';
import { ask } from '../messaging/client.ts';
import { type BudgetReport, MIN_BUDGET_BYTES, parseBudget } from '../model/budget.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { sizeText } from '../ui/quantities.ts';
import { status } from '../ui/status.ts';
import { budgetNotice, limitText, siteText, usedText } from './budget-words.ts';
import { HealthArchive } from './health-archive.tsx';

const BAD_LIMIT = `Type a size like 500 MB or 2 GB, at least ${sizeText(MIN_BUDGET_BYTES)}.`;

/** How much of the budget is used, by what, and what leaves first. */
export function HealthBudget() {
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const report = useSignal<BudgetReport | undefined>(undefined);
  const typed = useSignal<string | undefined>(undefined);
  const site = useSignal('');
  const problem = useSignal('');
  const said = useSignal('');

  const show = (answer: Result<BudgetReport>, done = ''): boolean => {
    problem.value = answer.ok ? '' : answer.error.message;
    said.value = answer.ok ? done : '';
    if (answer.ok) report.value = answer.value;
    return answer.ok;
  };
  const { budget, sync } = status.value ?? {};
  // Room was made, or used up, or sync was switched on or off meanwhile.
  useEffect(
    () => void ask('budget.get', {}).then((answer) => show(answer, said.value)),
    [budget?.phase, sync?.phase === 'off'],
  );

  const now = report.value;
  if (!now)
    return (
      <section class="card" ref={box}>
        <h2>Storage budget</h2>
        <p role="status">{problem.value || 'Measuring…'}</p>
      </section>
    );
  const setLimit = async (event: Event) => {
    event.preventDefault();
    const bytes = parseBudget(typed.value ?? limitText(now.limitBytes));
    if (bytes === null) {
      problem.value = BAD_LIMIT;
      said.value = '';
    } else if (show(await ask('budget.set', { bytes }), `The budget is ${sizeText(bytes)} now.`))
      typed.value = undefined;
  };
  const pin = async (event: Event) => {
    event.preventDefault();
    if (show(await ask('budget.pin', { host: site.value }), `${site.value.trim()} stays on this computer.`))
      site.value = '';
  };
  const notice = budgetNotice(now);
  return (
    <section class="card" ref={box} data-testid="budget">
      <h2>Storage budget</h2>
      <p id="budget-used" data-testid="budget-used">
        {usedText(now)}
      </p>
      <meter
        class="budget"
        aria-labelledby="budget-used"
        min={0}
        max={now.limitBytes}
        high={0.8 * now.limitBytes}
        optimum={0}
        value={Math.min(now.usedBytes, now.limitBytes)}
      />
      {notice && (
        <p class={now.phase === 'full' ? 'error' : ''} data-testid="budget-notice">
          {notice}
        </p>
      )}
      <form class="row fields" onSubmit={(event) => void setLimit(event)}>
        <label class="field">
          Budget
          <input
            type="text"
            data-testid="budget-limit"
            autocomplete="off"
            value={typed.value ?? limitText(now.limitBytes)}
            onInput={(event) => {
              typed.value = event.currentTarget.value;
            }}
          />
        </label>
        <button type="submit" data-testid="budget-set">
          Set
        </button>
      </form>
      <p role="status" class="result" data-testid="budget-result">
        {said.value}
      </p>
      <p class="error" role="alert" data-testid="budget-problem" hidden={problem.value === ''}>
        {problem.value}
      </p>

      <h3>Always kept on this computer</h3>
      <p class="small muted">
        Records of these sites, and of sites below them, are never archived. They still count.
      </p>
      <ul class="pinned">
        {now.pinned.map((host) => (
          <li key={host} class="row spread" data-testid="pinned">
            <span class="clip" title={host}>
              {host}
            </span>
            <button
              type="button"
              class="quiet"
              aria-label={`No longer keep ${host}`}
              onClick={async () => show(await ask('budget.unpin', { host }))}
            >
              Remove
            </button>
          </li>
        ))}
      </ul>
      <form class="row fields" onSubmit={(event) => void pin(event)}>
        <label class="field grow">
          Site
          <input
            type="text"
            data-testid="pin-host"
            placeholder="example.org"
            autocomplete="off"
            spellcheck={false}
            maxLength={4096}
            value={site.value}
            onInput={(event) => {
              site.value = event.currentTarget.value;
            }}
          />
        </label>
        <button type="submit" data-testid="pin" disabled={site.value.trim() === ''}>
          Keep
        </button>
      </form>

      {now.sites.length > 0 && (
        <>
          <h3>Largest sites</h3>
          <table class="amounts tabular" data-testid="largest-sites">
            <thead>
              <tr>
                <th scope="col">Site</th>
                <th scope="col">About</th>
              </tr>
            </thead>
            <tbody>
              {now.sites.map(({ host, bytes }) => (
                <tr key={host}>
                  <th scope="row">{host}</th>
                  <td>{siteText(bytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p class="small muted">
            Estimated from how many records and pages each has: what sites share is shared out.
          </p>
        </>
      )}
      <HealthArchive report={now} show={show} />
    </section>
  );
}
