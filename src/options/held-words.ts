/** What is said of what the service holds. */
import type { ClosedBy, HeldAccount, HeldInside } from '../model/held.ts';
import { count, exactTime } from '../ui/format.ts';
import { sizeText } from '../ui/quantities.ts';
import { dayName } from './closed-words.ts';

export const totalsText = ({ createdMs, objects, bytes, logged }: HeldAccount): string =>
  `${count(objects, 'object', 'objects')}, ${sizeText(bytes)} in all, since ${exactTime(createdMs)}. Its log has ${count(logged, 'write', 'writes')}, also of what was replaced or deleted since.`;

const KINDS: Readonly<Record<string, string>> = {
  ring: 'Keys of days',
  card: 'Name of a device, and what it has deleted',
  erase: 'A deletion',
  settings: 'Level and rules',
};

/** What is in an object. */
export function insideText({ kind, day, events }: HeldInside): string {
  if (kind !== 'part') return KINDS[kind] ?? 'Something that this version does not name';
  const many = events === undefined ? '' : `, ${count(events, 'event', 'events')}`;
  return `${day === undefined ? 'Part of a day' : dayName(day)}${many}`;
}

export const CLOSED: Readonly<Record<ClosedBy, string>> = {
  'not-ours': 'These bytes are not an object of ARQ Context: somebody else put them there.',
  changed: 'These bytes are not what was sealed there: somebody changed or moved them.',
  'other-epoch':
    'It is sealed with a key of the account that this device does not have. If the keys were renewed, it opens after the next round.',
  'old-key': 'It is sealed with a key of the account that was destroyed.',
  'no-key':
    'The key of this part was destroyed, or its device has not published it yet. Nobody can open it without.',
  broken: 'Its contents were changed, or a newer version of ARQ Context wrote them.',
};

/** What of the contents is not shown; empty when all is. */
export function notShownText(contents: {
  readonly cut?: number;
  readonly leftOut?: number;
  readonly unknown?: number;
}): string {
  const { cut = 0, leftOut = 0, unknown = 0 } = contents;
  return [
    leftOut > 0 &&
      `Not shown: ${count(leftOut, 'event', 'events')} of what was deleted, is about to be, or belongs to a visit that is not here.`,
    unknown > 0 && `${count(unknown, 'event is', 'events are')} in a form that this version does not know.`,
    cut > 0 && `The last ${count(cut, 'character', 'characters')} of the contents are not shown.`,
  ]
    .filter((sentence) => sentence !== false)
    .join(' ');
}
