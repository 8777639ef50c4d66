/** The time spent on a visit that comes from a file, or is saved: only the sum is known. */
import { utf8 } from '../base/bytes.ts';
import { sha256 } from '../crypto/primitives.ts';
import { type EventId, IMPORTED, type InteractionEvent, type VisitUpdate } from '../model/interaction.ts';

/**
 * One update that says how much it was in all (see `foldEvents`). The same sum of the same visit gets the same id on every
 * device; another sum gets another, because events of one id are taken for the same.
 */
export async function timeInAll(
  visit: Pick<InteractionEvent, 'id' | 'atMs'>,
  dwellMs: number,
): Promise<VisitUpdate> {
  const { id, atMs } = visit;
  const hash = await sha256(utf8(`arq/imported-dwell/2 ${id} ${dwellMs}`));
  const number = hash.subarray(0, 6).reduce((sum, byte) => sum * 256 + byte, 0);
  const [author = ''] = id.split('.');
  const own: EventId = `${author}.${IMPORTED}.${number.toString(36)}`;
  return { kind: 'visit-update', id: own, visit: id, atMs, dwellMs };
}
