import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { extensionPages } from './extension-pages.ts';

export interface BuiltScript {
  readonly path: string;
  readonly sizeBytes: number;
}

/** Every script that a built popup loads: those of its page, and what they import. */
export function popupScripts(extensionDir: string): BuiltScript[] {
  const page = readFileSync(join(extensionDir, extensionPages(extensionDir).popup), 'utf8');
  const found = new Map<string, BuiltScript>();
  const follow = (path: string) => {
    if (found.has(path)) return;
    const source = readFileSync(path, 'utf8');
    found.set(path, { path, sizeBytes: Buffer.byteLength(source) });
    for (const [, imported] of source.matchAll(/(?:from|import)\s*["'](\.[^"']+)["']/g))
      if (imported !== undefined) follow(resolve(dirname(path), imported));
  };
  for (const [, src] of page.matchAll(/<script[^>]+src="\/?([^"]+)"/g))
    if (src !== undefined) follow(join(extensionDir, src));
  return [...found.values()];
}
