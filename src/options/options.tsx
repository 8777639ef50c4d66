import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ConfirmDialog } from '../ui/components/confirm-dialog.tsx';
import { HealthLine, Numbers, Problem } from '../ui/components/status-line.tsx';
import { UndoBar } from '../ui/components/undo-bar.tsx';
import { StartOver, UnlockForm } from '../ui/components/unlock-form.tsx';
import { problem, status } from '../ui/status.ts';
import { DataTab } from './data-tab.tsx';
import { HealthTab } from './health-tab.tsx';
import { HistoryCleared } from './history-follow.tsx';
import { PrivacyTab } from './privacy-tab.tsx';
import { SearchTab } from './search-tab.tsx';
import { SyncTab } from './sync-tab.tsx';
import { ThemeChoice } from './theme-choice.tsx';

const TABS = [
  { id: 'search', name: 'Search', View: SearchTab },
  { id: 'privacy', name: 'Privacy', View: PrivacyTab },
  { id: 'sync', name: 'Sync', View: SyncTab },
  { id: 'data', name: 'Your data', View: DataTab },
  { id: 'health', name: 'Health', View: HealthTab },
] as const;
type TabId = (typeof TABS)[number]['id'];

const fromFragment = (): TabId => TABS.find((tab) => `#${tab.id}` === location.hash)?.id ?? 'search';
const chosen = signal<TabId>(fromFragment());

function choose(id: TabId): void {
  chosen.value = id;
  problem.value = '';
  // Replaced, not added: moving between tabs is not worth a place in the browser's history.
  history.replaceState(null, '', `#${id}`);
}

export function Options() {
  useEffect(() => {
    const follow = () => {
      chosen.value = fromFragment();
    };
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  const isLocked = status.value?.lock?.state === 'locked';
  return (
    <>
      <header>
        <h1>ARQ Context</h1>
        <ThemeChoice />
        <HealthLine />
        {!isLocked && <Numbers />}
      </header>
      <main>{isLocked ? <Locked /> : <Tabs />}</main>
      <UndoBar />
      <ConfirmDialog />
    </>
  );
}

/** Nothing of the tabs is left in the page while it is locked. */
function Locked() {
  return (
    <section class="card locked">
      <h2>Locked</h2>
      <UnlockForm />
      <Problem />
      <StartOver />
    </section>
  );
}

function Tabs() {
  const tab = TABS.find(({ id }) => id === chosen.value) ?? TABS[0];
  const onKeyDown = (event: KeyboardEvent) => {
    const now = TABS.findIndex((one) => one.id === chosen.value);
    const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: -1 }[event.key];
    const next = to === undefined ? undefined : TABS[(to + TABS.length) % TABS.length];
    if (!next) return;
    event.preventDefault();
    choose(next.id);
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  return (
    <>
      <div role="tablist" aria-label="Sections" onKeyDown={onKeyDown}>
        {TABS.map(({ id, name }) => (
          <button
            type="button"
            role="tab"
            id={`tab-${id}`}
            key={id}
            aria-selected={tab.id === id}
            aria-controls="panel"
            tabIndex={tab.id === id ? 0 : -1}
            onClick={() => choose(id)}
          >
            {name}
          </button>
        ))}
      </div>
      <Problem />
      <HistoryCleared />
      <div id="panel" role="tabpanel" aria-labelledby={`tab-${tab.id}`}>
        <tab.View />
      </div>
    </>
  );
}
