/**
 * Packs in the store: segments sealed under the keys of their days, and tables, which the days of a pack share, sealed under
 * the key of its day or its month. All rows of a pack are written, replaced and erased together.
 *
 * Over 300 lines, because how rows are sealed and how they are opened has to agree, and is read on one page.
 */
import type { IDBPTransaction } from 'idb';
import { ByteReader } from '../base/byte-stream.ts';
import { type Bytes, concat, u32 } from '../base/bytes.ts';
import { type Day, dayStartMs, monthOf } from '../base/clock.ts';
import { open, seal } from '../crypto/envelope.ts';
import { pad, unpad } from '../crypto/padding.ts';
import { compareEvents, type InteractionEvent, STORE_TYPES, type StoreType } from '../model/interaction.ts';
import { hostOf, siteTerm } from '../model/page.ts';
import type { BlockCache } from './block-cache.ts';
import { DamagedError, type Database, decoding } from './database.ts';
import { type ByteSource, piecewise, wholeSource } from './format/byte-source.ts';
import { Lexicon } from './format/lexicon.ts';
import { Outline } from './format/outline.ts';
import { encodePack, type TablePart } from './format/pack.ts';
import { Postings } from './format/postings.ts';
import { decodeSegment, eventOf, type SegmentRow } from './format/segment.ts';
import { type AddressTexts, Texts } from './format/texts.ts';
import type { ArqData, BlockRow, PackRow, TableRow } from './schema.ts';
import { inTransaction, STRICT } from './transaction.ts';
import { eventsOf, type Period, type PeriodKey, rowAad, tablesOf, type Vault } from './vault.ts';

/** Sizes of blocks on this disk tell little; what is shorter than this is not worth telling apart. */
const MIN_BLOCK_BYTES = 128;
/**
 * Tables are cut into pieces of so many bytes; the first four of a table say how many it has in all. Chromium keeps values of
 * more than 64 KiB in files of their own, from which a table takes ten times as long to read (measured in 156).
 */
const PIECE_BYTES = 48 * 1024;
const SIZE_BYTES = 4;

export interface SealedPack {
  readonly pack: PackRow;
  readonly blocks: readonly BlockRow[];
  readonly tables: readonly TableRow[];
}

/** How the rows of a new pack are sealed. */
export interface PackSealing {
  readonly seq: number;
  /** `day`: it has one day only. */
  readonly key: PackRow['key'];
}

const periodOf = (pack: Pick<PackRow, 'key' | 'date'>): Period =>
  pack.key === 'day' ? eventsOf(pack.date) : tablesOf(monthOf(pack.date));

const tableAad = (userId: string, date: Day, seq: number, part: TablePart, piece: number): Bytes =>
  rowAad(userId, 'tables', date, `${part}/${piece}`, seq);
const blockAad = (userId: string, date: Day, type: StoreType, seq: number): Bytes =>
  rowAad(userId, 'interactions', date, type, seq);

/** `days`: of one month, each with at least one event; events of a day in any order, each once. */
export async function sealPack(
  vault: Vault,
  days: ReadonlyMap<Day, readonly InteractionEvent[]>,
  { seq, key }: PackSealing,
): Promise<SealedPack> {
  const { userId } = vault;
  const encoded = await encodePack(days);
  const date = encoded.days[0]?.day;
  if (date === undefined || (key === 'day' && encoded.days.length > 1))
    throw new Error('a pack of other days than its key is for');
  await vault.ensureKeys([...encoded.days.map(({ day }) => eventsOf(day)), periodOf({ key, date })]);
  const box = async (from: PeriodKey, bytes: Bytes, aad: Bytes) =>
    seal(from.aead, pad(bytes, MIN_BLOCK_BYTES), aad);
  const blocks = await Promise.all(
    encoded.days.flatMap(({ day, segments }) =>
      segments.map(async ([type, bytes]): Promise<BlockRow> => {
        const own = await vault.currentKey(eventsOf(day));
        const sealed = await box(own, bytes, blockAad(userId, day, type, seq));
        return { userId, date: day, type, seq, generation: own.generation, box: sealed };
      }),
    ),
  );
  const shared = await vault.currentKey(periodOf({ key, date }));
  const tables = await Promise.all(
    encoded.tables.flatMap(([part, bytes]) =>
      piecesOf(bytes).map(async (bytesOfPiece, piece): Promise<TableRow> => {
        const sealed = await box(shared, bytesOfPiece, tableAad(userId, date, seq, part, piece));
        return { userId, date, seq, part, piece, box: sealed };
      }),
    ),
  );
  const sizeBytes = [...blocks, ...tables].reduce((sum, row) => sum + row.box.length, 0);
  const packDays = encoded.days.map(({ day, records, events }) => ({ day, records, events }));
  const { generation } = shared;
  return { pack: { userId, date, seq, days: packDays, key, generation, sizeBytes }, blocks, tables };
}

