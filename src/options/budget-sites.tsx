import { useSignal } from '@preact/signals';
import { ask } from '../messaging/client.ts';
import type { SiteSize } from '../model/budget.ts';
import { sizeText } from '../ui/quantities.ts';

/** Read when the person asks: something of every month has to be opened for it. */
export function BudgetSites() {
  const sites = useSignal<readonly SiteSize[] | undefined>(undefined);
  const problem = useSignal('');
  const load = async () => {
    const answer = await ask('budget.sites', {});
    problem.value = answer.ok ? '' : answer.error.message;
    if (answer.ok) sites.value = answer.value;
  };
  return (
    <>
      <h3>Largest sites</h3>
      {sites.value && sites.value.length === 0 && <p>No site takes anything yet.</p>}
      {sites.value && sites.value.length > 0 && (
        <table class="amounts tabular" data-testid="budget-sites">
          <thead>
            <tr>
              <th scope="col">Site</th>
              <th scope="col">Takes about</th>
            </tr>
          </thead>
          <tbody>
            {sites.value.map(({ host, bytes }) => (
              <tr key={host}>
                <th scope="row">{host}</th>
                <td>about {sizeText(bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <button type="button" data-testid="budget-sites-load" onClick={() => void load()}>
        {sites.value ? 'Estimate again' : 'Show the largest sites'}
      </button>
      <p class="error result" role="alert" hidden={problem.value === ''}>
        {problem.value}
      </p>
    </>
  );
}
