/** The rules of ARCHITECTURE.md, checked on every file, and the rules themselves, checked on bad code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MESSAGES } from '../src/messaging/messages.ts';
import { LAYERS, violationsOf } from './support/architecture-rules.ts';
import { sourceFacts } from './support/source-facts.ts';

const ROOT = join(import.meta.dirname, '..');

/** Where a rule does not hold, and why that is right. An entry that is no longer needed fails the test below. */
const EXCEPTIONS: readonly { readonly file: string; readonly rule: string; readonly reason: string }[] = [];

const sourceFiles = ['src', 'server/src'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => `${folder}/${name.split(sep).join('/')}`),
);
const violations = sourceFiles.flatMap((file) => violationsOf(file, readFileSync(join(ROOT, file), 'utf8')));
const isExcepted = ({ file, rule }: { file: string; rule: string }) =>
  EXCEPTIONS.some((exception) => exception.file === file && exception.rule === rule);

describe('the source', () => {
  test('keeps every rule', () => {
    const lines = violations.filter((violation) => !isExcepted(violation));
    expect(lines.map(({ file, line, rule, what }) => `${file}:${line} ${what} (${rule})`)).toEqual([]);
  });

  test('needs every exception that is listed', () => {
    const needed = EXCEPTIONS.filter(({ file, rule }) =>
      violations.some((v) => v.file === file && v.rule === rule),
    );
    expect(needed).toEqual(EXCEPTIONS);
  });

  test('was read: there are files in most layers', () => {
    const folders = new Set(sourceFiles.map((file) => file.split('/')[1]));
    expect(sourceFiles.length).toBeGreaterThan(40);
    expect([...folders].filter((folder) => folder !== undefined && folder in LAYERS).length).toBeGreaterThan(
      10,
    );
  });
});

/** A file of `src`, all that it imports, and what these import, at once or later. Packages by their names. */
function reachedFrom(entry: string, seen = new Set<string>()): Set<string> {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  if (!/\.tsx?$/.test(entry) || !entry.startsWith('src/')) return seen;
  const { imports } = sourceFacts(entry, readFileSync(join(ROOT, entry), 'utf8'));
  for (const { specifier } of imports)
    reachedFrom(specifier.startsWith('.') ? posix.join(posix.dirname(entry), specifier) : specifier, seen);
  return seen;
}

describe('what is large', () => {
  // 25 KB for the words of a recovery phrase, 11 KB compressed: for the pages that show or ask for one.
  test.each(['src/background/main.ts', 'src/content/observe.iife.ts', 'src/popup/main.tsx'])(
    'is not reached from %s',
    (entry) => {
      const reached = [...reachedFrom(entry)];
      expect(reached.length).toBeGreaterThan(2);
      expect(reached.filter((name) => /^@scure|crypto\/phrase\.ts$|^hash-wasm/.test(name))).toEqual([]);
    },
  );

  test('is found where it is reached', () => {
    expect(reachedFrom('src/crypto/phrase.ts')).toContain('@scure/bip39/wordlists/english.js');
  });
});