function piecesOf(bytes: Bytes): Bytes[] {
  const whole = concat(u32(bytes.length), bytes);
  const pieces: Bytes[] = [];
  for (let at = 0; at < whole.length; at += PIECE_BYTES) pieces.push(whole.subarray(at, at + PIECE_BYTES));
  return pieces;
}

async function openBox(key: PeriodKey, box: Bytes, aad: Bytes): Promise<Bytes> {
  const opened = await open(key.aead, box, aad);
  const bytes = opened.ok ? unpad(opened.plaintext) : null;
  if (bytes === null) throw new DamagedError();
  return bytes;
}

/** What packs are read from. */
export interface PackSource {
  readonly db: Database;
  readonly vault: Vault;
  readonly cache: BlockCache;
}

export const packName = ({ date, seq }: Pick<PackRow, 'date' | 'seq'>): string => `${date}/${seq}`;

export const eventCount = ({ days }: PackRow): number => days.reduce((sum, { events }) => sum + events, 0);

/** Those of these blocks that are there, in one step. */
export async function readBlocks(
  db: Database,
  keys: readonly ArqData['interactions']['key'][],
): Promise<BlockRow[]> {
  const { store } = db.transaction('interactions');
  const found = await Promise.all(keys.map((key) => store.get(key)));
  return found.filter((block) => block !== undefined);
}

interface RowOptions {
  readonly types?: readonly StoreType[];
  readonly blocks?: readonly BlockRow[] | undefined;
  wanted?(address: number): boolean;
}

/** Packs of a month. */
export const rangeOfMonth = (userId: string, month: Day): IDBKeyRange =>
  IDBKeyRange.bound([userId, month], [userId, `${month.slice(0, 7)}-99`]);
/** Blocks of a day. */
export const rangeOfDay = (userId: string, day: Day): IDBKeyRange =>
  IDBKeyRange.bound([userId, day], [userId, day, []]);
export const rangeOfAll = (userId: string): IDBKeyRange => IDBKeyRange.bound([userId], [userId, []]);

/**
 * Reads what a pack's rows hold; opened tables are kept in the cache. Every method rejects with a DamagedError when something
 * does not open where it lies, or is not there (any more).
 */
export class PackReader {
  readonly #name: string;

  constructor(
    private readonly source: PackSource,
    readonly pack: PackRow,
  ) {
    this.#name = packName(pack);
  }

