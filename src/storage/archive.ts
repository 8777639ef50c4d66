/**
 * An archive: the events of days that leave this device, in one sealed file that only this profile opens. Format 2:
 *
 *     "AQA" ‖ u8 format = 2 ‖ u32 how many days ‖ per day:
 *     u32 day since 1970-01-01 ‖ u32 generation ‖ u32 length of the envelope ‖ tag ‖ envelope
 *     tag: 96 bits, keyed (Vault.tagOf), of everything that stands before it for this day, and of its place in the file
 *     envelope: padded events (codec.ts), under a key of that day and file in the ring
 *
 * The keys stay in the ring: erasing a day, or everything, destroys them, and then that day opens nowhere. The tag tells a
 * day whose key was destroyed from one that was changed.
 */
import { type Bytes, concat, fromBase64Url, u32, utf8 } from '../base/bytes.ts';
import { type Day, dayNumber, dayOfNumber } from '../base/clock.ts';
import { open, seal } from '../crypto/envelope.ts';
import { pad, unpad } from '../crypto/padding.ts';
import type { InteractionEvent } from '../model/interaction.ts';
import { decodeEvents, encodeEvents } from './codec.ts';
import { DamagedError } from './database.ts';
import { type Period, rowAad, type Shred, type Vault } from './vault.ts';

const MAGIC = utf8('AQA\u0002');
const FILE_HEADER_BYTES = MAGIC.length + 4;
const NUMBERS_BYTES = 12;
const TAG_BYTES = 12;
const MIN_BYTES = 1024;
/** Later days have no four-digit year; a header may say anything. */
const MAX_DAY = dayNumber('9999-12-31');

const periodOf = (day: Day): Period => ({ store: 'archives', day });

/** Where a day stands: one that is moved, or missing at the end, is a change. */
interface Place {
  readonly at: number;
  readonly of: number;
}

const aadOf = (userId: string, day: Day, { at, of }: Place, generation: number) =>
  rowAad(userId, 'archives', day, `file ${at}/${of}`, generation);

async function tagOf(vault: Vault, numbers: Uint8Array, { at, of }: Place): Promise<Bytes> {
  const tag = fromBase64Url(await vault.tagOf(`archive ${at}/${of} ${numbers.join('.')}`));
  if (tag?.length !== TAG_BYTES) throw new Error('a tag of another length');
  return tag;
}

/** `[day, its events]`, oldest first. */
export type ArchiveDays = readonly (readonly [Day, readonly InteractionEvent[]])[];

/** A key of its own for each day is made, and durable, before it is used. */
export async function sealArchive(vault: Vault, days: ArchiveDays): Promise<Bytes> {
  if (days.length === 0) throw new Error('nothing to archive');
  const parts: Uint8Array[] = [MAGIC, u32(days.length)];
  for (const [index, [day, events]] of days.entries()) {
    const place = { at: index + 1, of: days.length };
    const key = await vault.newKey(periodOf(day));
    const bytes = pad(await encodeEvents(events), MIN_BYTES);
    const box = await seal(key.aead, bytes, aadOf(vault.userId, day, place, key.generation));
    const numbers = concat(u32(dayNumber(day)), u32(key.generation), u32(box.length));
    parts.push(numbers, await tagOf(vault, numbers, place), box);
  }
  return concat(...parts);
}

export interface OpenedArchive {
  readonly days: ArchiveDays;
  /** Days of the file whose key was destroyed: they were erased. */
  readonly erased: readonly Day[];
}

const CHANGED = () => new DamagedError('This archive is damaged.');

/** @throws DamagedError when it is no archive of this profile, was changed anywhere, or all its keys were destroyed. */
export async function openArchive(vault: Vault, file: Bytes): Promise<OpenedArchive> {
  if (file.length < FILE_HEADER_BYTES || MAGIC.some((byte, i) => file[i] !== byte))
    throw new DamagedError('This file is not an archive of ARQ Context.');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const of = view.getUint32(MAGIC.length);
  const days: [Day, InteractionEvent[]][] = [];
  const erased: Day[] = [];
  let offset = FILE_HEADER_BYTES;
  for (let at = 1; at <= of; at++) {
    const boxAt = offset + NUMBERS_BYTES + TAG_BYTES;
    if (boxAt > file.length) throw CHANGED();
    const [number, generation] = [view.getUint32(offset), view.getUint32(offset + 4)];
    const end = boxAt + view.getUint32(offset + 8);
    const tag = await tagOf(vault, file.subarray(offset, offset + NUMBERS_BYTES), { at, of });
    if (tag.some((byte, i) => file[offset + NUMBERS_BYTES + i] !== byte)) throw CHANGED();
    if (end > file.length || number > MAX_DAY) throw CHANGED();
    const day = dayOfNumber(number);
    if (vault.has(periodOf(day), generation)) {
      const key = await vault.key(periodOf(day), generation);
      const aad = aadOf(vault.userId, day, { at, of }, generation);
      const opened = await open(key.aead, file.subarray(boxAt, end), aad);
      const bytes = opened.ok ? unpad(opened.plaintext) : null;
      if (bytes === null) throw CHANGED();
      days.push([day, await decodeEvents(bytes)]);
    } else erased.push(day);
    offset = end;
  }
  if (offset !== file.length || of === 0) throw CHANGED();
  if (days.length === 0) throw new DamagedError('Everything in this archive was erased: it does not open.');
  return { days, erased };
}

/** Days that some archive has a key for. */
export const daysInArchives = (vault: Vault): Day[] => vault.periods('archives');

/** What opens days in archives, to be destroyed by the caller. Days that no archive has are left out. */
export function archiveKeys(vault: Vault, wanted: (day: Day) => boolean): Shred[] {
  return daysInArchives(vault)
    .filter(wanted)
    .map((day) => ({ ...periodOf(day), what: 'all' }));
}
