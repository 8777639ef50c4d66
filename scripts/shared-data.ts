/** Data for benchmarks and evaluation that is not part of the repository. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ROOT } from './root.ts';

/** Where it is looked for: `ARQ_DATA_DIR`, taken from the project's folder when relative; default `../shared/data`. */
export const sharedDataPath = (...path: readonly string[]): string =>
  join(resolve(ROOT, process.env.ARQ_DATA_DIR ?? '../shared/data'), ...path);

/** The text of one file, or `undefined` when this machine does not have it: say then what is skipped. */
export function sharedText(...path: readonly string[]): string | undefined {
  const file = sharedDataPath(...path);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
