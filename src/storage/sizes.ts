/** How many bytes the store holds, by row headers where they tell and by rows where not. */
import type { Database } from './database.ts';
import type { Derived } from './derived.ts';
import { rangeOfAll } from './packs.ts';
import type { PackRow } from './schema.ts';

export interface StoreSizes {
  /** Packed events with the texts that finding reads. */
  readonly packs: number;
  readonly journal: number;
  /** Saved contexts and cached summaries. */
  readonly derived: number;
  /** Profile, preferences, settings. */
  readonly profiles: number;
  /** What waits to be sent. */
  readonly outbox: number;
}

type Boxes = 'journal' | 'profiles' | 'outbox';

async function boxes(db: Database, store: Boxes, rows = Number.POSITIVE_INFINITY): Promise<number> {
  let sum = 0;
  let read = 0;
  for (let at = await db.transaction(store).store.openCursor(); at; at = await at.continue()) {
    if (read >= rows) break;
    read += 1;
    if ('box' in at.value) sum += at.value.box.length;
  }
  return sum;
}

const packed = (packs: readonly PackRow[]): number =>
  packs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

/** Sealed bytes, without what the browser's database adds. */
export async function storeSizes(db: Database, derived: Derived, userId: string): Promise<StoreSizes> {
  return {
    packs: packed(await db.getAll('packs', rangeOfAll(userId))),
    journal: await boxes(db, 'journal'),
    derived: await derived.sizeBytes(),
    profiles: await boxes(db, 'profiles'),
    outbox: await boxes(db, 'outbox'),
  };
}

/** Rows of a queue that are read to know how large one is. */
const SAMPLE = 512;

/** The sum of it all, cheap enough for every minute: of long queues a part is measured, and the rest is taken to be like it. */
export async function usedBytes(db: Database, derived: Derived, packs: readonly PackRow[]): Promise<number> {
  const about = async (store: 'journal' | 'outbox') => {
    const rows = await db.count(store);
    const read = await boxes(db, store, SAMPLE);
    return rows <= SAMPLE ? read : Math.round((read * rows) / SAMPLE);
  };
  const [journal, outbox, profiles] = [
    await about('journal'),
    await about('outbox'),
    await boxes(db, 'profiles'),
  ];
  return packed(packs) + journal + outbox + profiles + (await derived.sizeBytes());
}
