/** What corrections that are not done yet say, by request: the wrong text is what the person wants gone, so the note of it goes. */
import * as v from 'valibot';
import { type Correction, correctionSchema } from '../model/data-request.ts';
import type { NotePlace } from './shreddable-note.ts';

export type OpenCorrections = Readonly<Record<string, Correction>>;

export const CORRECTIONS_NOTE: NotePlace<OpenCorrections> = {
  name: 'corrections',
  day: '1970-01-03',
  schema: v.record(v.string(), correctionSchema),
  damaged: 'What was to be corrected does not open.',
};