describe('the rules find', () => {
  const bad: readonly (readonly [rule: string, file: string, source: string])[] = [
    ['layers', 'src/model/a.ts', "import { x } from '../storage/x.ts'; x();"],
    ['layers', 'src/platform/a.ts', "import type { X } from '../model/x.ts'; export type Y = X;"],
    ['layers', 'src/base/a.ts', "export { x } from '../model/x.ts';"],
    ['layers', 'src/base/a.ts', "export * from '../model/x.ts';"],
    ['layers', 'src/sync/a.ts', "import '../lifecycle/x.ts';"],
    ['layers', 'src/capture/a.ts', "export type X = import('../storage/x.ts').X;"],
    ['layers', 'src/capture/a.ts', "export const x = () => import('../background/x.ts');"],
    ['layers', 'src/background/services/a.ts', "import { x } from '../../popup/x.ts'; x();"],
    ['layers', 'src/utils/a.ts', 'export const a = 1;'],
    [
      'the extension imports only from src',
      'src/sync/a.ts',
      "import { x } from '../../server/src/x.ts'; x();",
    ],
    [
      'the service imports only base and protocol',
      'server/src/a.ts',
      "import { x } from '../../src/crypto/x.ts'; x();",
    ],
    [
      'the service imports only base and protocol',
      'server/src/routes/a.ts',
      "import { x } from '../../../test/x.ts'; x();",
    ],
    [
      'extension API only in platform',
      'src/background/a.ts',
      "import browser from 'webextension-polyfill'; browser.x();",
    ],
    ['extension API only in platform', 'src/background/a.ts', 'chrome.runtime.id;'],
    ['extension API only in platform', 'src/background/a.ts', 'globalThis.browser.tabs;'],
    ['document only in views', 'src/sync/a.ts', 'export const t = () => document.title;'],
    ['document only in views', 'src/background/a.ts', "typeof window === 'undefined';"],
    ['IndexedDB only in storage', 'src/sync/a.ts', 'indexedDB.open("x");'],
    ['IndexedDB only in storage', 'src/background/a.ts', "import { openDB } from 'idb'; openDB('x');"],
    ['WebCrypto only in crypto', 'src/protocol/a.ts', "crypto.subtle.digest('SHA-256', new Uint8Array());"],
    ['WebCrypto only in crypto', 'src/storage/a.ts', 'const { subtle } = crypto; subtle;'],
    ['WebCrypto only in crypto', 'src/storage/a.ts', 'globalThis.crypto.randomUUID();'],
    ['WebCrypto only in crypto', 'src/base/random.ts', 'crypto.subtle;'],
    ['WebCrypto only in crypto', 'server/src/store.ts', "crypto['subtle'];"],
    ['network only in the transport', 'src/background/a.ts', "await fetch('http://x');"],
    ['network only in the transport', 'src/sync/plan.ts', "new WebSocket('ws://x');"],
    ['clock only in base/clock', 'src/sync/a.ts', 'export const now = () => Date.now();'],
    ['clock only in base/clock', 'src/sync/a.ts', 'export const now = Date.now;'],
    ['clock only in base/clock', 'server/src/a.ts', 'new Date();'],
    [
      'clock only in base/clock',
      'src/ui/a.tsx',
      "export const A = () => <p>don't {String(new Date())} won't</p>;",
    ],
    ['no Node in the extension', 'src/sync/a.ts', "import { join } from 'node:path'; join();"],
    ['named exports only', 'src/ui/a.ts', 'export default 1;'],
    ['named exports only', 'server/src/a.ts', 'const a = 1; export { a as default };'],
  ];
  test.each(bad)('%s: %s: %s', (rule, file, source) => {
    expect(violationsOf(file, source).map((violation) => violation.rule)).toContain(rule);
  });

  const good: readonly (readonly [file: string, source: string])[] = [
    ['src/storage/a.ts', "import { x } from '../crypto/x.ts'; import { y } from './y.ts'; x(y, indexedDB);"],
    [
      'src/sync/a.ts',
      "import { parse } from 'tldts'; // Date.now() in a comment\nparse('document.window chrome fetch( crypto.subtle');",
    ],
    ['src/sync/a.ts', 'export const title = (document: { title: string }) => document.title;'],
    ['src/sync/a.ts', 'export interface X { window: number; browser: string; document?: Document }'],
    [
      'src/sync/a.ts',
      'export const x = { window: 1, chrome: 2 }.window + y.browser.fetch(); declare const y: any;',
    ],
    ['src/model/a.ts', 'export const day = (ms: number) => new Date(ms).toISOString() + Date.parse("x");'],
    ['src/sync/transport-http.ts', "export const get = () => fetch('https://x');"],
    ['src/base/random.ts', 'crypto.getRandomValues(new Uint8Array(1));'],
    ['src/base/clock.ts', 'Date.now();'],
    [
      'src/options/a.tsx',
      "import { ask } from '../messaging/client.ts'; export const A = () => <p>{document.title}{ask()}</p>;",
    ],
    ['server/src/auth/verify.ts', "import { x } from '../../../src/protocol/x.ts'; crypto.subtle.verify(x);"],
    [
      'server/src/a.ts',
      "import { readFileSync } from 'node:fs'; import { b } from './b.ts'; readFileSync(b);",
    ],
  ];
  test.each(good)('nothing wrong in %s: %s', (file, source) => {
    expect(violationsOf(file, source)).toEqual([]);
  });

  test('the line of a violation', () => {
    expect(violationsOf('src/sync/a.ts', '// one\n\nexport const t = () => Date.now();')).toMatchObject([
      { line: 3, what: 'Date.now' },
    ]);
  });
});

describe('docs/messages.md', () => {
  const rows = readFileSync(join(ROOT, 'docs/messages.md'), 'utf8').matchAll(
    /^\| `([a-z.-]+)` \| (page|content) \|/gm,
  );
  const documented = Object.fromEntries([...rows].map(([, type = '', from]) => [type, from]));

  test('names every message and who may send it, and no other', () => {
    expect(documented).toEqual(
      Object.fromEntries(Object.entries(MESSAGES).map(([type, { from }]) => [type, from])),
    );
  });

  test('and every message has a parser that refuses what it does not know', () => {
    for (const [type, { body }] of Object.entries(MESSAGES)) {
      const result = body['~standard'].validate({ unheardOf: 1 });
      expect(result, type).toHaveProperty('issues');
    }
  });
});
