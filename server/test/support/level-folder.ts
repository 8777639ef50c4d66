import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { openLevelStore } from '../../src/store/level.ts';
import type { Level } from '../../src/store/level-read.ts';
import type { Store } from '../../src/store/store.ts';

/** A data folder of its own for a LevelDB store. */
export interface LevelFolder {
  readonly path: string;
  open(): Promise<Store>;
  /** The rows themselves, while no store has the folder open. */
  withRows(use: (level: Level) => Promise<void>): Promise<void>;
  remove(): Promise<void>;
}

export async function newLevelFolder(): Promise<LevelFolder> {
  const path = await mkdtemp(join(tmpdir(), 'arq-store-'));
  return {
    path,
    open: () => openLevelStore(path),
    async withRows(use) {
      const level: Level = new ClassicLevel(path, { keyEncoding: 'utf8', valueEncoding: 'view' });
      await level.open();
      try {
        await use(level);
      } finally {
        await level.close();
      }
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
