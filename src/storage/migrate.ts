/** Data of schema version 1, whose segments were JSON, becomes packs; day by day, so that it can be interrupted. */
import type { Day } from '../base/clock.ts';
import { open } from '../crypto/envelope.ts';
import type { InteractionEvent } from '../model/interaction.ts';
import { decodeEvents } from './codec.ts';
import { DamagedError, type Database } from './database.ts';
import { planAddition } from './packing.ts';
import { rangeOfDay, writeChange } from './packs.ts';
import { type BlockRow, type PackRow, TO_MIGRATE } from './schema.ts';
import { eventsOf, rowAad, type Vault } from './vault.ts';

export async function migrate(db: Database, vault: Vault): Promise<void> {
  if ((await db.get('metadata', TO_MIGRATE)) === undefined) return;
  const all = IDBKeyRange.bound([vault.userId], [vault.userId, []]);
  const days = new Set((await db.getAllKeys('interactions', all)).map(([, day]) => day));
  for (const day of days) await migrateDay(db, vault, day);
  await db.delete('metadata', TO_MIGRATE);
}

async function migrateDay(db: Database, vault: Vault, day: Day): Promise<void> {
  const range = rangeOfDay(vault.userId, day);
  const packed = new Set((await db.getAll('packs', range)).map(({ seq }) => seq));
  const old = (await db.getAll('interactions', range)).filter(({ seq }) => !packed.has(seq));
  if (old.length === 0) return;
  const events: InteractionEvent[] = [];
  const moved = new Set<number>();
  for (const row of old) {
    try {
      events.push(...(await openSegment(vault, row)));
      moved.add(row.seq);
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
    }
  }
  const { change } = await planAddition(db, vault, day, events, []);
  const gone = [...moved].map((seq) => ({ userId: vault.userId, date: day, seq }) as PackRow);
  await writeChange(db, { ...change, remove: [...change.remove, ...gone] });
}

async function openSegment(vault: Vault, row: BlockRow): Promise<InteractionEvent[]> {
  const key = await vault.key(eventsOf(row.date), row.generation);
  const opened = await open(
    key.aead,
    row.box,
    rowAad(vault.userId, 'interactions', row.date, row.type, row.seq),
  );
  if (!opened.ok) throw new DamagedError();
  return decodeEvents(opened.plaintext);
}
