/** The deletion that is under way: what it means says what the person wants gone, so the note of it goes with it. */
import { type Purge, purgeSchema } from '../model/purge.ts';
import type { NotePlace } from './shreddable-note.ts';

export const PURGE_NOTE: NotePlace<Purge> = {
  name: 'purge',
  day: '1970-01-02',
  schema: purgeSchema,
  damaged: 'What was to be deleted does not open.',
};
