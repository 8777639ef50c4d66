import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { ask } from '../messaging/client.ts';
import type { HealthReport } from '../model/health.ts';
import { exactTime } from '../ui/format.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { sizeText } from '../ui/quantities.ts';
import { status } from '../ui/status.ts';
import { compactionSaid, extentSentence, STORE_NAMES } from './health-words.ts';

const STOPPED =
  'Compacting stopped half-way, because the background was stopped. Nothing is lost; press the button again.';

/** How much there is, and the button that makes it smaller. */
export function HealthStore({ report }: { readonly report: HealthReport }) {
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const stopped = useSignal(false);
  const state = status.value?.compaction;
  const running = state?.phase === 'running';
  const said = stopped.value ? { text: STOPPED, failed: true } : compactionSaid(state);
  const sizes = Object.entries(report.sizes);
  const total = sizes.reduce((sum, [, bytes]) => sum + bytes, 0);

  const run = async () => {
    stopped.value = false;
    const answer = await ask('compact.run', {});
    if (answer.ok) status.value = answer.value;
    stopped.value = !answer.ok;
  };
  return (
    <section class="card" ref={box}>
      <h2>What is stored</h2>
      <p data-testid="health-extent">{extentSentence(report)}</p>
      <table class="amounts tabular">
        <thead>
          <tr>
            <th scope="col">Store</th>
            <th scope="col">Encrypted size</th>
          </tr>
        </thead>
        <tbody>
          {sizes.map(([store, bytes]) => (
            <tr key={store}>
              <th scope="row">{STORE_NAMES[store] ?? store}</th>
              <td>{sizeText(bytes)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Total</th>
            <td data-testid="health-total">{sizeText(total)}</td>
          </tr>
        </tfoot>
      </table>
      <p class="small muted">
        Without what the browser's own database adds. Compacting packs the newest records, merges the index
        and removes what belongs to nothing; by itself it happens about once a week.{' '}
        {report.compactedMs === undefined
          ? 'It has not happened yet.'
          : `Last time: ${exactTime(report.compactedMs)}.`}
      </p>
      <div class="row">
        <button type="button" data-testid="compact" disabled={running} onClick={() => void run()}>
          Compact now
        </button>
        {running && (
          <button type="button" data-testid="compact-cancel" onClick={() => void ask('compact.cancel', {})}>
            Cancel
          </button>
        )}
      </div>
      {running && (
        <div class="exporting">
          <progress aria-label="Compacting" />
          <span class="small muted">Compacting. You can go on browsing.</span>
        </div>
      )}
      <p role="status" class={said.failed ? 'result error' : 'result'} data-testid="compact-result">
        {running ? '' : said.text}
      </p>
    </section>
  );
}
