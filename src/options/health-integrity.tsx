import type { HealthReport } from '../model/health.ts';
import { integrityFacts } from './health-words.ts';

export function HealthIntegrity({ report }: { readonly report: HealthReport }) {
  return (
    <section class="card">
      <h2>Is it whole?</h2>
      <ul class="facts-list" data-testid="health-integrity">
        {integrityFacts(report).map(({ text, bad }) => (
          <li key={text} class={bad ? 'error' : ''}>
            <span class="dot" data-tone={bad ? 'bad' : 'good'} aria-hidden="true" />
            <span>{text}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
