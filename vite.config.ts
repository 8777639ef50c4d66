/// <reference types="vitest/config" />
import { availableParallelism } from 'node:os';
import { crx, type ManifestV3Export } from '@crxjs/vite-plugin';
import { defineConfig } from 'vite';
import manifest from './manifest.json' with { type: 'json' };
import { manifestFor, type Target, type Variant } from './scripts/manifest-for.ts';
import { passphraseBundle } from './scripts/passphrase-bundle.ts';
import { popupBundle } from './scripts/popup-bundle.ts';

// ARQ_TARGET picks the browser; ARQ_VARIANT picks a test build (see scripts/manifest-for.ts); a release build has none.
const target = (process.env.ARQ_TARGET ?? 'chrome') as Target;
const variant = (process.env.ARQ_VARIANT ?? 'release') as Variant;
const outDir = variant === 'release' ? `dist/${target}` : `dist/${target}-${variant}`;

const BROWSERS = ['chrome137', 'firefox140'];

export default defineConfig({
  plugins: process.env.VITEST
    ? []
    : [
        crx({
          manifest: manifestFor(manifest, target, variant) as unknown as ManifestV3Export,
          browser: target,
        }),
        popupBundle(outDir, BROWSERS),
        passphraseBundle(outDir, BROWSERS),
      ],
  build: {
    outDir,
    emptyOutDir: true,
    target: BROWSERS,
    // Module preload would inject inline-free helper code that the extension never needs.
    modulePreload: false,
    rollupOptions: {
      // Constants would be copied to each place that names them: of the public suffix list's text, three times 68 KB that
      // every start of the background parses.
      optimization: { inlineConst: false },
      input: {
        onboarding: 'src/onboarding/index.html',
        ...(variant === 'bench' ? { bench: 'test/bench/page/index.html' } : {}),
      },
      // A chunk of its own, or the chunks that the background shares with pages would be evaluated before that line.
      ...(variant === 'bench'
        ? { output: { codeSplitting: { groups: [{ name: 'first-line', test: /first-line\.ts$/ }] } } }
        : {}),
    },
  },
  // The workers of the `bench` variant are modules; the extension itself has none.
  worker: { format: 'es' },
  test: {
    // All cores: vitest itself leaves one idle, which is half of a small machine.
    maxWorkers: availableParallelism(),
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          // Against what hangs: no test means to measure, and some machines are ten times slower than others.
          testTimeout: 180_000,
          hookTimeout: 60_000,
          include: ['test/unit/**/*.test.ts', 'test/contract/**/*.test.ts', 'test/*.test.ts'],
          environment: 'node',
          sequence: { shuffle: { tests: true, files: true } },
        },
      },
      {
        extends: true,
        test: {
          name: 'service',
          include: ['server/test/**/*.test.ts'],
          environment: 'node',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          environment: 'node',
          testTimeout: 240_000,
          hookTimeout: 120_000,
          sequence: { concurrent: false },
        },
      },
    ],
  },
});
