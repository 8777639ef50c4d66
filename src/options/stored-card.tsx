import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ask } from '../messaging/client.ts';
import type { ReductionCount, StoredScope } from '../model/reduction.ts';
import { StoredLine } from '../ui/components/level-question.tsx';
import { count } from '../ui/format.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { status } from '../ui/status.ts';
import { countSentence, recordText } from '../ui/stored-words.ts';

/** What a person asked to apply, and how it is called. */
export interface Wanted {
  readonly scope: StoredScope;
  readonly name: string;
}

/** Counts what rules would change of what is stored, shows some of it before and after, and does it when the person says so. */
export function StoredCard({ wanted }: { readonly wanted: Signal<Wanted | undefined> }) {
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const counted = useSignal<ReductionCount | undefined>(undefined);
  const problem = useSignal('');
  const now = wanted.value;
  const isRunning = status.value?.storedRules?.phase === 'running';

  useEffect(() => {
    counted.value = undefined;
    problem.value = '';
    if (!now) return;
    box.current?.scrollIntoView?.({ block: 'nearest' });
    void ask('stored.count', { scope: now.scope }).then((answer) => {
      if (wanted.value !== now) return;
      if (answer.ok) counted.value = answer.value;
      else problem.value = answer.error.message;
    });
  }, [now]);

  const cancel = () => {
    if (!counted.value) void ask('stored.cancel', {});
    wanted.value = undefined;
  };
  const apply = async ({ scope }: Wanted) => {
    const answer = await ask('stored.apply', { scope });
    problem.value = answer.ok ? '' : answer.error.message;
    if (!answer.ok) return;
    status.value = answer.value;
    wanted.value = undefined;
  };

  return (
    <section class="card" ref={box}>
      <h2>What is stored already</h2>
      <p class="muted small">
        Level and rules hold from now on. You can also apply them to what is stored: less is then kept of it,
        on all your devices, and what is taken out cannot be read again. Nothing ever gets more than it has.
      </p>
      <StoredLine alsoDone />
      {now === undefined ? (
        <button
          type="button"
          data-testid="stored-all"
          disabled={isRunning}
          onClick={() => (wanted.value = { scope: { what: 'all' }, name: 'your level and all rules' })}
        >
          Apply level and all rules…
        </button>
      ) : (
        <div class="notice" data-testid="stored-preview">
          <h3>Apply {now.name} to what is stored?</h3>
          <p role="status" data-testid="stored-said">
            {counted.value ? countSentence(counted.value) : problem.value === '' ? 'Counting…' : ''}
          </p>
          {counted.value && counted.value.examples.length > 0 && <Examples counted={counted.value} />}
          <div class="row">
            <button type="button" data-testid="stored-cancel" onClick={cancel}>
              {counted.value && total(counted.value) === 0 ? 'Close' : 'Leave it as it is'}
            </button>
            {counted.value && total(counted.value) > 0 && (
              <button
                type="button"
                class="danger primary"
                data-testid="stored-apply"
                onClick={() => void apply(now)}
              >
                Change {count(total(counted.value), 'record', 'records')}
              </button>
            )}
          </div>
        </div>
      )}
      <p class="error result" role="alert" data-testid="stored-problem" hidden={problem.value === ''}>
        {problem.value}
      </p>
    </section>
  );
}

const total = ({ reduced, erased }: ReductionCount): number => reduced + erased;

function Examples({ counted: { examples } }: { readonly counted: ReductionCount }) {
  return (
    <table class="small">
      <caption class="visually-hidden">Some of them, before and after</caption>
      <thead>
        <tr>
          <th scope="col">Stored now</th>
          <th scope="col">Afterwards</th>
        </tr>
      </thead>
      <tbody>
        {examples.map(({ before, after }) => (
          <tr key={before.id} data-testid="stored-example">
            <td class="wrap">{recordText(before)}</td>
            <td class="wrap">{recordText(after)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
