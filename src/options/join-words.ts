/** What the preview of a join says. */
import type { Deleter, JoinPreview } from '../model/join-preview.ts';
import { count, exactTime } from '../ui/format.ts';

/** Who deleted what sync waits with. */
export function deletersText(by: readonly Deleter[]): string {
  const each = by.map(
    ({ name, atMs }) =>
      `${name === undefined ? 'a device without a name' : `“${name}”`} on ${exactTime(atMs)}`,
  );
  return each.length === 0 ? '' : `It was deleted by ${each.join(', by ')}.`;
}

/** All that joining does here, in figures. */
export function previewText({ deleted, added, changed }: JoinPreview): string {
  const level = changed?.level ? [`level ${changed.level}`] : [];
  const rules = changed && changed.rules > 0 ? [`rules of ${count(changed.rules, 'site', 'sites')}`] : [];
  const settings = [...level, ...rules];
  return [
    added === undefined ? 'New here: not known' : `New here: about ${count(added, 'record', 'records')}`,
    `changed: ${settings.length === 0 ? 'nothing' : settings.join(', ')}`,
    `deleted: ${count(deleted.records, 'record', 'records')}.`,
  ].join('; ');
}
