import { useSignal } from '@preact/signals';
import { parseRuleHost } from '../model/rules.ts';
import type { EraseTarget } from '../model/selector.ts';
import { dayStart } from '../ui/format.ts';
import { status } from '../ui/status.ts';
import { eraseAfterAsking } from './erase.ts';
import { ExportCard } from './export-card.tsx';

export function DataTab() {
  const result = useSignal('');
  const site = useSignal('');
  const from = useSignal('');
  const to = useSignal('');

  const erase = async (target: EraseTarget, what: string) => {
    result.value = (await eraseAfterAsking(target, what)) ?? 'Nothing was deleted.';
  };
  const eraseSite = () => {
    const host = parseRuleHost(site.value);
    if (host === null) result.value = 'That is not the name of a site. Type it like example.org.';
    else void erase({ what: 'site', host }, host);
  };
  const eraseRange = () => {
    const fromMs = dayStart(from.value);
    const toMs = dayStart(to.value, 1);
    if (fromMs === undefined || toMs === undefined || fromMs >= toMs)
      result.value = 'Choose a first and a last day, in this order.';
    else void erase({ what: 'range', fromMs, toMs }, `${from.value} to ${to.value}`);
  };

  return (
    <>
      <ExportCard />
      <section class="card">
        <h2>Delete</h2>
        <div class="row">
          <label class="field">
            A site
            <input
              data-testid="delete-site-host"
              placeholder="example.org"
              value={site.value}
              onInput={(event) => (site.value = event.currentTarget.value)}
            />
          </label>
          <button type="button" data-testid="delete-site-run" onClick={eraseSite}>
            Delete this site…
          </button>
        </div>
        <div class="row">
          <label class="field">
            From
            <input
              type="date"
              data-testid="delete-from"
              value={from.value}
              onInput={(event) => (from.value = event.currentTarget.value)}
            />
          </label>
          <label class="field">
            To
            <input
              type="date"
              data-testid="delete-to"
              value={to.value}
              onInput={(event) => (to.value = event.currentTarget.value)}
            />
          </label>
          <button type="button" data-testid="delete-range-run" onClick={eraseRange}>
            Delete these days…
          </button>
        </div>
        <p>
          <button
            type="button"
            class="danger"
            data-testid="delete-all"
            onClick={() => void erase({ what: 'all' }, 'everything')}
          >
            Delete everything…
          </button>
        </p>
        <p role="status" data-testid="delete-result">
          {result.value}
        </p>
      </section>
      <section class="card">
        <h2>How safe it lies here</h2>
        <p class="small">
          {status.value?.persisted
            ? 'The browser promised not to clear this data by itself.'
            : 'The browser made no promise to keep this data when the disk is nearly full. It has unlimited storage, which makes that unlikely.'}{' '}
          Uninstalling the extension destroys everything recorded in this browser; an export is the only copy
          outside of it. Clearing the browser's own history does not clear this. On this computer it is
          protected only by your computer account.
        </p>
      </section>
    </>
  );
}
