import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder for what a browser keeps; `name` shows in it, so that a leftover explains itself. */
export const newTemporaryFolder = (name: string): string => mkdtempSync(join(tmpdir(), `arq-${name}-`));

/** Removes a folder for good. A browser that just ended may still write: tries for two seconds. */
export const removeFolder = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
