/** The state of the whole in one object, for the popup and the options page. */
import { type BudgetState, budgetSentence } from '../../model/budget.ts';
import type { CompactionState, Health, ImportState, Status, SyncState } from '../../model/recording.ts';
import { isPaused } from '../../model/settings.ts';
import { writeCachedStatus } from '../../platform/areas.ts';
import { showBadge } from '../../platform/badge.ts';
import { hasHostAccess } from '../../platform/permissions.ts';
import type { Loss } from '../../storage/sentinel.ts';
import { droppedMessages } from './drops.ts';
import type { Ephemeral } from './ephemeral.ts';
import type { Profile } from './profile.ts';

/** In the person's own way of writing times. */
function lossSentence({ what, beforeMs }: Loss): string {
  const when = new Date(beforeMs).toLocaleString();
  const gone =
    what === 'all'
      ? `The browser lost its store: what was recorded before ${when} is gone from here.`
      : `The browser lost the last records before ${when}.`;
  return `${gone} Recording goes on. If another of your devices has them, sync with it again.`;
}

async function healthOf(profile: Profile, { budget, sync }: Doings): Promise<Health> {
  const { settings, clock, trouble, damagedRows } = profile;
  const { loss } = profile.store;
  if (trouble) return trouble as Health;
  if (loss) return { code: 'storage-lost', message: lossSentence(loss) };
  if (settings.consent !== 'accepted')
    return { code: 'no-consent', message: 'Nothing is recorded until you agree.' };
  if (!(await hasHostAccess())) {
    return {
      code: 'no-host-access',
      message:
        'The browser does not let ARQ Context see web pages. Allow access to all sites in its settings.',
    };
  }
  const said = budget && budgetSentence(budget, sync.phase !== 'off');
  if (budget?.phase === 'full') return { code: 'budget-full', message: said ?? '' };
  if (damagedRows > 0) {
    return {
      code: 'storage-damaged',
      message:
        'Some stored records are damaged and cannot be read. They are left alone; everything else works.',
    };
  }
  if (isPaused(settings.pause, clock.nowMs()))
    return { code: 'paused', message: 'Paused: nothing is recorded.' };
  if (budget && said && budget.phase !== 'ok')
    return { code: budget.phase === 'near' ? 'budget-near' : 'budget-over', message: said };
  return { code: 'ok', message: 'Recording.' };
}

/** What other services are at. */
interface Doings {
  readonly sync: SyncState;
  readonly historyImport: ImportState | undefined;
  readonly compaction: CompactionState | undefined;
  readonly budget: BudgetState | undefined;
}

export async function currentStatus(profile: Profile, ephemeral: Ephemeral, doings: Doings): Promise<Status> {
  const { sync, historyImport, compaction, budget } = doings;
  const { settings, clock } = profile;
  const [health, recordCount, memory] = await Promise.all([
    healthOf(profile, doings),
    profile.store.recordCount(),
    ephemeral.records(),
  ]);
  return {
    consent: settings.consent,
    level: settings.level,
    pause: isPaused(settings.pause, clock.nowMs()) ? settings.pause : { kind: 'none' },
    health,
    sync,
    recordCount,
    ephemeralCount: memory.length,
    droppedMessages: await droppedMessages(),
    ...(historyImport === undefined ? {} : { historyImport }),
    ...(compaction === undefined ? {} : { compaction }),
    ...(budget === undefined ? {} : { budget }),
    ...(settings.persisted === undefined ? {} : { persisted: settings.persisted }),
  };
}

const QUIET: readonly string[] = ['ok', 'paused', 'no-consent', 'budget-near', 'budget-over'];

/** Tells the toolbar button, and the popup before the background answers it. */
export async function publishStatus(status: Status): Promise<void> {
  const { code, message } = status.health;
  await writeCachedStatus(status);
  await showBadge(QUIET.includes(code) ? (code === 'paused' ? 'II' : '') : '!', `ARQ Context: ${message}`);
}
