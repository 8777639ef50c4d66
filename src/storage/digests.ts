/** Reading digests: of a pack that lies beside it, or as part of its month's. Opened ones are kept in the cache. */
import { type Day, dayNumber, monthOf } from '../base/clock.ts';
import type { BlockCache } from './block-cache.ts';
import { DamagedError, type Database } from './database.ts';
import type { Digest } from './format/digest.ts';
import { openMonth, ownDigest, packName } from './months.ts';
import type { PackRow } from './schema.ts';
import type { Vault } from './vault.ts';

export interface DigestSource {
  readonly db: Database;
  readonly vault: Vault;
  readonly cache: BlockCache;
  /** It is made anew from the events when there is time. */
  onDamagedDigest(month: Day): void;
}

/** The digest that has a pack, and which of its packs that is; `null` when it does not open. */
export async function digestEntry(
  source: DigestSource,
  pack: PackRow,
): Promise<{ readonly digest: Digest; readonly index: number } | null> {
  const month = monthOf(pack.date);
  try {
    const digest = await (pack.digest === 'own' ? digestOfPack(source, pack) : digestOfMonth(source, month));
    const index = digest.indexOf(dayNumber(pack.date), pack.seq);
    if (index < 0) throw new DamagedError();
    return { digest, index };
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    source.onDamagedDigest(month);
    return null;
  }
}

const digestOfPack = ({ db, vault, cache }: DigestSource, pack: PackRow): Promise<Digest> =>
  cache.get(`digest/${packName(pack)}`, async () => sized(await ownDigest(db, vault, pack)));

const digestOfMonth = ({ db, vault, cache }: DigestSource, month: Day): Promise<Digest> =>
  cache.get(`month/${month}`, async () => {
    const row = await db.get('digests', [vault.userId, month]);
    if (!row) throw new DamagedError();
    return sized(await openMonth(vault, row));
  });

const sized = (value: Digest) => ({ value, sizeBytes: value.sizeBytes });
