/** The seed's `UserInteraction`: a record with its time as `Date`. */
import * as v from 'valibot';
import { HOUR_MS } from '../base/clock.ts';
import { describeIssue } from './context.ts';
import { type InteractionRecord, RECORD_KINDS, TRANSITIONS } from './interaction.ts';

type View<R> = R extends InteractionRecord ? Omit<R, 'atMs'> & { readonly timestamp: Date } : never;
export type UserInteraction = View<InteractionRecord>;

type Unnamed<I> = I extends UserInteraction
  ? Omit<I, 'id' | 'dwellMs'> & { readonly id?: string; readonly dwellMs?: number }
  : never;
/** What can be saved: without an id it gets one that its content decides, so that saving it twice keeps it once. */
export type NewInteraction = Unnamed<UserInteraction>;

export function viewOf({ atMs, ...rest }: InteractionRecord): UserInteraction {
  return { ...rest, timestamp: new Date(atMs) } as UserInteraction;
}

const text = (max: number) => v.pipe(v.string(), v.maxLength(max));
/** Addresses are shown as links and parsed for their host. */
const address = v.pipe(text(4096), v.url(), v.regex(/^https?:/));
const base = {
  id: v.exactOptional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}\.[0-9a-z]{1,8}\.[0-9a-z]{1,12}$/))),
  timestamp: v.pipe(
    v.date(),
    v.check((date) => date.getTime() >= 0, 'before 1970'),
  ),
};
/** `anonymous` keeps no address, and `ephemeral` is not stored at all. */
const level = v.picklist(['public', 'private']);

const interactionSchema = v.variant('kind', [
  v.strictObject({
    kind: v.literal('visit'),
    ...base,
    level,
    url: address,
    title: text(1000),
    transition: v.picklist(TRANSITIONS),
    referrer: v.exactOptional(address),
    dwellMs: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  }),
  v.strictObject({
    kind: v.literal('search'),
    ...base,
    level,
    engine: text(100),
    query: text(2000),
    url: address,
  }),
  v.strictObject({
    kind: v.literal('click'),
    ...base,
    level,
    url: address,
    title: text(1000),
    role: text(100),
    text: text(200),
    target: v.exactOptional(address),
  }),
  v.strictObject({
    kind: v.literal('reduced'),
    ...base,
    timestamp: v.pipe(
      base.timestamp,
      v.check((date) => date.getTime() % HOUR_MS === 0, 'not a full hour'),
    ),
    level: v.literal('anonymous'),
    of: v.picklist(RECORD_KINDS),
    category: text(60),
  }),
]);

/** @throws TypeError when it is none that may be stored: which field, and why, without the value. */
export function parseInteraction(value: unknown): NewInteraction {
  const parsed = v.safeParse(interactionSchema, value);
  if (!parsed.success) throw new TypeError(`not an interaction: ${describeIssue(parsed.issues[0])}`);
  return parsed.output;
}
