/** `npm run package`: one zip per store in dist/, the same bytes for the same sources. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import { buildTarget, filesIn } from './build.ts';
import type { Target } from './manifest-for.ts';
import { isMain, ROOT } from './root.ts';

// The zip format's first day (its times begin in 1980, in local time without a zone).
const FIXED_TIME = new Date(1980, 0, 1);

/** A zip of a folder that depends on names and contents only: sorted, one fixed time, no attributes of the machine. */
export function zipFolder(folder: string): Uint8Array {
  const entries: Zippable = {};
  for (const path of filesIn(folder)) {
    entries[relative(folder, path).split(sep).join('/')] = [
      readFileSync(path),
      { mtime: FIXED_TIME, level: 9 },
    ];
  }
  return zipSync(entries);
}

/** Builds for a store and writes `dist/arq-context-VERSION-TARGET.zip`. Returns its path. */
export async function packageTarget(target: Target): Promise<string> {
  const { folder } = await buildTarget(target, 'store');
  const { version } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as { version: string };
  const path = join(ROOT, 'dist', `arq-context-${version}-${target}.zip`);
  writeFileSync(path, zipFolder(folder));
  return path;
}

if (isMain(import.meta.url)) {
  try {
    for (const target of ['chrome', 'firefox'] as const) {
      const path = await packageTarget(target);
      const bytes = readFileSync(path);
      const hash = createHash('sha256').update(bytes).digest('hex');
      console.log(`${relative(ROOT, path)}: ${(bytes.length / 1024).toFixed(1)} KiB, sha256 ${hash}`);
    }
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
