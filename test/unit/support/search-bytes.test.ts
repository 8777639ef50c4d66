import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tableBlocks, unsnappy } from '../../support/leveldb-blocks.ts';
import { newTemporaryFolder, removeFolder } from '../../support/profile-folder.ts';
import { filesBelow, searchFolder } from '../../support/search-bytes.ts';

let folder: string;
beforeEach(() => {
  folder = newTemporaryFolder('search');
});
afterEach(() => removeFolder(folder));

describe('searching a folder', () => {
  test.each(['utf8', 'utf16le'] as const)(
    'finds a text as %s at its offset, in nested folders',
    (encoding) => {
      mkdirSync(join(folder, 'a/b'), { recursive: true });
      const file = join(folder, 'a/b/data.bin');
      writeFileSync(file, Buffer.concat([Buffer.from([0, 255, 7]), Buffer.from('größe-zolquim', encoding)]));
      expect(searchFolder(folder, ['größe-zolquim'])).toEqual([
        { file, offset: 3, text: 'größe-zolquim', encoding },
      ]);
    },
  );

  test('finds big-endian UTF-16', () => {
    writeFileSync(join(folder, 'x'), Buffer.from([0x01, 0x02, 0x00, 0x61, 0x67, 0x71]));
    expect(searchFolder(folder, ['a東'])).toMatchObject([{ offset: 2, encoding: 'utf16be' }]);
  });

  test('finds nothing where nothing is', () => {
    writeFileSync(join(folder, 'x'), 'zolqui m');
    expect(searchFolder(folder, ['zolquim'])).toEqual([]);
  });

  test('refuses an empty text, which would be found everywhere', () => {
    expect(() => searchFolder(folder, ['a', ''])).toThrow('empty');
  });

  test('reports every text of a file', () => {
    writeFileSync(join(folder, 'x'), 'one two');
    expect(searchFolder(folder, ['two', 'one', 'three']).map(({ text }) => text)).toEqual(['two', 'one']);
  });
});

describe('LevelDB tables', () => {
  /** Values that repeat their own parts, so that snappy stores later ones as references. */
  async function writeTable(): Promise<void> {
    const db = new ClassicLevel(join(folder, 'db'), { compression: true });
    await db.open();
    for (let i = 0; i < 2_000; i++)
      await db.put(`key-${String(i).padStart(5, '0')}`, `prefix-abcd-efgh-${i % 7}-suffix`);
    await db.put('key-99999', 'abcd-suffix-efgh-prefix');
    await db.compactRange('key-', 'key-~');
    await db.close();
  }

  test('are searched decompressed: a text made of repeated parts is found only there', async () => {
    await writeTable();
    const hits = searchFolder(folder, ['abcd-suffix-efgh-prefix']).filter(({ file }) =>
      file.endsWith('.ldb'),
    );
    expect(hits.length).toBeGreaterThan(0);
    expect(hits.every(({ block }) => block !== undefined)).toBe(true);
  });

  test('give back every value', async () => {
    await writeTable();
    const tables = filesBelow(folder).filter((file) => file.endsWith('.ldb'));
    const { readFileSync } = await import('node:fs');
    const text = tables
      .flatMap((file) => tableBlocks(readFileSync(file)) ?? [])
      .map(String)
      .join('');
    expect(text.match(/-suffix/g)?.length).toBe(2_001);
  });

  test('other files are no tables', () => {
    expect(tableBlocks(Buffer.alloc(100))).toBeNull();
    expect(tableBlocks(Buffer.alloc(3))).toBeNull();
  });
});

describe('snappy', () => {
  test('a literal and an overlapping copy', () => {
    // 9 bytes: literal "ab", then 7 bytes from 2 back.
    expect(String(unsnappy(Buffer.from([9, 0b100, 0x61, 0x62, 0b01101, 2])))).toBe('ababababa');
  });
});
