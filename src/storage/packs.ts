/**
 * Packs: the events of a day in compressed, padded, sealed blocks, one for each type, one for the pages they are about, and a
 * digest. All blocks of a pack are written, replaced and erased together.
 */
import type { IDBPTransaction } from 'idb';
import type { Bytes } from '../base/bytes.ts';
import { type Day, dayNumber, dayStartMs } from '../base/clock.ts';
import { open, seal } from '../crypto/envelope.ts';
import { pad, unpad } from '../crypto/padding.ts';
import {
  compareEvents,
  foldEvents,
  type InteractionEvent,
  type InteractionRecord,
  RECORD_KINDS,
  recordKind,
  STORE_TYPES,
  storeTypeOf,
} from '../model/interaction.ts';
import { eachTermOf, type Page, pagesOf } from '../model/page.ts';
import { summaryOf } from '../model/summary.ts';
import { DamagedError, type Database, decoding } from './database.ts';
import { Digest, DigestBuilder } from './format/digest.ts';
import { encodePages, PageBlock } from './format/page-block.ts';
import { decodeSegment, encodeSegment, PagePlaces } from './format/segment-block.ts';
import { encodeSummary } from './format/summary-block.ts';
import {
  type ArqData,
  BLOCK_TYPES,
  type BlockRow,
  type BlockType,
  type DigestRow,
  type PackRow,
} from './schema.ts';
import { inTransaction, STRICT } from './transaction.ts';
import { eventsOf, type PeriodKey, rowAad, type Vault } from './vault.ts';

/** Sizes of blocks on this disk tell little; what is shorter than this is not worth telling apart. */
const MIN_BLOCK_BYTES = 128;

export interface SealedPack {
  readonly pack: PackRow;
  readonly blocks: readonly BlockRow[];
}

/** A pack before it is sealed. */
export interface EncodedPack {
  readonly blocks: ReadonlyMap<BlockType, Bytes>;
  readonly records: readonly number[];
}

/** `events`: of one day, each once. */
export async function encodePack(
  day: Day,
  seq: number,
  unsorted: readonly InteractionEvent[],
): Promise<EncodedPack> {
  const startMs = dayStartMs(day);
  const events = [...unsorted].sort(compareEvents);
  const pages = pagesOf(events);
  const places = new PagePlaces(pages, events);
  const blocks = new Map<BlockType, Bytes>();
  for (const type of STORE_TYPES) {
    const ofType = events.filter((event) => storeTypeOf(event) === type);
    if (ofType.length > 0) blocks.set(type, await encodeSegment(ofType, places, startMs));
  }
  if (pages.length > 0) blocks.set('pages', await encodePages(pages, startMs));
  const folded = foldEvents(events);
  const builder = new DigestBuilder();
  addToDigest(builder, day, seq, pages, folded);
  blocks.set('digest', await builder.bytes());
  const records = RECORD_KINDS.map((kind) => folded.filter((record) => recordKind(record) === kind).length);
  return { blocks, records };
}

function addToDigest(
  builder: DigestBuilder,
  day: Day,
  seq: number,
  pages: readonly Page[],
  records: readonly InteractionRecord[],
): void {
  const summary = encodeSummary(summaryOf(records), dayStartMs(day));
  const first = builder.addPack({ day: dayNumber(day), seq, pages: pages.length, summary });
  for (const [place, page] of pages.entries()) eachTermOf(page, (term) => builder.add(term, first + place));
}

/** The digest of a pack that lost its own. */
export async function digestOfEvents(
  day: Day,
  seq: number,
  unsorted: readonly InteractionEvent[],
): Promise<Digest> {
  const events = [...unsorted].sort(compareEvents);
  const builder = new DigestBuilder();
  addToDigest(builder, day, seq, pagesOf(events), foldEvents(events));
  return Digest.read(await builder.bytes());
}

export async function sealPack(
  vault: Vault,
  key: PeriodKey,
  day: Day,
  seq: number,
  events: readonly InteractionEvent[],
): Promise<SealedPack> {
  const { blocks: encoded, records } = await encodePack(day, seq, events);
  const { userId } = vault;
  const blocks = await Promise.all(
    [...encoded].map(async ([type, bytes]): Promise<BlockRow> => {
      const aad = rowAad(userId, 'interactions', day, type, seq);
      const box = await seal(key.aead, pad(bytes, MIN_BLOCK_BYTES), aad);
      return { userId, date: day, type, seq, generation: key.generation, box };
    }),
  );
  const sizeBytes = blocks.reduce((sum, { box }) => sum + box.length, 0);
  return {
    pack: { userId, date: day, seq, records, events: events.length, digest: 'own', sizeBytes },
    blocks,
  };
}

