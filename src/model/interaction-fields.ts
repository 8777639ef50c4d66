/** The fields of what is recorded, stated once: for events from other devices and files, and for interactions that are saved. */
import * as v from 'valibot';
import { RECORD_KINDS, TRANSITIONS } from './interaction.ts';

export const text = (max: number) => v.pipe(v.string(), v.maxLength(max));
/** Addresses are shown as links and parsed for their host. */
const address = v.pipe(text(4096), v.url(), v.regex(/^https?:/));

/** `<device>.<incarnation>.<counter>`; who saves interactions under ids of their own may call the device otherwise. */
export const eventId = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}\.[0-9a-z]{1,8}\.[0-9a-z]{1,12}$/));

/** Days have names up to the year 9999 (ms). */
export const MAX_TIME_MS = Date.UTC(10_000, 0) - 1;

/** Up to then records are taken in from elsewhere: above it the logical clock of deletions has room (docs/decisions/0016). In ms. */
export const MAX_RECORDED_MS = Date.UTC(9_000, 0) - 1;

/** Active time in ms, also of a part of one. */
export const dwell = v.pipe(v.number(), v.finite(), v.minValue(0));

/** By kind, without id, time and level, which are written differently in different places. */
export const FIELDS = {
  visit: {
    kind: v.literal('visit'),
    url: address,
    title: text(1000),
    transition: v.picklist(TRANSITIONS),
    referrer: v.exactOptional(address),
  },
  search: { kind: v.literal('search'), engine: text(100), query: text(2000), url: address },
  click: {
    kind: v.literal('click'),
    url: address,
    title: text(1000),
    role: text(100),
    text: text(200),
    target: v.exactOptional(address),
  },
  reduced: {
    kind: v.literal('reduced'),
    level: v.literal('anonymous'),
    of: v.picklist(RECORD_KINDS),
    category: text(60),
  },
} as const;
