/** What a record was, in words. */
import { type InteractionRecord, recordKind } from '../model/interaction.ts';

export const recordWords = (record: InteractionRecord): string => {
  if (record.kind === 'search') return `Search: ${record.query}`;
  if (record.kind === 'click') return `Click: ${record.text || record.role}`;
  return recordKind(record) === 'visit' ? 'Visit' : 'Counted';
};
