import { pageUrl } from '../platform/runtime.ts';
import { openTab } from '../platform/tabs.ts';
import { LevelChoice } from '../ui/components/level-choice.tsx';
import { HealthLine, Numbers } from '../ui/components/status-line.tsx';
import { status } from '../ui/status.ts';
import { PauseControls } from './pause-controls.tsx';
import { ThisPage } from './this-page.tsx';

const LINKS = [
  ['search', 'Search'],
  ['privacy', 'Rules'],
  ['sync', 'Sync'],
  ['data', 'Your data'],
] as const;

export function Popup() {
  const consent = status.value?.consent;
  return (
    <main>
      <h1>ARQ Context</h1>
      <HealthLine />
      {consent !== undefined && consent !== 'accepted' ? <ConsentOffer /> : <PauseControls />}
      <section>
        <LevelChoice />
      </section>
      {consent === 'accepted' && <ThisPage />}
      <nav class="row" aria-label="Options">
        {LINKS.map(([fragment, name]) => (
          <button
            type="button"
            class="quiet"
            key={fragment}
            onClick={() => void openTab(pageUrl(`src/options/index.html#${fragment}`))}
          >
            {name}
          </button>
        ))}
      </nav>
      <Numbers />
    </main>
  );
}

function ConsentOffer() {
  return (
    <button
      type="button"
      class="primary"
      data-testid="consent-offer"
      onClick={() => void openTab(pageUrl('src/onboarding/index.html'))}
    >
      Read what it records, and decide
    </button>
  );
}
