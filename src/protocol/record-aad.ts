/**
 * The additional data of every object at the service, rebuilt by the reader from where it looked and from the object's
 * authenticated header, never copied from the ciphertext. If these bytes change, no old object opens: they are frozen in a
 * test.
 */
import { type Bytes, fromBase64Url, lengthPrefixed, u16, u32, u64, utf8 } from '../base/bytes.ts';
import type { AccountId, DeviceId, Slot } from './ids.ts';

export const OBJECT_KINDS = ['part', 'ring', 'erase', 'card', 'settings', 'head'] as const;
/**
 * Events of one day; a device's key ring; an erase command; what a device is called; the settings that all devices share; how far a
 * device has read the feed. */
export type ObjectKind = (typeof OBJECT_KINDS)[number];

export interface RecordPlace {
  readonly account: AccountId;
  readonly slot: Slot;
  readonly kind: ObjectKind;
  readonly author: DeviceId;
  readonly incarnation: number;
  /** Of a part its number, of anything else its version. */
  readonly counter: number;
  /** Days since 1970-01-01; 0 for what belongs to no day. */
  readonly periodDay: number;
  readonly epoch: number;
}

const SUITE = new Uint8Array([1]);
const SCHEMA = 1;
/** Reserved: a hash of what the author had seen. Segments and whole-state records carry it inside. */
const NO_CONTEXT = new Uint8Array(32);

const id = (text: string): Bytes => fromBase64Url(text) ?? utf8(text);

export const recordAad = (place: RecordPlace): Bytes =>
  lengthPrefixed([
    utf8('arq/rec/1'),
    SUITE,
    id(place.account),
    id(place.slot),
    new Uint8Array([OBJECT_KINDS.indexOf(place.kind)]),
    id(place.author),
    u32(place.incarnation),
    u64(place.counter),
    NO_CONTEXT,
    u32(place.periodDay),
    u16(SCHEMA),
    u32(place.epoch),
  ]);

/** Of an object's header, which says what the rest is. */
export const headerAad = (account: AccountId, slot: Slot): Bytes =>
  lengthPrefixed([utf8('arq/hdr/1'), id(account), id(slot)]);
