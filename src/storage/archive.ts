/**
 * An archive: the events of days that leave this device, in one sealed file that only this profile opens. Format 1:
 *
 *     "AQA" ‖ u8 format = 1 ‖ u32 first day since 1970-01-01 ‖ u32 generation ‖ envelope
 *     envelope: padded events (codec.ts) of all its days, under a key of its own in the ring
 *
 * The key stays in the ring: erasing everything destroys it, and then the file opens nowhere.
 */
import { type Bytes, concat, u32, utf8 } from '../base/bytes.ts';
import { type Day, dayNumber, dayOfNumber } from '../base/clock.ts';
import { open, seal } from '../crypto/envelope.ts';
import { pad, unpad } from '../crypto/padding.ts';
import type { InteractionEvent } from '../model/interaction.ts';
import { decodeEvents, encodeEvents } from './codec.ts';
import { DamagedError, type Database } from './database.ts';
import { type Period, rowAad, type Shred, type Vault } from './vault.ts';

const MAGIC = utf8('AQA\u0001');
const HEADER_BYTES = MAGIC.length + 8;
const MIN_BYTES = 1024;

/** Days that were archived, with how many records each had then. In `metadata`. */
export const ARCHIVED = 'archived';
export type ArchivedDays = Readonly<Record<Day, number>>;

const periodOf = (firstDay: Day): Period => ({ store: 'archives', day: firstDay });
const aadOf = (userId: string, firstDay: Day, generation: number) =>
  rowAad(userId, 'archives', firstDay, 'file', generation);

/** What is archived under one day: `[day, its events]`, oldest first. */
export type ArchiveDays = readonly (readonly [Day, readonly InteractionEvent[]])[];

export async function sealArchive(vault: Vault, days: ArchiveDays): Promise<Bytes> {
  const [first] = days;
  if (!first) throw new Error('nothing to archive');
  const [firstDay] = first;
  const key = await vault.newKey(periodOf(firstDay));
  // An update lies with its visit, on a day that it does not tell itself: so days are kept apart.
  const parts = await Promise.all(
    days.map(async ([day, events]) => {
      const bytes = await encodeEvents(events);
      return concat(u32(dayNumber(day)), u32(bytes.length), bytes);
    }),
  );
  const aad = aadOf(vault.userId, firstDay, key.generation);
  const box = await seal(key.aead, pad(concat(...parts), MIN_BYTES), aad);
  return concat(MAGIC, u32(dayNumber(firstDay)), u32(key.generation), box);
}

/** @throws DamagedError when it is no archive of this profile, was changed, or its key was destroyed. */
export async function openArchive(vault: Vault, file: Bytes): Promise<ArchiveDays> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < HEADER_BYTES || MAGIC.some((byte, i) => file[i] !== byte))
    throw new DamagedError('This file is not an archive of ARQ Context.');
  const firstDay = dayOfNumber(view.getUint32(MAGIC.length) % MAX_DAY);
  const generation = view.getUint32(MAGIC.length + 4);
  const key = await vault.key(periodOf(firstDay), generation);
  const opened = await open(key.aead, file.subarray(HEADER_BYTES), aadOf(vault.userId, firstDay, generation));
  const bytes = opened.ok ? unpad(opened.plaintext) : null;
  if (bytes === null) throw new DamagedError('This archive is damaged.');
  const days: [Day, InteractionEvent[]][] = [];
  const inside = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const end = at + 8 + inside.getUint32(at + 4);
    days.push([dayOfNumber(inside.getUint32(at)), await decodeEvents(bytes.subarray(at + 8, end))]);
    at = end;
  }
  return days;
}
/** Later days have no four-digit year; a header may say anything. */
const MAX_DAY = dayNumber('9999-12-31');

export const archivedDays = async (db: Database): Promise<ArchivedDays> =>
  ((await db.get('metadata', ARCHIVED)) as ArchivedDays | undefined) ?? {};

/** Adds days to the list, or takes days off it. The caller holds the write lock. */
export async function noteArchived(
  db: Database,
  added: ArchivedDays,
  removed: readonly Day[] = [],
): Promise<void> {
  const left = Object.entries({ ...(await archivedDays(db)), ...added }).filter(
    ([day]) => !removed.includes(day),
  );
  await db.put('metadata', Object.fromEntries(left), ARCHIVED);
}

/** Forgets every archive; resolves with the keys, which the caller destroys. */
export async function dropArchives(db: Database, vault: Vault): Promise<Shred[]> {
  await db.delete('metadata', ARCHIVED);
  const days = new Set((await vault.ring('archives')).map(({ day }) => day));
  return [...days].map((day) => ({ ...periodOf(day), what: 'all' }));
}
