/** Key rings of devices, as they published them: what opens their parts. */

import * as v from 'valibot';
import { fromBase64Url, toBase64Url } from '../base/bytes.ts';
import { ok, type Result } from '../base/result.ts';
import { type AeadKey, aeadKey, kidOf } from '../crypto/envelope.ts';
import type { DeviceId } from '../protocol/ids.ts';
import type { RingName } from '../storage/key-store.ts';
import type { PeriodKey } from '../storage/vault.ts';
import { fetchSlots } from './fetch.ts';
import { parseJson } from './json.ts';
import { type ObjectScope, type OpenedHeader, openBody, openHeader, slotOf } from './objects.ts';
import type { Signer, Transport, TransportFailure } from './transport.ts';

/**
 * The keys of one device by the id that envelopes carry. Not by day and generation: after a day was erased as a whole its
 * next key has the same generation as one that is gone.
 */
export type Ring = ReadonlyMap<string, AeadKey>;
/** By device. */
export type Rings = Map<string, Ring>;

const ringSchema = v.object({
  entries: v.array(
    v.object({ day: v.pipe(v.string(), v.isoDate()), generation: v.number(), key: v.string() }),
  ),
});

export type RingEntry = v.InferOutput<typeof ringSchema>['entries'][number];

export const ringPayload = (
  keys: readonly PeriodKey[],
  more: readonly RingEntry[] = [],
): v.InferOutput<typeof ringSchema> => ({
  entries: [...keys.map(({ day, generation, raw }) => ({ day, generation, key: toBase64Url(raw) })), ...more],
});

/**
 * Which keys a ring holds, in few words, and under which master key: to know whether it has to be published again. `closed`: those that do not open here,
 * and are published as they were.
 */
export const ringNote = (keys: readonly PeriodKey[], closed: readonly RingName[] = [], epoch = 1): string =>
  [
    ...(epoch === 1 ? [] : [`epoch ${epoch}`]),
    ...keys.map(({ aead }) => toBase64Url(aead.kid)).sort(),
    ...closed.map(({ day, generation }) => `${day}/${generation}`).sort(),
  ].join();

/** `null` when it is no ring. */
export async function parseRing(value: unknown): Promise<Ring | null> {
  const parsed = v.safeParse(ringSchema, value);
  if (!parsed.success) return null;
  const raw = parsed.output.entries.flatMap(({ key }) => fromBase64Url(key) ?? []);
  const keys = await Promise.all(raw.filter(({ length }) => length === 32).map(aeadKey));
  return new Map(keys.map((key) => [toBase64Url(key.kid), key]));
}

/** The key that a part asks for, from its author's ring as we know it, else as it lies at the service now; `null` = not there. */
export async function keyOfPart(
  session: {
    readonly transport: Transport;
    readonly scope: ObjectScope;
    readonly rings: Rings;
  },
  signer: Signer,
  author: DeviceId,
  part: OpenedHeader,
): Promise<Result<AeadKey | null, TransportFailure>> {
  const { rings } = session;
  const kid = kidOf(part.sealedBody);
  if (!kid) return ok(null);
  const name = toBase64Url(kid);
  const known = rings.get(author)?.get(name);
  if (known) return ok(known);
  const fetched = await fetchRing(session, signer, author);
  if (!fetched.ok) return fetched;
  const ring = await parseRing(fetched.value);
  if (ring) rings.set(author, ring);
  return ok(ring?.get(name) ?? null);
}

/** A device's ring as it lies at the service, not parsed; `undefined` = it is not there, or does not open. */
async function fetchRing(
  { transport, scope }: { readonly transport: Transport; readonly scope: ObjectScope },
  signer: Signer,
  author: DeviceId,
): Promise<Result<unknown, TransportFailure>> {
  const slot = await slotOf(scope, { kind: 'ring', author, incarnation: 0, counter: 0 });
  const fetched = await fetchSlots(transport, signer, [slot]);
  if (!fetched.ok) return fetched;
  const object = fetched.value[0];
  const opened = object && (await openHeader(scope, slot, object.body));
  const payload = opened && (await openBody(scope, slot, opened, opened.record));
  return ok(payload ? parseJson(payload) : undefined);
}

/** Of keys that do not open here: what was published of them before. Others need it, and this device's damage is not theirs. */
export async function publishedBefore(
  session: Parameters<typeof fetchRing>[0],
  signer: Signer,
  closed: readonly RingName[],
): Promise<Result<RingEntry[], TransportFailure>> {
  if (closed.length === 0) return ok([]);
  const fetched = await fetchRing(session, signer, signer.device);
  if (!fetched.ok) return fetched;
  const parsed = v.safeParse(ringSchema, fetched.value);
  const isClosed = (entry: RingEntry) =>
    closed.some(({ day, generation }) => day === entry.day && generation === entry.generation);
  return ok(parsed.success ? parsed.output.entries.filter(isClosed) : []);
}