/** @throws DamagedError when it does not open where it lies. */
export async function openBlock(vault: Vault, row: BlockRow): Promise<Bytes> {
  const key = await vault.key(eventsOf(row.date), row.generation);
  const opened = await open(
    key.aead,
    row.box,
    rowAad(vault.userId, 'interactions', row.date, row.type, row.seq),
  );
  const bytes = opened.ok ? unpad(opened.plaintext) : null;
  if (bytes === null) throw new DamagedError();
  return bytes;
}

/** Every pack, or every block of one, of a day. */
export const rangeOfDay = (userId: string, day: Day): IDBKeyRange =>
  IDBKeyRange.bound([userId, day], [userId, day, []]);

/** Of all packs, as they lie there. */
export async function packSizeBytes(db: Database, userId: string): Promise<number> {
  const packs = await db.getAll('packs', IDBKeyRange.bound([userId], [userId, []]));
  return packs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** @throws DamagedError */
export const openPages = async (vault: Vault, row: BlockRow): Promise<PageBlock> => {
  const bytes = await openBlock(vault, row);
  return decoding(() => new PageBlock(bytes, dayStartMs(row.date)));
};

/** @throws DamagedError */
export const openDigest = async (vault: Vault, row: BlockRow): Promise<Digest> => {
  const bytes = await openBlock(vault, row);
  return decoding(() => Digest.read(bytes));
};

/** The events of one pack, from its blocks. @throws DamagedError */
export async function eventsOfPack(vault: Vault, rows: readonly BlockRow[]): Promise<InteractionEvent[]> {
  const pageRow = rows.find(({ type }) => type === 'pages');
  const pages = pageRow ? await (await openPages(vault, pageRow)).all() : [];
  const events: InteractionEvent[] = [];
  for (const type of STORE_TYPES) {
    const row = rows.find((block) => block.type === type);
    if (!row) continue;
    const bytes = await openBlock(vault, row);
    events.push(...(await decoding(() => decodeSegment(bytes, pages, dayStartMs(row.date)))));
  }
  return events;
}

/** What one step changes of packs. Its parts happen together or not at all. */
export interface PackChange {
  readonly remove: readonly PackRow[];
  readonly add: readonly SealedPack[];
  /** Journal rows that are in the packs now. */
  readonly journal: readonly number[];
  readonly digests?: readonly DigestRow[];
}

/** Of different days. */
export const joinChanges = (changes: readonly PackChange[]): PackChange => ({
  remove: changes.flatMap(({ remove }) => remove),
  add: changes.flatMap(({ add }) => add),
  journal: changes.flatMap(({ journal }) => journal),
});

/** Everything that a change of packs may touch. */
export const PACK_STORES = [
  'journal',
  'interactions',
  'packs',
  'digests',
  'outbox',
  'metadata',
  'tabs',
] as const;
export type PackTransaction = IDBPTransaction<ArqData, typeof PACK_STORES, 'readwrite'>;

/** Writes a change durably. `also` adds to the same transaction. */
export function writeChange(
  db: Database,
  change: PackChange,
  also?: (tx: PackTransaction, ask: (...requests: Promise<unknown>[]) => void) => Promise<void>,
): Promise<void> {
  const tx: PackTransaction = db.transaction(PACK_STORES, 'readwrite', STRICT);
  return inTransaction(tx, async (_, ask) => {
    const [interactions, packs] = [tx.objectStore('interactions'), tx.objectStore('packs')];
    for (const n of change.journal) ask(tx.objectStore('journal').delete(n));
    for (const { userId, date, seq } of change.remove) {
      for (const type of BLOCK_TYPES) ask(interactions.delete([userId, date, type, seq]));
      ask(packs.delete([userId, date, seq]));
    }
    // `add`: if something else wrote this pack meanwhile, this transaction fails as a whole.
    for (const { pack, blocks } of change.add) {
      ask(packs.add(pack));
      for (const block of blocks) ask(interactions.add(block));
    }
    for (const digest of change.digests ?? []) ask(tx.objectStore('digests').put(digest));
    await also?.(tx, ask);
  });
}
