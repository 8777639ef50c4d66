/** Choices that devices made without knowing of each other, in words. */

import type { SyncDevice } from '../model/recording.ts';
import type { ConflictData, ConflictSide, SyncConflict } from '../model/sync-conflict.ts';
import { LEVEL_WORDS } from '../ui/components/level-choice.tsx';
import { captureText, subjectText } from './rule-words.ts';

const nameOf = (data: ConflictData): string | undefined =>
  data !== null && typeof data === 'object' ? subjectText(data) : undefined;

/** What it is about. */
export function conflictTitle({ what, deviceA, deviceB, others }: SyncConflict): string {
  if (what === 'level') return 'How much is kept';
  const sides = [deviceA, deviceB, ...others];
  return `Rule for ${sides.map(({ data }) => nameOf(data)).find((name) => name !== undefined) ?? 'a site'}`;
}

/** Within a sentence: with a name that the person gave, or in words of ours. */
export function inSentence({ device }: ConflictSide, devices: readonly SyncDevice[]): string {
  const known = devices.find(({ id }) => id === device);
  return known?.thisDevice ? 'this device' : known ? `“${known.name}”` : 'a device that left';
}

/** At the head of a column. */
export function sideName({ device }: ConflictSide, devices: readonly SyncDevice[]): string {
  const known = devices.find(({ id }) => id === device);
  return known?.thisDevice ? 'This device' : (known?.name ?? 'A device that left');
}

export interface ConflictField {
  readonly name: string;
  readonly of: (data: ConflictData) => string;
}

const captureOf = (data: ConflictData): string =>
  data === null || typeof data === 'string' ? 'No rule' : captureText(data);
function levelOf(data: ConflictData): string {
  if (typeof data === 'string') return LEVEL_WORDS[data].name;
  return data?.level ? LEVEL_WORDS[data.level].name : 'As everywhere';
}

/** Which rows its table has. */
export const fieldsOf = ({ what }: SyncConflict): readonly ConflictField[] =>
  what === 'level'
    ? [{ name: 'Level', of: levelOf }]
    : [
        { name: 'Record', of: captureOf },
        { name: 'Level', of: (data) => (data === null ? '–' : levelOf(data)) },
      ];
