import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ask } from '../messaging/client.ts';
import type { SensitiveTotals } from '../model/sensitive.ts';
import { status } from '../ui/status.ts';
import { type KeptOutRow, keptOutRows, keptOutSentence } from './kept-out-words.ts';

/** How much of which sort was recognised in what was captured. */
export function KeptOut() {
  const totals = useSignal<SensitiveTotals | null | undefined>(undefined);
  const problem = useSignal('');
  const records = status.value?.recordCount;
  useEffect(() => {
    // Asked again when something was recorded while the page is open.
    void ask('sensitive.get', {}).then((answer) => {
      problem.value = answer.ok ? '' : answer.error.message;
      if (answer.ok) totals.value = answer.value;
    });
  }, [records]);

  const now = totals.value;
  const terms = now ? keptOutRows(now, true) : [];
  return (
    <section class="card" data-testid="kept-out">
      <h2>What was kept out of your memory</h2>
      <p class="muted small">
        Passwords, card numbers and the like are recognised in titles, searches, clicks and addresses, and
        replaced by a note such as “[card number]” before anything is stored. E-mail addresses, phone numbers
        and IP addresses become a short code that only this profile can make, so that you can tell equal ones;
        within addresses of pages they become a note as well. No list knows everything: what it does not
        recognise is stored.
      </p>
      {now !== undefined && <p data-testid="kept-out-said">{keptOutSentence(now)}</p>}
      {now && <Counts what="Replaced" rows={keptOutRows(now, false)} />}
      {terms.length > 0 && (
        <>
          <p>Counted only, because a memory without these words would be of little use:</p>
          <Counts what="Kept" rows={terms} />
        </>
      )}
      <p class="error result" role="alert" hidden={problem.value === ''}>
        {problem.value}
      </p>
    </section>
  );
}

function Counts({ what, rows }: { readonly what: string; readonly rows: readonly KeptOutRow[] }) {
  if (rows.length === 0) return null;
  return (
    <table class="amounts tabular">
      <thead>
        <tr>
          <th scope="col">{what}</th>
          <th scope="col">Times</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ kind, name, count }) => (
          <tr key={kind} data-testid={`kept-out-${kind}`}>
            <th scope="row">{name}</th>
            <td>{count.toLocaleString()}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
