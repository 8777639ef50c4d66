/**
 * What the service says that it takes (`GET /v1/limits`): asked for once in an account, and again when it refused something for
 * being too much. Never more than ours (protocol/limits.ts).
 */

import * as v from 'valibot';
import { SERVICE_ERRORS } from '../protocol/errors.ts';
import { LIMITS, type Limits } from '../protocol/limits.ts';
import { PATHS } from '../protocol/routes.ts';
import type { LocalStore } from '../storage/local-store.ts';
import type { Transport } from './transport.ts';

const NOTE = 'service-limits';
const noteSchema = v.object({ origin: v.string(), limits: v.record(v.string(), v.unknown()) });

/** With smaller parts a service would see single events in their sizes and number: what it says below that is not kept to. */
const LEAST_BODY_BYTES = 16 * 1024;

/** The smaller of both, name by name. What is no limit says nothing. */
export function smallerLimits(said: Readonly<Record<string, unknown>>): Limits {
  const names = Object.keys(LIMITS) as (keyof Limits)[];
  const isLimit = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
  const smaller = (name: keyof Limits): number => {
    const value = Object.hasOwn(said, name) ? said[name] : undefined;
    return isLimit(value) ? Math.min(value, LIMITS[name]) : LIMITS[name];
  };
  const limits = Object.fromEntries(names.map((name) => [name, smaller(name)])) as unknown as Limits;
  return { ...limits, bodyBytes: Math.max(limits.bodyBytes, LEAST_BODY_BYTES) };
}

/** Answers that mean: nothing of this, and never with these bytes. It may take less than it said. */
export const REFUSED_AS_IT_IS: ReadonlySet<number> = new Set([
  SERVICE_ERRORS.BAD_REQUEST,
  SERVICE_ERRORS.TOO_LARGE,
  SERVICE_ERRORS.QUOTA,
]);

/** Sum of bodies in one batch, below the limit of a request. */
export const batchBytes = ({ requestBytes }: Limits): number => requestBytes * 0.75;

/** From here on `transport` keeps to them. Where they are not known and the service does not say them, ours hold. */
export async function keepToLimits(store: LocalStore, transport: Transport): Promise<void> {
  // Sealed: it says which service it is. Damaged, it is asked for again.
  const note = v.safeParse(noteSchema, await store.readNamed(NOTE).catch(() => undefined));
  if (note.success && note.output.origin === transport.origin)
    transport.limits = smallerLimits(note.output.limits);
  else await askLimits(store, transport);
}

export async function askLimits(store: LocalStore, transport: Transport): Promise<void> {
  const said = await transport.json(v.record(v.string(), v.unknown()), { method: 'GET', path: PATHS.limits });
  // An older service has none to tell; one that is away says so to whatever is asked next.
  if (!said.ok) return;
  transport.limits = smallerLimits(said.value);
  await store
    .writeNamed(NOTE, { origin: transport.origin, limits: transport.limits })
    .catch((error: unknown) => console.error('the limits of the service are asked again', error));
}
