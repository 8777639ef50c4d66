/**
 * Objects as they lie at the service: u16 length of the header's envelope ‖ header (sealed, 256 bytes before sealing) ‖
 * body (sealed, padded). The header says what the body is and opens with a key of the account; the body of a part opens
 * only with its day's key, so that destroying that key destroys it wherever it lies.
 */
import * as v from 'valibot';
import {
  type Bytes,
  concat,
  equalBytes,
  fromBase64Url,
  fromUtf8,
  toBase64Url,
  u16,
  u32,
  u64,
  utf8,
} from '../base/bytes.ts';
import { dayNumber } from '../base/clock.ts';
import type { AccountKeys } from '../crypto/account-keys.ts';
import { type AeadKey, kidOf, open, seal } from '../crypto/envelope.ts';
import { MIN_PADDED_BYTES, pad, unpad } from '../crypto/padding.ts';
import { hmac, macInput } from '../crypto/primitives.ts';
import { type AccountId, type DeviceId, parseDeviceId, type Slot } from '../protocol/ids.ts';
import { headerAad, OBJECT_KINDS, type ObjectKind, recordAad } from '../protocol/record-aad.ts';

/** The longest header takes 140, so none can be told from another by its size. */
const HEADER_BYTES = 160;

const headerSchema = v.strictObject({
  kind: v.picklist(OBJECT_KINDS),
  author: v.pipe(
    v.string(),
    v.check((text) => parseDeviceId(text) !== null),
    v.transform((text) => text as DeviceId),
  ),
  incarnation: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff)),
  counter: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  /** Of a part: whose key opens it. */
  day: v.exactOptional(v.pipe(v.string(), v.isoDate())),
  generation: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
  /** Of an erase command: its id. */
  name: v.exactOptional(v.pipe(v.string(), v.maxLength(40))),
});
export type ObjectHeader = v.InferOutput<typeof headerSchema>;

/** The account as seen by what seals and opens. */
export interface ObjectScope {
  readonly account: AccountId;
  readonly keys: AccountKeys;
}

/** Where an object lies: a name that only devices of the account can compute. */
export async function slotOf(scope: ObjectScope, header: ObjectHeader): Promise<Slot> {
  const author = fromBase64Url(header.author) as Bytes;
  const fields: Readonly<Record<ObjectKind, readonly Bytes[]>> = {
    part: [author, u32(header.incarnation), u64(header.counter)],
    ring: [author],
    card: [author],
    erase: [utf8(header.name ?? '')],
    settings: [],
    head: [author],
  };
  return toBase64Url(await hmac(scope.keys.naming, macInput(header.kind, ...fields[header.kind]))) as Slot;
}

const placeOf = (scope: ObjectScope, slot: Slot, header: ObjectHeader, epoch: number) => ({
  account: scope.account,
  slot,
  kind: header.kind,
  author: header.author,
  incarnation: header.incarnation,
  counter: header.counter,
  periodDay: header.day === undefined ? 0 : dayNumber(header.day),
  epoch,
});

/** `key`: the day's for a part, the account's record key for anything else. */
export async function sealObject(
  scope: ObjectScope,
  header: ObjectHeader,
  key: AeadKey,
  payload: Bytes,
): Promise<{ readonly slot: Slot; readonly body: Bytes }> {
  const slot = await slotOf(scope, header);
  const sealedHeader = await seal(
    scope.keys.header,
    pad(utf8(JSON.stringify(header)), HEADER_BYTES),
    headerAad(scope.account, slot),
  );
  const place = placeOf(scope, slot, header, scope.keys.epoch);
  const sealedBody = await seal(key, pad(payload, MIN_PADDED_BYTES), recordAad(place));
  return { slot, body: concat(u16(sealedHeader.length), sealedHeader, sealedBody) };
}

/** As a row of `peers` notes it. */
export const epochField = (epoch: number): { readonly epoch?: number } => (epoch === 1 ? {} : { epoch });

export interface OpenedHeader {
  readonly header: ObjectHeader;
  readonly sealedBody: Bytes;
  /** Of the master key that it was sealed under. */
  readonly epoch: number;
  /** Opens the body of anything but a part; `null` when that key was destroyed. */
  readonly record: AeadKey | null;
}

/** How long the header is, with its length before it; as it says itself. */
export const headerBytes = (object: Bytes): number =>
  object.length < 2 ? 0 : 2 + new DataView(object.buffer, object.byteOffset, 2).getUint16(0);

/** The keys of the account that a header asks for; `null`: it is no envelope. */
function keysOf({ keys }: ObjectScope, sealedHeader: Bytes) {
  const kid = kidOf(sealedHeader);
  return kid && [keys, ...keys.older].find(({ header }) => equalBytes(header.kid, kid));
}

/**
 * Of an object whose header does not open. `not-ours`: no envelope; `other-epoch`: sealed with a key of the account that is not known
 * here; `changed`: not what was sealed here with that key.
 */
export function closedBy(scope: ObjectScope, object: Bytes): 'not-ours' | 'other-epoch' | 'changed' {
  const of = keysOf(scope, object.subarray(2, headerBytes(object)));
  return of === null ? 'not-ours' : of === undefined ? 'other-epoch' : 'changed';
}

/** `null` unless the header opens here and names exactly this slot. */
export async function openHeader(
  scope: ObjectScope,
  slot: Slot,
  object: Bytes,
): Promise<OpenedHeader | null> {
  const said = await headerSaid(scope, slot, object);
  const header = v.safeParse(headerSchema, said?.header);
  if (!said || !header.success || (await slotOf(scope, header.output)) !== slot) return null;
  const { epoch, record } = said.of;
  return { header: header.output, sealedBody: object.subarray(said.length), epoch, record };
}

/** The epoch under which a device sealed this header for this slot, where it says what this version does not know; else `null`. */
export async function epochOfNewer(scope: ObjectScope, slot: Slot, object: Bytes): Promise<number | null> {
  const said = await headerSaid(scope, slot, object);
  return said !== null && !v.is(headerSchema, said.header) ? said.of.epoch : null;
}

async function headerSaid(scope: ObjectScope, slot: Slot, object: Bytes) {
  const length = headerBytes(object);
  const sealed = object.subarray(2, length);
  const of = keysOf(scope, sealed);
  if (!of) return null;
  const opened = await open(of.header, sealed, headerAad(scope.account, slot));
  const json = opened.ok ? unpad(opened.plaintext) : null;
  if (!json) return null;
  try {
    return { header: JSON.parse(fromUtf8(json)) as unknown, length, of };
  } catch {
    return null;
  }
}

/** `null` when the body was not sealed here with this key. */
export async function openBody(
  scope: ObjectScope,
  slot: Slot,
  { header, sealedBody, epoch }: OpenedHeader,
  key: AeadKey | null,
): Promise<Bytes | null> {
  if (key === null) return null;
  const opened = await open(key, sealedBody, recordAad(placeOf(scope, slot, header, epoch)));
  return opened.ok ? unpad(opened.plaintext) : null;
}
