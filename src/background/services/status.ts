/** The state of the whole in one object, for the popup and the options page. */
import type { Failure } from '../../base/result.ts';
import type { BudgetFigures } from '../../model/budget.ts';
import type {
  CompactionState,
  ErasingState,
  Health,
  ImportState,
  PluginsState,
  Status,
  SyncState,
} from '../../model/recording.ts';
import type { ReductionState } from '../../model/reduction.ts';
import { isPaused } from '../../model/settings.ts';
import { writeCachedStatus } from '../../platform/areas.ts';
import { showBadge } from '../../platform/badge.ts';
import { hasHostAccess } from '../../platform/permissions.ts';
import type { Loss } from '../../storage/sentinel.ts';
import { droppedMessages } from './drops.ts';
import type { Ephemeral } from './ephemeral.ts';
import { areKeysOld, keysSinceMs } from './keys.ts';
import { waysToUnlock } from './lock.ts';
import type { Profile } from './profile.ts';
import { gapSentence, readSealedGap, sealedGapSeen } from './sealed-gap.ts';

/** In the person's own way of writing times. */
function lossSentence({ what, beforeMs }: Loss): string {
  const when = new Date(beforeMs).toLocaleString();
  const gone =
    what === 'all'
      ? `The browser lost its store: what was recorded before ${when} is gone from here.`
      : `The browser lost the last records before ${when}.`;
  return `${gone} Recording goes on. If another of your devices has them, sync with it again.`;
}

/** The person has read this sentence of what was lost: another one, or more than it says, is still to be told. */
export async function lossSeen({ store }: Profile, message: string): Promise<void> {
  if (store.loss && lossSentence(store.loss) === message) await store.lossSeen();
  const gap = await readSealedGap();
  if (gap && gapSentence(gap) === message) await sealedGapSeen();
}

/** What to do where room runs out. */
const makeRoom = (profile: Profile): string =>
  profile.store.syncing
    ? 'Raise the limit on the Health tab, or delete what you do not need.'
    : 'Save an archive or raise the limit on the Health tab, or delete what you do not need.';

function fullSentence(profile: Profile, { notRecorded }: BudgetFigures): string {
  const count =
    notRecorded === 0
      ? ''
      : ` ${notRecorded.toLocaleString()} ${notRecorded === 1 ? 'record was' : 'records were'} left out since the browser started.`;
  return `Your storage limit is reached: nothing more is recorded.${count} ${makeRoom(profile)}`;
}

function nearSentence(profile: Profile, { usedBytes, limitBytes }: BudgetFigures): string {
  const share = Math.min(99, Math.floor((usedBytes / limitBytes) * 100));
  const next = profile.store.syncing
    ? ' When it is reached, your oldest days leave this browser for your sync service, which has them already.'
    : '';
  return `${share} % of your storage limit is used.${next} ${makeRoom(profile)}`;
}

const DAMAGED = 'Some stored records are damaged and cannot be read. They are left alone';
const PAUSED = 'Paused: nothing is recorded.';

const CLOCK_JUMPED =
  'Recording. The clock of this computer jumped, so nothing is deleted by its age until you say on the Privacy tab that the date is right.';

/** Perhaps somebody who found the words. */
function strangerHealth({ devices }: SyncState): Health | null {
  const stranger = devices?.find(({ isNew, byPhrase }) => isNew && byPhrase);
  return stranger
    ? {
        code: 'new-device',
        message: `Somebody used your recovery phrase: “${stranger.name}” is a new device in your account. If that was not you, remove it on the Sync tab.`,
      }
    : null;
}

const JOIN_ASKS =
  'Recording. Joining your account waits for you: look on the Sync tab at what it brings and changes here.';
const BRAKE_ASKS =
  'Recording. Another device deletes much of what is here, so sync waits: look at it on the Sync tab.';

/** What the person should do for their keys, while everything works. */
function keysHealth(profile: Profile, { phrase }: SyncState): Health | null {
  if (phrase === 'waits') {
    return {
      code: 'phrase-waits',
      message:
        'Recording. Your recovery phrase is not written down yet. Without it nobody can bring your memory back when your devices are lost: do it on the Sync tab.',
    };
  }
  return areKeysOld(profile)
    ? {
        code: 'keys-old',
        message: 'Recording. Your keys are more than a year old: renew them on the Health tab.',
      }
    : null;
}

