/**
 * The popup as one script and one style sheet, so that opening it waits for two files and for nothing that they would name in
 * turn. It is built a second time, apart from the other pages, with which it would share chunks; and on the browser's own
 * API, which answers with promises in both browsers (Chromium in Manifest V3), instead of the polyfill.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'vite';
import { ROOT } from './root.ts';

const PAGE = 'src/popup/index.html';
const SCRIPT = 'popup.js';
const STYLE = 'popup.css';

/** The built page with its tags replaced; the scripts that it loaded before. */
export function withOneBundle(page: string): { readonly page: string; readonly replaced: readonly string[] } {
  const replaced: string[] = [];
  const bare = page
    .replace(/\s*<script[^>]+src="\/?([^"]+)"[^>]*><\/script>/g, (_tag, src: string) => {
      replaced.push(src);
      return '';
    })
    .replace(/\s*<link[^>]+rel="(?:stylesheet|modulepreload)"[^>]*>/g, '');
  const tags = `    <link rel="stylesheet" href="/${STYLE}" />\n    <script defer src="/${SCRIPT}"></script>\n`;
  return { page: bare.replace('</head>', `${tags.trimStart().replace(/^/, '  ')}  </head>`), replaced };
}

/** A module that imports what the page of the source names, style sheets first. */
function entryOf(page: string): string {
  const named = [...page.matchAll(/<(?:link[^>]+href|script[^>]+src)="([^"]+)"/g)].map(
    ([, path]) => path ?? '',
  );
  return named.map((path) => `import ${JSON.stringify(join(ROOT, PAGE, '..', path))};`).join('\n');
}

const NATIVE_API = 'export default globalThis.browser ?? globalThis.chrome;';

/** Modules that are written here and not in a file. */
const written = (modules: Readonly<Record<string, () => string>>): Plugin => ({
  name: 'arq-written-modules',
  enforce: 'pre',
  resolveId: (id) => (id in modules ? `\0${id}` : null),
  load: (id) => modules[id.slice(1)]?.() ?? null,
});

const ENTRY = 'virtual:popup';

/** Runs after all else of a build is written, and puts the one script and the one style sheet in place of the many. */
export function popupBundle(outDir: string, target: readonly string[]): Plugin {
  return {
    name: 'arq-popup-bundle',
    apply: 'build',
    enforce: 'post',
    async closeBundle() {
      await build({
        root: ROOT,
        configFile: false,
        logLevel: 'error',
        plugins: [
          written({
            [ENTRY]: () => entryOf(readFileSync(join(ROOT, PAGE), 'utf8')),
            'webextension-polyfill': () => NATIVE_API,
          }),
        ],
        publicDir: false,
        build: {
          outDir,
          emptyOutDir: false,
          target: [...target],
          cssCodeSplit: false,
          copyPublicDir: false,
          modulePreload: false,
          rollupOptions: {
            input: ENTRY,
            output: {
              format: 'iife',
              entryFileNames: SCRIPT,
              assetFileNames: (asset) =>
                asset.names.some((name) => name.endsWith('.css')) ? STYLE : '[name][extname]',
            },
          },
        },
      });
      const path = join(outDir, PAGE);
      const { page, replaced } = withOneBundle(readFileSync(path, 'utf8'));
      writeFileSync(path, page);
      for (const script of replaced) rmSync(join(outDir, script), { force: true });
    },
  };
}
