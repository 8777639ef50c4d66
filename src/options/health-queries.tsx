import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { type HealthReport, hitShare } from '../model/health.ts';
import type { HitCounts } from '../model/query.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { millisecondsText, shareText, sizeText } from '../ui/quantities.ts';

const FORGOTTEN = 'Forgotten. It is made again when it is needed.';

/** `purge` resolves with whether it was done; why not is told elsewhere. */
interface Props {
  readonly report: HealthReport;
  readonly purge: () => Promise<boolean>;
}

/** How fast answers came, and how often they were there already. */
export function HealthQueries({ report, purge }: Props) {
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const result = useSignal('');
  const { queries, caches, memory } = report;
  const forget = async () => {
    result.value = '';
    if (await purge()) result.value = FORGOTTEN;
  };
  return (
    <section class="card" ref={box}>
      <h2>Queries since the browser started</h2>
      <p class="small muted">
        Searches, lists of a page's records, exports with the time that taking them took, deletions, what this
        page itself asks for, and the contexts that are saved by themselves.
      </p>
      <dl class="figures tabular" data-testid="health-queries">
        <dt>Queries</dt>
        <dd>{queries.count.toLocaleString()}</dd>
        <dt>Half took at most</dt>
        <dd>{queries.count === 0 ? '–' : millisecondsText(queries.p50Ms)}</dd>
        <dt>95 of 100 took at most</dt>
        <dd>{queries.count === 0 ? '–' : millisecondsText(queries.p95Ms)}</dd>
        <dt>Rows looked at</dt>
        <dd>{queries.rowsRead.toLocaleString()}</dd>
        <dt>Rows given</dt>
        <dd>{queries.rowsReturned.toLocaleString()}</dd>
      </dl>
      <h3>What was there already</h3>
      <table class="amounts tabular">
        <thead>
          <tr>
            <th scope="col">Cache</th>
            <th scope="col">Found</th>
            <th scope="col">Not found</th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          <CacheRow name="In memory (L1)" counts={caches.l1} />
          <CacheRow name="Summaries in the database (L2)" counts={caches.l2} />
        </tbody>
      </table>
      <p class="small muted">
        Counted since your profile was made. In memory now: {sizeText(memory.bytes)} of at most{' '}
        {sizeText(memory.maxBytes)}. Summaries are made anew after 24 hours, or when something on their days
        changed.
      </p>
      <button type="button" data-testid="purge" onClick={() => void forget()}>
        Forget what is cached
      </button>
      <p role="status" class="result" data-testid="purge-result">
        {result.value}
      </p>
    </section>
  );
}

function CacheRow({ name, counts }: { readonly name: string; readonly counts: HitCounts }) {
  const share = hitShare(counts);
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{counts.hits.toLocaleString()}</td>
      <td>{counts.misses.toLocaleString()}</td>
      <td>{share === undefined ? '–' : shareText(share)}</td>
    </tr>
  );
}
