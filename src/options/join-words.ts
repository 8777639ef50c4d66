/** What the preview of a join says. */
import type { JoinPreview } from '../model/join-preview.ts';
import { count } from '../ui/format.ts';

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
