import { useLayoutEffect } from 'preact/hooks';
import { pageUrl } from '../platform/runtime.ts';
import { openTab } from '../platform/tabs.ts';
import { LevelSegments } from '../ui/components/level-choice.tsx';
import { HealthLine, Numbers, Problem } from '../ui/components/status-line.tsx';
import { UndoBar } from '../ui/components/undo-bar.tsx';
import { UnlockForm } from '../ui/components/unlock-form.tsx';
import { change, command, problem, status } from '../ui/status.ts';
import { PauseControls } from './pause-controls.tsx';
import { ThisPage } from './this-page.tsx';

const LINKS = [
  ['search', 'Search'],
  ['privacy', 'Rules'],
  ['sync', 'Sync'],
  ['data', 'Your data'],
] as const;

export const optionsUrl = (tab: string): string => pageUrl(`src/options/index.html#${tab}`);

/** Opens a page of ours in a tab; the address stays on the link for whoever opens it another way. */
function open(event: Event, url: string): void {
  event.preventDefault();
  openTab(url).catch(() => {
    problem.value = `The browser did not open a tab. Open one yourself and go to ${url}`;
  });
}

export function Popup() {
  const consent = status.value?.consent;
  const lock = status.value?.lock;
  const isLocked = lock?.state === 'locked';
  const isKnown = status.value !== undefined;
  // How long it took until a person can act; scripts/bench-popup.ts reads it.
  useLayoutEffect(() => {
    if (isKnown) performance.mark('usable');
  }, [isKnown]);
  return (
    <>
      <main>
        <h1 class="visually-hidden">ARQ Context</h1>
        <HealthLine />
        {(status.value?.budget?.state ?? 'ok') !== 'ok' && (
          <p class="small">
            <a
              data-testid="budget-link"
              href={optionsUrl('health')}
              onClick={(event) => open(event, optionsUrl('health'))}
            >
              Storage budget
            </a>
          </p>
        )}
        {isLocked && <UnlockForm passkeysAt={{ url: optionsUrl('search'), open }} />}
        <Problem />
        {consent !== undefined && consent !== 'accepted' && !isLocked ? <ConsentOffer /> : <PauseControls />}
        {!isLocked && (
          <section>
            <LevelSegments />
          </section>
        )}
        {!isLocked && (consent === undefined || consent === 'accepted') && <ThisPage />}
      </main>
      <UndoBar />
      <footer>
        <nav aria-label="All of ARQ Context">
          {LINKS.map(([tab, name]) => (
            <a key={tab} href={optionsUrl(tab)} onClick={(event) => open(event, optionsUrl(tab))}>
              {name}
            </a>
          ))}
        </nav>
        {!isLocked && <Numbers>{consent === 'accepted' && <ForgetHour />}</Numbers>}
        {lock?.state === 'unlocked' && (
          <button
            type="button"
            class="quiet"
            data-testid="lock-now"
            onClick={() => void change('lock.now', {})}
          >
            Lock now
          </button>
        )}
      </footer>
    </>
  );
}

/** Without a question: it can be undone. */
function ForgetHour() {
  return (
    <button
      type="button"
      class="quiet"
      data-testid="forget-hour"
      onClick={() => void command('erase.run', { target: { what: 'hour' } })}
    >
      Forget the last hour
    </button>
  );
}

function ConsentOffer() {
  const url = pageUrl('src/onboarding/index.html');
  return (
    <p class="offer">
      <button type="button" class="primary" data-testid="consent-offer" onClick={(event) => open(event, url)}>
        Read what it records, and decide
      </button>
    </p>
  );
}
