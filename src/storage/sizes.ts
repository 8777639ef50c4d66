/** How many bytes the store holds, by row headers where they tell and by rows where not. */
import type { Database } from './database.ts';
import type { Derived } from './derived.ts';
import { rangeOfAll } from './packs.ts';

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

/** Sealed bytes, without what the browser's database adds. */
export async function storeSizes(db: Database, derived: Derived, userId: string): Promise<StoreSizes> {
  const boxes = async (store: 'journal' | 'profiles' | 'outbox'): Promise<number> => {
    let sum = 0;
    for (let at = await db.transaction(store).store.openCursor(); at; at = await at.continue())
      if ('box' in at.value) sum += at.value.box.length;
    return sum;
  };
  return {
    packs: (await db.getAll('packs', rangeOfAll(userId))).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    journal: await boxes('journal'),
    derived: await derived.sizeBytes(),
    profiles: await boxes('profiles'),
    outbox: await boxes('outbox'),
  };
}
