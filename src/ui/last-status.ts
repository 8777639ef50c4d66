/**
 * What a view showed last, for the next one to show before it has asked anybody: `localStorage` answers at once, every other
 * area after a round trip. It is a readable file, so only what tells nothing of where the person was or of their devices is
 * kept there: choices, health and counts. The browser-wide cache and the background correct it right after.
 */
import { systemClock } from '../base/clock.ts';
import { PRIVACY_LEVELS } from '../model/privacy.ts';
import { HEALTH_CODES, PAUSES, type PauseState, type Status, SYNC_PHASES } from '../model/recording.ts';

const KEY = 'last-status';

/** Their sentences name a device, or days. */
const TELLING: ReadonlySet<string> = new Set([
  'new-device',
  'left-over',
  'storage-lost',
  'storage-corrupt',
  'sealed-gap',
]);

export const lastStatusOf = ({ sync, lock, ...status }: Status): Status => ({
  ...(lock === undefined ? {} : { lock: { state: lock.state } }),
  consent: status.consent,
  level: status.level,
  pause: status.pause,
  health: TELLING.has(status.health.code) ? { ...status.health, message: '' } : status.health,
  // Without the service's address and sentence, and the names of devices.
  sync: { phase: sync.phase === 'error' ? 'offline' : sync.phase },
  recordCount: status.recordCount,
  // What is in memory only leaves no trace on the disk.
  ephemeralCount: 0,
  droppedMessages: 0,
});

export function writeLastStatus(status: Status): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(lastStatusOf(status)));
  } catch {
    // A full disk costs the short cut, nothing else.
  }
}

/** `undefined` when there is none that can be used. A pause that is over is none. */
export function readLastStatus(nowMs = systemClock.nowMs()): Status | undefined {
  try {
    return parseLastStatus(JSON.parse(localStorage.getItem(KEY) ?? 'null'), nowMs);
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const pick = <T extends string>(from: readonly T[], value: unknown): T | undefined =>
  from.find((one) => one === value);

/** By hand: the popup would have to load a parsing library for nothing else. */
export function parseLastStatus(value: unknown, nowMs: number): Status | undefined {
  if (!isObject(value) || !isObject(value.health) || !isObject(value.sync)) return undefined;
  const consent = pick(['unasked', 'accepted', 'declined'], value.consent);
  const level = pick(PRIVACY_LEVELS, value.level);
  const code = pick(HEALTH_CODES, value.health.code);
  const phase = pick(SYNC_PHASES, value.sync.phase);
  const pause = parsePause(value.pause, nowMs);
  const { message } = value.health;
  const { recordCount, ephemeralCount } = value;
  if (!consent || !level || !code || !phase || !pause || typeof message !== 'string') return undefined;
  if (typeof recordCount !== 'number' || typeof ephemeralCount !== 'number') return undefined;
  const lock = isObject(value.lock) ? pick(['locked', 'unlocked'], value.lock.state) : undefined;
  // Its sentence says "Paused".
  if (code === 'paused' && pause.kind === 'none') return undefined;
  return {
    ...(lock === undefined ? {} : { lock: { state: lock } }),
    consent,
    level,
    pause,
    health: { code, message },
    sync: { phase },
    recordCount,
    ephemeralCount,
    droppedMessages: 0,
  };
}

function parsePause(value: unknown, nowMs: number): PauseState | undefined {
  if (!isObject(value)) return undefined;
  if (value.kind === 'none') return { kind: 'none' };
  if (value.kind === 'until' && typeof value.untilMs === 'number')
    return value.untilMs > nowMs ? { kind: 'until', untilMs: value.untilMs } : { kind: 'none' };
  const kind = pick(PAUSES, value.kind);
  return kind === 'restart' || kind === 'resumed' ? { kind } : undefined;
}