  async #openPiece({ part, piece, box }: TableRow): Promise<Bytes> {
    const { userId, date, seq, generation } = this.pack;
    const key = await this.source.vault.key(periodOf(this.pack), generation);
    return openBox(key, box, tableAad(userId, date, seq, part, piece));
  }

  /** A table that is read in parts. Its opened pieces are kept in the cache. */
  async #table(part: TablePart): Promise<ByteSource> {
    const { db, cache } = this.source;
    const { userId, date, seq } = this.pack;
    const piece = (index: number) =>
      cache.get(`${part}/${this.#name}/piece/${index}`, async () => {
        const row = await db.get('tables', [userId, date, seq, part, index]);
        if (!row) throw new DamagedError();
        const value = await this.#openPiece(row);
        return { value, sizeBytes: value.length };
      });
    const size = sizeOf(await piece(0));
    const framed = piecewise(SIZE_BYTES + size, PIECE_BYTES, piece);
    return { size, read: (from, to) => framed.read(SIZE_BYTES + from, SIZE_BYTES + to) };
  }

  async #wholeTable(part: TablePart): Promise<Bytes> {
    const { userId, date, seq } = this.pack;
    const key = [userId, date, seq, part] as const;
    const rows = await this.source.db.getAll('tables', IDBKeyRange.bound([...key], [...key, []]));
    if (rows.some(({ piece }, index) => piece !== index)) throw new DamagedError();
    const [first, ...rest] = await Promise.all(rows.map((row) => this.#openPiece(row)));
    if (!first) throw new DamagedError();
    const whole = rest.length === 0 ? first : concat(first, ...rest);
    if (whole.length !== SIZE_BYTES + sizeOf(first)) throw new DamagedError();
    return whole.subarray(SIZE_BYTES);
  }

  lexicon(): Promise<Lexicon> {
    return this.source.cache.get(`lexicon/${this.#name}`, async () => {
      const bytes = await this.#wholeTable('lexicon');
      return sized(await decoding(() => Lexicon.read(bytes)));
    });
  }

  postings(): Promise<Postings> {
    return this.source.cache.get(`postings/${this.#name}`, async () => {
      const table = await this.#table('postings');
      return sized(await decoding(() => Postings.open(table)));
    });
  }

  outline(): Promise<Outline> {
    return this.source.cache.get(`outline/${this.#name}`, async () => {
      const table = await this.#table('outline');
      return sized(await decoding(() => Outline.open(table)));
    });
  }

  async #texts(): Promise<Texts> {
    const { cache } = this.source;
    const lexicon = await this.lexicon();
    return cache.get(`texts/${this.#name}`, async () => {
      const table = await this.#table('texts');
      return sized(
        await decoding(() =>
          Texts.open(table, lexicon, (index, open) => cache.get(`texts/${this.#name}/${index}`, open)),
        ),
      );
    });
  }

  /** All texts, for whoever reads many days. */
  #allTexts(): Promise<readonly AddressTexts[]> {
    const name = `all/${this.#name}`;
    // Of one pack at a time: months are read one after the other.
    this.source.cache.keepOnly('all/', name);
    return this.source.cache.get(name, async () => {
      // A lexicon of its own: with every word spelled it is too large to be kept.
      const [spelled, bytes] = await Promise.all([this.#wholeTable('lexicon'), this.#wholeTable('texts')]);
      const lexicon = await decoding(() => Lexicon.read(spelled));
      const texts = await decoding(() =>
        Texts.open(wholeSource(bytes), lexicon, async (_, open) => (await open()).value),
      );
      const value = await decoding(() => texts.all());
      return { value, sizeBytes: value.length * 300 };
    });
  }

  /**
   * The rows of one day. `types`: only of these. `blocks`: of this day, where they were read already. `wanted`: only of these
   * addresses, and what may be of any.
   */
  async rows(day: Day, { types = STORE_TYPES, blocks, wanted }: RowOptions = {}): Promise<SegmentRow[]> {
    const { db, vault } = this.source;
    const { userId, seq } = this.pack;
    const read =
      blocks ??
      (await readBlocks(
        db,
        types.map((type) => [userId, day, type, seq]),
      ));
    const found = read.filter((block) => block.seq === seq);
    const outline = await this.outline();
    const addresses = await decoding(() => outline.addressesOf(day));
    // Gone with its pack, or lost: what is cached of the pack does not tell.
    for (const type of types)
      if (addresses[type].length > 0 && !found.some((block) => block.type === type)) throw new DamagedError();
    const opened = await Promise.all(
      found.map(async ({ type, generation, box }) => {
        const key = await vault.key(eventsOf(day), generation);
        const bytes = await openBox(key, box, blockAad(userId, day, type, seq));
        return decoding(() => decodeSegment(bytes, addresses[type], dayStartMs(day), wanted));
      }),
    );
    const rows = opened.flat();
    const expected = this.pack.days.find((one) => one.day === day)?.events;
    if (types === STORE_TYPES && !wanted && rows.length !== expected) throw new DamagedError();
    return rows;
  }

  /** The number of an address; `undefined` when nothing of it is here. Few texts are opened: those of a host are sorted. */
  async addressOf(url: string): Promise<number | undefined> {
    const wanted = url.toWellFormed();
    const outline = await this.outline();
    const { terms, firstAddresses } = await decoding(() => outline.hosts());
    const host = terms.indexOf(siteTerm(hostOf(wanted)));
    if (host < 0) return undefined;
    let [from, to] = [firstAddresses[host] as number, firstAddresses[host + 1] as number];
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      const [found = ''] = await this.urls([middle]);
      if (found === wanted) return middle;
      if (found < wanted) from = middle + 1;
      else to = middle;
    }
    return undefined;
  }

  /** Of addresses, in their order. */
  async urls(addresses: readonly number[]): Promise<string[]> {
    const texts = await this.#texts();
    return decoding(() => Promise.all(addresses.map(async (one) => (await texts.read(one)).url)));
  }

  /**
   * Events of rows, oldest first. `whole`: the texts of the whole pack are opened, which pays when many days are read.
   * `unlinked`: without where they came from or lead to, which finding does not ask for.
   */
  async events(
    rows: readonly SegmentRow[],
    { whole = false, unlinked = false } = {},
  ): Promise<InteractionEvent[]> {
    const byAddress = new Map<number, AddressTexts>();
    let textsOf = (address: number): AddressTexts => {
      const texts = byAddress.get(address);
      if (!texts) throw new RangeError('no such address');
      return texts;
    };
    if (whole) {
      const all = await this.#allTexts();
      textsOf = (address) => {
        const texts = all[address];
        if (!texts) throw new RangeError('no such address');
        return texts;
      };
    } else {
      const texts = await this.#texts();
      const asked = new Set<number>();
      for (const { address, link } of rows) {
        if (address >= 0) asked.add(address);
        if (link >= 0 && !unlinked) asked.add(link);
      }
      await decoding(() =>
        Promise.all([...asked].map(async (one) => byAddress.set(one, await texts.read(one)))),
      );
    }
    const events = await decoding(() => rows.map((row) => eventOf(row, textsOf, unlinked)));
    return events.sort(compareEvents);
  }
}

