/** The rules of ARCHITECTURE.md as code: which folder may import and use what. Pure; the test feeds it files. */
import { posix } from 'node:path';
import { type GlobalUse, type SourceFacts, sourceFacts } from './source-facts.ts';

/** A folder of `src` imports from lower layers or from itself. */
export const LAYERS: Readonly<Record<string, number>> = {
  base: 0,
  model: 1,
  crypto: 1,
  protocol: 1,
  platform: 1,
  storage: 2,
  capture: 2,
  learning: 2,
  context: 3,
  sync: 3,
  lifecycle: 3,
  messaging: 2,
  ui: 3,
  background: 4,
  library: 4,
  content: 4,
  popup: 4,
  options: 4,
  onboarding: 4,
  sidepanel: 4,
};

/** The only folders of `src` that the service may import, so that it cannot import decryption even by mistake. */
const SERVER_MAY_IMPORT = ['base', 'protocol'];

export interface Violation {
  readonly rule: string;
  /** From the repository's root, with slashes. */
  readonly file: string;
  readonly line: number;
  readonly what: string;
}

/** A place that a rule allows: a folder (with a slash at the end), a file, or the start of a file's path. */
type Place = string;
const isIn = (file: string, places: readonly Place[]): boolean =>
  places.some((place) => file.startsWith(place));

interface GlobalRule {
  readonly rule: string;
  readonly roots: readonly ('src/' | 'server/src/')[];
  readonly allowed: readonly Place[];
  readonly matches: (use: GlobalUse, file: string) => boolean;
}

const VIEWS = ['src/content/', 'src/popup/', 'src/options/', 'src/onboarding/', 'src/sidepanel/', 'src/ui/'];
const named =
  (...names: readonly string[]) =>
  (use: GlobalUse) =>
    names.includes(use.name);
/** `Date()` ignores its arguments; `new Date(ms)` and `Date.parse` do not read the clock. */
const readsClock = (use: GlobalUse): boolean =>
  use.name === 'Date' && (use.member === 'now' || use.newArguments === 0 || use.callArguments !== undefined);

const GLOBAL_RULES: readonly GlobalRule[] = [
  {
    rule: 'extension API only in platform',
    roots: ['src/'],
    allowed: ['src/platform/'],
    matches: named('browser', 'chrome'),
  },
  { rule: 'document only in views', roots: ['src/'], allowed: VIEWS, matches: named('document', 'window') },
  {
    rule: 'IndexedDB only in storage',
    roots: ['src/'],
    allowed: ['src/storage/'],
    matches: named('indexedDB', 'IDBKeyRange'),
  },
  {
    rule: 'WebCrypto only in crypto',
    roots: ['src/', 'server/src/'],
    allowed: ['src/crypto/', 'server/src/auth'],
    // Randomness has a place of its own, so that tests can repeat it.
    matches: (use, file) =>
      use.name === 'crypto' && !(file === 'src/base/random.ts' && use.member === 'getRandomValues'),
  },
  {
    rule: 'network only in the transport',
    roots: ['src/'],
    allowed: ['src/sync/transport'],
    matches: named('fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'WebTransport'),
  },
  {
    rule: 'clock only in base/clock',
    roots: ['src/', 'server/src/'],
    allowed: ['src/base/clock.ts'],
    matches: readsClock,
  },
];

const PACKAGE_RULES: readonly {
  readonly rule: string;
  readonly specifier: RegExp;
  readonly allowed: readonly Place[];
}[] = [
  {
    rule: 'extension API only in platform',
    specifier: /^webextension-polyfill$/,
    allowed: ['src/platform/'],
  },
  { rule: 'IndexedDB only in storage', specifier: /^(idb|dexie)(\/|$)/, allowed: ['src/storage/'] },
  { rule: 'no Node in the extension', specifier: /^node:/, allowed: ['server/'] },
];

/** Everything that is wrong with one file. `file` is its path from the repository's root. */
export function violationsOf(file: string, source: string): Violation[] {
  const facts = sourceFacts(file, source);
  const folder = file.split('/')[1] ?? '';
  const unknown = file.startsWith('src/') && LAYERS[folder] === undefined;
  return [
    ...(unknown ? [{ rule: 'layers', file, line: 1, what: `src/${folder} is in no layer` }] : []),
    ...importViolations(file, facts),
    ...facts.globals.flatMap((use) =>
      GLOBAL_RULES.filter(
        ({ roots, allowed, matches }) => isIn(file, roots) && !isIn(file, allowed) && matches(use, file),
      ).map(({ rule }) => ({
        rule,
        file,
        line: use.line,
        what: use.member === undefined ? use.name : `${use.name}.${use.member}`,
      })),
    ),
    ...facts.defaultExportLines.map((line) => ({
      rule: 'named exports only',
      file,
      line,
      what: 'default export',
    })),
  ];
}

function importViolations(file: string, { imports }: SourceFacts): Violation[] {
  return imports.flatMap(({ specifier, line }) => {
    const rules = specifier.startsWith('.')
      ? relativeImportRules(file, posix.join(posix.dirname(file), specifier))
      : PACKAGE_RULES.filter((rule) => rule.specifier.test(specifier) && !isIn(file, rule.allowed)).map(
          ({ rule }) => rule,
        );
    return rules.map((rule) => ({ rule, file, line, what: `imports ${specifier}` }));
  });
}

function relativeImportRules(file: string, target: string): string[] {
  const [toRoot, toFolder = ''] = target.split('/');
  if (file.startsWith('server/')) {
    const allowed = toRoot === 'server' || (toRoot === 'src' && SERVER_MAY_IMPORT.includes(toFolder));
    return allowed ? [] : ['the service imports only base and protocol'];
  }
  const fromFolder = file.split('/')[1] ?? '';
  if (toRoot !== 'src') return ['the extension imports only from src'];
  if (fromFolder === toFolder) return [];
  const from = LAYERS[fromFolder];
  const to = LAYERS[toFolder];
  return from !== undefined && to !== undefined && to < from ? [] : ['layers'];
}
