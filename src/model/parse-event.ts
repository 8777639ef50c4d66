/** Events that come from another device, or from a file, are parsed like any other input: their writer may be older, newer, or broken. */
import * as v from 'valibot';
import type { InteractionEvent } from './interaction.ts';
import { dwell, eventId, FIELDS, MAX_TIME_MS, text } from './interaction-fields.ts';
import { PRIVACY_LEVELS } from './privacy.ts';

const time = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(MAX_TIME_MS));
const base = { id: eventId, atMs: time, afterMs: v.exactOptional(time) };
const paged = {
  ...base,
  level: v.picklist(PRIVACY_LEVELS),
  shortened: v.exactOptional(v.literal(true)),
};

const eventSchema = v.variant('kind', [
  v.looseObject({ ...paged, ...FIELDS.visit }),
  v.looseObject({
    ...base,
    kind: v.literal('visit-update'),
    visit: text(120),
    title: v.exactOptional(FIELDS.visit.title),
    dwellMs: v.exactOptional(dwell),
  }),
  v.looseObject({ ...paged, ...FIELDS.search }),
  v.looseObject({ ...paged, ...FIELDS.click }),
  v.looseObject({ ...base, ...FIELDS.reduced }),
]);

/** `null` when it is none. Fields that a newer version added are kept. */
export function parseEvent(value: unknown): InteractionEvent | null {
  const parsed = v.safeParse(eventSchema, value);
  return parsed.success ? (parsed.output as InteractionEvent) : null;
}
