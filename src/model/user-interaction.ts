/** The seed's `UserInteraction`: a record with its time as `Date`. */
import * as v from 'valibot';
import { HOUR_MS } from '../base/clock.ts';
import { describeIssue } from './context.ts';
import type { InteractionRecord } from './interaction.ts';
import { dwell, eventId, FIELDS, MAX_RECORDED_MS } from './interaction-fields.ts';

/** Without the marks that only deletions read. */
type View<R> = R extends InteractionRecord
  ? Omit<R, 'atMs' | 'afterMs' | 'shortened'> & { readonly timestamp: Date }
  : never;
export type UserInteraction = View<InteractionRecord>;

type Unnamed<I> = I extends UserInteraction
  ? Omit<I, 'id' | 'dwellMs'> & { readonly id?: string; readonly dwellMs?: number }
  : never;
/** What can be saved: without an id it gets one that its content decides, so that saving it twice keeps it once. */
export type NewInteraction = Unnamed<UserInteraction>;

export function viewOf(record: InteractionRecord): UserInteraction {
  const { atMs, afterMs: _a, shortened: _s, ...rest } = { shortened: undefined, ...record };
  return { ...rest, timestamp: new Date(atMs) } as UserInteraction;
}

const base = {
  id: v.exactOptional(eventId),
  timestamp: v.pipe(
    v.date(),
    v.check((date) => date.getTime() >= 0, 'before 1970'),
    v.check((date) => date.getTime() <= MAX_RECORDED_MS, 'after the year 8999'),
  ),
};
/** `anonymous` keeps no address, and `ephemeral` is not stored at all. */
const level = v.picklist(['public', 'private']);

const interactionSchema = v.variant('kind', [
  v.strictObject({ ...base, level, ...FIELDS.visit, dwellMs: v.exactOptional(dwell) }),
  v.strictObject({ ...base, level, ...FIELDS.search }),
  v.strictObject({ ...base, level, ...FIELDS.click }),
  v.strictObject({
    ...base,
    timestamp: v.pipe(
      base.timestamp,
      v.check((date) => date.getTime() % HOUR_MS === 0, 'not a full hour'),
    ),
    ...FIELDS.reduced,
  }),
]);

/** @throws TypeError when it is none that may be stored: which field, and why, without the value. */
export function parseInteraction(value: unknown): NewInteraction {
  const parsed = v.safeParse(interactionSchema, value);
  if (!parsed.success) throw new TypeError(`not an interaction: ${describeIssue(parsed.issues[0])}`);
  return parsed.output;
}
