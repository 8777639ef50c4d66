/**
 * An archive: the events of days that leave this device, in one file that only this profile opens. Format 2:
 *
 *     "AQA" ‖ u8 format = 2 ‖ sections, oldest day first ‖ 12 bytes: keyed hash of everything before
 *     section: u32 day since 1970-01-01 ‖ u32 generation ‖ u32 bytes ‖ envelope of so many bytes
 *     envelope: padded (u32 deletions before it was made ‖ events as in codec.ts), under a key of its own day and generation
 *
 * The keys stay in the ring: destroying that of a day takes the day out of every copy of the file. The hash at the end is
 * keyed with the profile, so that a changed file is told from one whose days were erased, also when no key is left. Day and
 * generation say where a key lies, the envelope's key id says which it is.
 * It is over a chain (sha-256 of the one before and the next section): a file is written and read day by day.
 */
import { type Bytes, concat, equalBytes, fromBase64Url, toBase64Url, u32, utf8 } from '../base/bytes.ts';
import { type Day, dayNumber, dayOfNumber } from '../base/clock.ts';
import { ENVELOPE_BYTES, kidOf, open, seal } from '../crypto/envelope.ts';
import { pad, unpad } from '../crypto/padding.ts';
import { sha256 } from '../crypto/primitives.ts';
import type { InteractionEvent } from '../model/interaction.ts';
import { decodeEvents, encodeEvents } from './codec.ts';
import { DamagedError } from './database.ts';
import type { ByteSource } from './format/byte-source.ts';
import { type Period, type PeriodKey, rowAad, type Vault } from './vault.ts';

const MAGIC = utf8('AQA\u0002');
const HEAD_BYTES = 12;
const TAG_BYTES = 12;
const MIN_BYTES = 1024;
/** Later days have no four-digit year; a header may say anything. */
const LAST_DAY = dayNumber('9999-12-31');

const NOT_OURS = 'This file is not an archive that was saved in this profile, or it was changed.';

export const archiveOf = (day: Day): Period => ({ store: 'archives', day });
const aadOf = (userId: string, day: Day, generation: number): Bytes =>
  rowAad(userId, 'archives', day, 'file', generation);

/** `deletions`: how many were noted when it was sealed (archive-list.ts). `key`: of `archiveOf(day)`. */
export async function sealDay(
  { userId }: Vault,
  key: PeriodKey,
  deletions: number,
  events: readonly InteractionEvent[],
): Promise<Bytes> {
  const { day, generation } = key;
  const plain = pad(concat(u32(deletions), await encodeEvents(events)), MIN_BYTES);
  const box = await seal(key.aead, plain, aadOf(userId, day, generation));
  return concat(u32(dayNumber(day)), u32(generation), u32(box.length), box);
}

/** Of the file up to and with `section`. */
const chained = (before: Bytes, section: Bytes): Promise<Bytes> => sha256(concat(before, section));

async function tagOf(vault: Vault, chain: Bytes): Promise<Bytes> {
  const tag = fromBase64Url(await vault.tagOf(`archive ${toBase64Url(chain)}`));
  if (tag?.length !== TAG_BYTES) throw new Error('a tag of another length than the format has');
  return tag;
}

/** Gives the parts of a file, in order. */
export class ArchiveWriter {
  #chain: Promise<Bytes> = sha256(MAGIC);
  readonly start = MAGIC;

  constructor(private readonly vault: Vault) {}

  /** `section`: what `sealDay` gave; days rise. */
  add(section: Bytes): Bytes {
    this.#chain = this.#chain.then((before) => chained(before, section));
    return section;
  }

  async end(): Promise<Bytes> {
    return tagOf(this.vault, await this.#chain);
  }
}

/** Where a day lies in a file. */
export interface Section {
  readonly day: Day;
  readonly generation: number;
  /** Of its key. */
  readonly kid: Bytes;
  /** Of its envelope. */
  readonly from: number;
  readonly to: number;
}

/**
 * Reads a file to its end; nothing of it is opened.
 * @throws DamagedError when it is no archive of this profile, or anything in it was changed.
 */
export async function readSections(vault: Vault, source: ByteSource): Promise<Section[]> {
  const end = source.size - TAG_BYTES;
  if (end < MAGIC.length || !equalBytes(await source.read(0, MAGIC.length), MAGIC))
    throw new DamagedError(NOT_OURS);
  const sections: Section[] = [];
  let chain = await sha256(MAGIC);
  let dayBefore = -1;
  for (let at = MAGIC.length; at < end; ) {
    const from = at + HEAD_BYTES;
    if (from > end) throw new DamagedError(NOT_OURS);
    const head = await source.read(at, from);
    const view = new DataView(head.buffer, head.byteOffset, HEAD_BYTES);
    const [day, generation, length] = [view.getUint32(0), view.getUint32(4), view.getUint32(8)];
    const to = from + length;
    // Before so many bytes are read.
    if (day <= dayBefore || day > LAST_DAY || length < ENVELOPE_BYTES || to > end)
      throw new DamagedError(NOT_OURS);
    const envelope = await source.read(from, to);
    chain = await chained(chain, concat(head, envelope));
    sections.push({ day: dayOfNumber(day), generation, kid: kidOf(envelope) ?? new Uint8Array(0), from, to });
    dayBefore = day;
    at = to;
  }
  const tag = await source.read(end, source.size);
  if (!equalBytes(tag, await tagOf(vault, chain))) throw new DamagedError(NOT_OURS);
  return sections;
}

/**
 * Whether its key was not destroyed. The name alone does not say it: generations of a day begin anew after all were destroyed, so
 * that a day which is archived again has another key under the same one.
 * @throws DamagedError when there is a key of that name that does not open.
 */
export async function hasKey(vault: Vault, { day, generation, kid }: Section): Promise<boolean> {
  if (!vault.knows(archiveOf(day), generation)) return false;
  return equalBytes((await vault.key(archiveOf(day), generation)).aead.kid, kid);
}

/** @throws DamagedError when its key was destroyed, or it does not open. */
export async function openSection(
  vault: Vault,
  source: ByteSource,
  { day, generation, from, to }: Section,
): Promise<{ readonly deletions: number; readonly events: InteractionEvent[] }> {
  const key = await vault.key(archiveOf(day), generation);
  const opened = await open(key.aead, await source.read(from, to), aadOf(vault.userId, day, generation));
  const bytes = opened.ok ? unpad(opened.plaintext) : null;
  if (bytes === null || bytes.length < 4) throw new DamagedError('This archive is damaged.');
  const deletions = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  return { deletions, events: await decodeEvents(bytes.subarray(4)) };
}
