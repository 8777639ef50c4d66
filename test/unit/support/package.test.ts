import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterEach, expect, test } from 'vitest';
import { zipFolder } from '../../../scripts/package.ts';
import { newTemporaryFolder, removeFolder } from '../../support/profile-folder.ts';

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach(removeFolder));

function folderWith(names: readonly string[], writtenAt: Date): string {
  const folder = newTemporaryFolder('zip');
  folders.push(folder);
  mkdirSync(join(folder, 'sub'));
  for (const name of names) {
    writeFileSync(join(folder, name), `content of ${name}`);
    utimesSync(join(folder, name), writtenAt, writtenAt);
  }
  return folder;
}

test('the same files give the same bytes, whenever and in whatever order they were written', () => {
  const one = folderWith(['b.js', 'a.js', 'sub/c.css'], new Date('2026-01-01'));
  const other = folderWith(['sub/c.css', 'a.js', 'b.js'], new Date('2020-06-01'));
  expect(zipFolder(one)).toEqual(zipFolder(other));
});

test('the zip holds every file under its path with slashes', () => {
  const entries = unzipSync(zipFolder(folderWith(['a.js', 'sub/c.css'], new Date())));
  expect(Object.keys(entries)).toEqual(['a.js', 'sub/c.css']);
  expect(Buffer.from(entries['sub/c.css'] ?? []).toString()).toBe('content of sub/c.css');
});
