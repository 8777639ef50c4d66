/** Events that come from another device, or from a file, are parsed like any other input: their writer may be older, newer, or broken. */
import * as v from 'valibot';
import { type InteractionEvent, RECORD_KINDS, TRANSITIONS } from './interaction.ts';
import { PRIVACY_LEVELS } from './privacy.ts';

const text = (max: number) => v.pipe(v.string(), v.maxLength(max));
const base = {
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}\.[0-9a-z]{1,8}\.[0-9a-z]{1,12}$/)),
  atMs: v.pipe(v.number(), v.safeInteger()),
};
const level = v.picklist(PRIVACY_LEVELS);
/** Addresses are shown as links and parsed for their host. */
const address = v.pipe(text(4096), v.url(), v.regex(/^https?:/));

const eventSchema = v.variant('kind', [
  v.looseObject({
    kind: v.literal('visit'),
    ...base,
    level,
    url: address,
    title: text(1000),
    transition: v.picklist(TRANSITIONS),
    referrer: v.exactOptional(address),
  }),
  v.looseObject({
    kind: v.literal('visit-update'),
    ...base,
    visit: text(120),
    title: v.exactOptional(text(1000)),
    dwellMs: v.exactOptional(v.pipe(v.number(), v.minValue(0))),
  }),
  v.looseObject({
    kind: v.literal('search'),
    ...base,
    level,
    engine: text(100),
    query: text(2000),
    url: address,
  }),
  v.looseObject({
    kind: v.literal('click'),
    ...base,
    level,
    url: address,
    title: text(1000),
    role: text(100),
    text: text(200),
    target: v.exactOptional(address),
  }),
  v.looseObject({
    kind: v.literal('reduced'),
    ...base,
    level: v.literal('anonymous'),
    of: v.picklist(RECORD_KINDS),
    category: text(60),
  }),
]);

/** `null` when it is none. Fields that a newer version added are kept. */
export function parseEvent(value: unknown): InteractionEvent | null {
  const parsed = v.safeParse(eventSchema, value);
  return parsed.success ? (parsed.output as InteractionEvent) : null;
}
