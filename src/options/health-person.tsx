import type { HealthReport } from '../model/health.ts';
import { count, dayWords, exactTime } from '../ui/format.ts';
import { spanText } from '../ui/quantities.ts';

/** The profile, and the context that was saved last. */
export function HealthPerson({ report }: { readonly report: HealthReport }) {
  const { person, latest, contexts, maxContexts } = report;
  return (
    <section class="card">
      <h2>Your profile</h2>
      {person ? (
        <>
          <dl class="figures tabular" data-testid="health-person">
            <dt>Interactions</dt>
            <dd>{person.totalInteractions.toLocaleString()}</dd>
            <dt>Sessions</dt>
            <dd>{person.sessions.toLocaleString()}</dd>
            <dt>Average session</dt>
            <dd>{person.sessions === 0 ? '–' : spanText(person.averageSessionMs)}</dd>
            <dt>Last active</dt>
            <dd>{person.lastActiveMs === undefined ? 'Not yet' : exactTime(person.lastActiveMs)}</dd>
            <dt>Profile made</dt>
            <dd>{dayWords(person.createdMs)}</dd>
            <dt>Segment</dt>
            <dd>{person.segment}</dd>
          </dl>
          <p class="small muted">
            {person.segmentRule} The rules are our own choice, and nobody else is told. A session ends after
            30 minutes without activity.
          </p>
        </>
      ) : (
        <p>What is stored of it does not open.</p>
      )}
      <h3>Last saved context</h3>
      {latest ? (
        <dl class="figures tabular" data-testid="health-context">
          <dt>Saved</dt>
          <dd>{exactTime(latest.madeMs)}</dd>
          <dt>Has</dt>
          <dd>
            {count(latest.searches, 'search', 'searches')}, {count(latest.visits, 'visit', 'visits')},{' '}
            {count(latest.clicks, 'click', 'clicks')}
          </dd>
          <dt>Device</dt>
          <dd>{latest.device}</dd>
          <dt>Region</dt>
          <dd>{latest.region}, from the time zone</dd>
        </dl>
      ) : (
        <p data-testid="health-context">
          {contexts === 0
            ? 'None yet: one is saved while you browse.'
            : 'It does not open. The next one is saved while you browse.'}
        </p>
      )}
      {contexts > 0 && (
        <p class="small muted">
          {count(contexts, 'context is', 'contexts are')} kept: one for each of your last sessions, at most{' '}
          {maxContexts}.
        </p>
      )}
    </section>
  );
}