async function healthOf(
  profile: Profile,
  { budget, leftOver, retentionWaits, sync }: Pick<Doings, 'budget' | 'leftOver' | 'retentionWaits' | 'sync'>,
): Promise<Health> {
  const { settings, clock, trouble, damagedRows } = profile;
  const { loss } = profile.store;
  if (trouble) return trouble as Health;
  if (loss) return { code: 'storage-lost', message: lossSentence(loss) };
  if (leftOver) return leftOver as Health;
  const gap = await readSealedGap();
  if (gap) return { code: 'sealed-gap', message: gapSentence(gap) };
  if (settings.consent !== 'accepted')
    return { code: 'no-consent', message: 'Nothing is recorded until you agree.' };
  if (!(await hasHostAccess())) {
    return {
      code: 'no-host-access',
      message:
        'The browser does not let ARQ Context see web pages. Allow access to all sites in its settings.',
    };
  }
  const stranger = strangerHealth(sync);
  if (stranger) return stranger;
  // Damage hides nothing that the person has to know to have their memory go on.
  if (budget?.state === 'full') {
    const message = fullSentence(profile, budget);
    return { code: 'full', message: damagedRows > 0 ? `${message} ${DAMAGED}.` : message };
  }
  const paused = isPaused(settings.pause, clock.nowMs());
  if (damagedRows > 0) {
    const near = budget?.state === 'near' ? ` ${nearSentence(profile, budget)}` : '';
    const message = paused ? `${DAMAGED}. ${PAUSED}` : `${DAMAGED}; everything else works.${near}`;
    return { code: 'storage-damaged', message };
  }
  if (paused) return { code: 'paused', message: PAUSED };
  if (budget?.state === 'near')
    return { code: 'near-full', message: `Recording. ${nearSentence(profile, budget)}` };
  if (sync.phase === 'asks')
    return { code: 'join-asks', message: sync.lastSyncedMs === undefined ? JOIN_ASKS : BRAKE_ASKS };
  if (retentionWaits) return { code: 'clock-jumped', message: CLOCK_JUMPED };
  return keysHealth(profile, sync) ?? { code: 'ok', message: 'Recording.' };
}

/** What other services are at. */
interface Doings {
  readonly sync: SyncState;
  readonly historyImport: ImportState | undefined;
  readonly compaction: CompactionState | undefined;
  readonly budget: BudgetFigures | undefined;
  readonly plugins: PluginsState | undefined;
  readonly erasing: ErasingState | undefined;
  /** What deletions left, until the person has read of it. */
  readonly leftOver: Failure | undefined;
  readonly following: Status['following'];
  /** The clock is in doubt. */
  readonly retentionWaits: boolean;
  readonly storedRules: ReductionState | undefined;
}

export async function currentStatus(
  profile: Profile,
  ephemeral: Ephemeral,
  {
    sync,
    historyImport,
    compaction,
    budget,
    plugins,
    erasing,
    leftOver,
    following,
    retentionWaits,
    storedRules,
  }: Doings,
): Promise<Status> {
  const { settings, clock } = profile;
  const { lock } = profile.store.vault;
  const sinceMs = keysSinceMs(profile);
  const [health, recordCount, memory] = await Promise.all([
    healthOf(profile, { budget, leftOver, retentionWaits, sync }),
    profile.store.recordCount(),
    ephemeral.records(),
  ]);
  return {
    ...(lock
      ? {
          lock: {
            state: 'unlocked' as const,
            ...waysToUnlock(lock),
            autoLockMinutes: settings.autoLockMinutes,
          },
        }
      : {}),
    consent: settings.consent,
    level: settings.level,
    pause: isPaused(settings.pause, clock.nowMs()) ? settings.pause : { kind: 'none' },
    health,
    sync,
    recordCount,
    ephemeralCount: memory.length,
    droppedMessages: await droppedMessages(),
    ...(sinceMs === undefined ? {} : { keysSinceMs: sinceMs }),
    ...(historyImport === undefined ? {} : { historyImport }),
    ...(compaction === undefined ? {} : { compaction }),
    ...(budget === undefined ? {} : { budget }),
    ...(plugins === undefined ? {} : { plugins }),
    ...(erasing === undefined ? {} : { erasing }),
    ...(following === undefined ? {} : { following }),
    ...(storedRules === undefined ? {} : { storedRules }),
    ...(settings.persisted === undefined ? {} : { persisted: settings.persisted }),
  };
}

const QUIET: readonly string[] = [
  'ok',
  'locked',
  'paused',
  'no-consent',
  'near-full',
  'phrase-waits',
  'keys-old',
];

/** Tells the toolbar button, and the popup before the background answers it. */
export async function publishStatus(status: Status): Promise<void> {
  const { code, message } = status.health;
  await writeCachedStatus(status);
  await showBadge(QUIET.includes(code) ? (code === 'paused' ? 'II' : '') : '!', `ARQ Context: ${message}`);
}
