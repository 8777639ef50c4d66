/**
 * The thread that derives keys from passphrases, as one script beside the pages: the popup is one script too, and should load
 * this only when somebody types a passphrase.
 */
import { join } from 'node:path';
import { build, type Plugin } from 'vite';
import { PASSPHRASE_SCRIPT } from '../src/ui/passphrase-script.ts';
import { ROOT } from './root.ts';

export function passphraseBundle(outDir: string, target: readonly string[]): Plugin {
  return {
    name: 'arq-passphrase-bundle',
    apply: 'build',
    enforce: 'post',
    async closeBundle() {
      await build({
        root: ROOT,
        configFile: false,
        logLevel: 'error',
        publicDir: false,
        build: {
          outDir,
          emptyOutDir: false,
          target: [...target],
          copyPublicDir: false,
          rollupOptions: {
            input: join(ROOT, 'src/ui/passphrase-worker.ts'),
            output: { format: 'iife', entryFileNames: PASSPHRASE_SCRIPT },
          },
        },
      });
    },
  };
}