const sizeOf = (piece: Bytes): number => (piece.length < SIZE_BYTES ? 0 : new ByteReader(piece).u32());

const sized = <T extends { readonly sizeBytes: number }>(value: T) => ({ value, sizeBytes: value.sizeBytes });

/** What one step changes of packs. Its parts happen together or not at all. */
export interface PackChange {
  readonly remove: readonly PackRow[];
  readonly add: readonly SealedPack[];
  /** Journal rows that are in the packs now. */
  readonly journal: readonly number[];
}

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
  'tables',
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
    const [interactions, packs, tables] = [
      tx.objectStore('interactions'),
      tx.objectStore('packs'),
      tx.objectStore('tables'),
    ];
    for (const n of change.journal) ask(tx.objectStore('journal').delete(n));
    for (const { userId, date, seq, days } of change.remove) {
      for (const { day } of days)
        for (const type of STORE_TYPES) ask(interactions.delete([userId, day, type, seq]));
      ask(tables.delete(IDBKeyRange.bound([userId, date, seq], [userId, date, seq, []])));
      ask(packs.delete([userId, date, seq]));
    }
    // `add`: if something else wrote this pack meanwhile, this transaction fails as a whole.
    for (const one of change.add) {
      ask(packs.add(one.pack));
      for (const block of one.blocks) ask(interactions.add(block));
      for (const table of one.tables) ask(tables.add(table));
    }
    await also?.(tx, ask);
  });
}
