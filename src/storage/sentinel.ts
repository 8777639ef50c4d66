/**
 * Notices loss that the browser does not report: Chromium answers a damaged file with an empty or a shorter database, and
 * opening it succeeds. So a lower bound of what the store holds is kept outside IndexedDB and compared at every start.
 */
import * as v from 'valibot';

export interface SentinelArea {
  read(): Promise<unknown>;
  write(value: Sentinel): Promise<void>;
}

/** `counter`: the journal's next number was at least this when the sentinel was written, at `atMs`. */
export interface Sentinel {
  readonly userId: string;
  readonly counter: number;
  readonly atMs: number;
  /** The generation of the key ring then; only where it cannot be found otherwise (key-store.ts). */
  readonly keyring?: number | undefined;
  /** Found at a start, and shown until the person has read it. */
  readonly loss?: Loss | undefined;
}

/** `all`: keys and records are gone. `some`: the last ones before `beforeMs` are missing. */
export interface Loss {
  readonly what: 'all' | 'some';
  /** The store was whole at this time, in ms. */
  readonly beforeMs: number;
}

const loss = v.object({ what: v.picklist(['all', 'some']), beforeMs: v.number() });
const schema = v.object({
  userId: v.string(),
  counter: v.pipe(v.number(), v.safeInteger()),
  atMs: v.number(),
  keyring: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
  loss: v.optional(loss),
});

/** What was stored last; `undefined` when there is nothing, or nothing that we wrote. */
export function parseSentinel(stored: unknown): Sentinel | undefined {
  const parsed = v.safeParse(schema, stored);
  return parsed.success ? parsed.output : undefined;
}

/** What is missing from a store that opened as `found`. */
export function lossOf(
  sentinel: Sentinel | undefined,
  found: Pick<Sentinel, 'userId' | 'counter'>,
): Loss | undefined {
  if (sentinel === undefined) return undefined;
  if (sentinel.userId !== found.userId) return { what: 'all', beforeMs: sentinel.atMs };
  if (found.counter < sentinel.counter) return { what: 'some', beforeMs: sentinel.atMs };
  return sentinel.loss;
}
