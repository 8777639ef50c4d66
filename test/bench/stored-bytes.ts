/** What a profile holds for the extension on disk, folder by folder; the browser must have quit. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { BrowserName } from '../support/browser.ts';

/**
 * Below the profile. Chromium keeps IndexedDB (with its blobs) and OPFS (`File System`) apart; Firefox has one folder for
 * each origin. A test profile has no other extension and no site that stores.
 */
const PLACES: Readonly<Record<BrowserName, readonly string[]>> = {
  chromium: ['Default/IndexedDB', 'Default/File System', 'Default/Local Extension Settings'],
  firefox: ['storage/default'],
};

export interface StoredBytes {
  readonly total: number;
  /** Bytes by place, for a note. */
  readonly places: Readonly<Record<string, number>>;
}

export function storedBytes(name: BrowserName, profileDir: string): StoredBytes {
  const places: Record<string, number> = {};
  for (const place of PLACES[name]) {
    const folder = join(profileDir, place);
    if (!existsSync(folder)) continue;
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      // In Firefox other origins lie beside ours.
      if (name === 'firefox' && !relative(folder, file).startsWith('moz-extension+++')) continue;
      places[place] = (places[place] ?? 0) + statSync(file).size;
    }
  }
  return { total: Object.values(places).reduce((sum, bytes) => sum + bytes, 0), places };
}
