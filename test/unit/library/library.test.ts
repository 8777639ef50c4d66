/** The library: what is in its bundle, and that the example of its documentation runs, as it is, where it is installed. */
import 'fake-indexeddb/auto';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { IDBFactory } from 'fake-indexeddb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildLibrary, LIBRARY_FILE } from '../../../scripts/build.ts';
import { ROOT } from '../../../scripts/root.ts';
import { openContextStorage } from '../../../src/library/index.ts';
import { visitAt } from '../../support/context-profile.ts';
import { libraryExamples } from '../../support/library-examples.ts';
import { newTemporaryFolder, removeFolder } from '../../support/profile-folder.ts';
import { sourceFacts } from '../../support/source-facts.ts';

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

describe('the bundle', () => {
  /** A project that has the package installed. */
  let project: string;
  /** Where its bundle is. */
  let folder: string;
  let modules: readonly string[];
  beforeAll(async () => {
    project = newTemporaryFolder('library');
    const installed = join(project, 'node_modules', 'arq-context');
    folder = join(installed, 'dist', 'library');
    modules = await buildLibrary(folder);
    copyFileSync(join(ROOT, 'package.json'), join(installed, 'package.json'));
  }, 120_000);
  afterAll(() => removeFolder(project));

  it('has in it what it needs and nothing of the extension, the views or sync', () => {
    const packages = modules
      .filter((id) => id.includes('node_modules/'))
      .map((id) => /node_modules\/((@[^/]+\/)?[^/]+)/.exec(id)?.[1]);
    expect([...new Set(packages)].sort()).toEqual(['fflate', 'hash-wasm', 'idb', 'valibot']);
    const folders = modules.flatMap((id) => /^src\/([^/]+)\//.exec(id)?.[1] ?? []);
    expect([...new Set(folders)].sort()).toEqual([
      'base',
      'context',
      'crypto',
      'library',
      'model',
      'storage',
    ]);
  });

  it('is small, and uses no network, no document and no extension API', () => {
    const path = join(folder, LIBRARY_FILE);
    const code = readFileSync(path, 'utf8');
    // Readable on purpose, so that who embeds it can read it: what counts is what travels. A store that erases, archives and resumes.
    expect(gzipSync(code).length).toBeLessThan(72 * 1024);
    // Argon2id is asked for by who makes a key of a password: the beginning of every WebAssembly module, in base64.
    const apart = readdirSync(folder).filter((name) =>
      readFileSync(join(folder, name), 'utf8').includes('AGFzbQ'),
    );
    expect([apart.length, apart.includes(LIBRARY_FILE)]).toEqual([1, false]);
    const globals = new Set(sourceFacts(LIBRARY_FILE, code).globals.map(({ name }) => name));
    expect([...globals]).toEqual(expect.arrayContaining(['indexedDB', 'crypto']));
    const foreign = [
      'fetch',
      'XMLHttpRequest',
      'WebSocket',
      'EventSource',
      'document',
      'window',
      'chrome',
      'browser',
    ];
    expect(foreign.filter((name) => globals.has(name))).toEqual([]);
  });

  const examples = libraryExamples();

  it.each(examples.map((example, n) => [n + 1, example] as const))(
    'runs example %i of docs/library.md with what its comments say',
    async (n, { code, says }) => {
      const path = join(project, `example-${n}.mjs`);
      writeFileSync(path, code);
      const printed: unknown[] = [];
      const log = vi
        .spyOn(console, 'log')
        .mockImplementation((...words) => void printed.push(words.join(' ')));
      try {
        await import(/* @vite-ignore */ pathToFileURL(path).href);
      } finally {
        log.mockRestore();
      }
      expect(printed.filter((line) => !String(line).startsWith('days read'))).toEqual(says);
    },
  );

  it('has examples that say something', () => {
    expect(examples.map(({ says }) => says.length)).toEqual([4, 3]);
  });
});

describe('opening', () => {
  it('finds again what was there, with the default areas', async () => {
    const first = await openContextStorage();
    await first.saveInteractions([visitAt(1e12)]);
    await first.compactDatabase();
    const { userId } = first;
    await first.close();
    const second = await openContextStorage();
    expect(second.userId).toBe(userId);
    expect(await second.queryInteractions({})).toHaveLength(1);
    await second.close();
  });

  it('takes an area and a clock from the caller', async () => {
    const written: unknown[] = [];
    const storage = await openContextStorage({
      clock: { nowMs: () => 5 },
      sentinel: { read: async () => undefined, write: async (value) => void written.push(value) },
    });
    expect((await storage.currentContext()).timestamp.getTime()).toBe(5);
    expect(written).toHaveLength(1);
    expect((await indexedDB.databases()).map(({ name }) => name).sort()).toEqual([
      'arq-beside-1',
      'arq-data',
      'arq-keys-1',
    ]);
    await storage.close();
  });
});
