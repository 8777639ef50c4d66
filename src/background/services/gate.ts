/**
 * What a locked profile has to know to record at all, in the open: whether the person agreed, at which level, and whether they
 * paused. Their rules name sites, so those are in the browser's memory only, until it is closed.
 */
import * as v from 'valibot';
import { parseSettings, type Settings, settingsSchema } from '../../model/settings.ts';
import { localArea, sessionArea } from '../../platform/areas.ts';

const GATE = 'gate';
const SETTINGS = 'locked-settings';

const gateSchema = v.pick(settingsSchema, ['consent', 'level', 'pause']);
export type Gate = Pick<Settings, 'consent' | 'level' | 'pause'>;

export const writeGate = ({ consent, level, pause }: Gate): Promise<void> =>
  localArea.set(GATE, { consent, level, pause });

export const removeGate = (): Promise<void> => localArea.remove(GATE);

/** `null` when there is none that can be read: then nothing is recorded. */
export async function readGate(): Promise<Gate | null> {
  const parsed = v.safeParse(gateSchema, await localArea.get(GATE));
  return parsed.success ? parsed.output : null;
}

/** The settings as they were when the profile was locked; `null` when the browser was closed since. */
export async function readLockedSettings(): Promise<Settings | null> {
  const stored = await sessionArea.get(SETTINGS);
  return stored === undefined ? null : parseSettings(stored);
}

export const writeLockedSettings = (settings: Settings): Promise<void> => sessionArea.set(SETTINGS, settings);
export const forgetLockedSettings = (): Promise<void> => sessionArea.remove(SETTINGS);
