import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ask } from '../messaging/client.ts';
import type { HealthReport } from '../model/health.ts';
import { exactTime } from '../ui/format.ts';
import { status } from '../ui/status.ts';
import { BudgetCard } from './budget-card.tsx';
import { ClosedCard } from './closed-card.tsx';
import { HealthIntegrity } from './health-integrity.tsx';
import { HealthPerson } from './health-person.tsx';
import { HealthQueries } from './health-queries.tsx';
import { HealthStore } from './health-store.tsx';
import { KeysCard } from './keys-card.tsx';

/** Figures of one moment: read when the tab is opened, when something was done here, and when the person asks. */
export function HealthTab() {
  const report = useSignal<HealthReport | undefined>(undefined);
  const problem = useSignal('');
  const reading = useSignal(false);
  const load = async (type: 'health.get' | 'caches.purge' = 'health.get'): Promise<boolean> => {
    reading.value = true;
    const answer = await ask(type, {});
    reading.value = false;
    problem.value = answer.ok ? '' : answer.error.message;
    if (answer.ok) report.value = answer.value;
    return answer.ok;
  };
  const phase = status.value?.compaction?.phase;
  useEffect(() => void load(), [phase]);

  const now = report.value;
  return (
    <>
      <div class="row spread as-of">
        <p class="small muted" data-testid="health-as-of">
          {now ? `As of ${exactTime(now.madeMs)}.` : reading.value ? 'Reading…' : ''}
        </p>
        <button type="button" data-testid="health-refresh" onClick={() => void load()}>
          Read again
        </button>
      </div>
      <p class="error" role="alert" data-testid="health-problem" hidden={problem.value === ''}>
        {problem.value}
      </p>
      {now && <HealthIntegrity report={now} />}
      <KeysCard />
      <ClosedCard done={() => void load()} />
      <BudgetCard />
      {now && (
        <>
          <HealthStore report={now} />
          <HealthQueries report={now} purge={() => load('caches.purge')} />
          <HealthPerson report={now} />
        </>
      )}
    </>
  );
}
