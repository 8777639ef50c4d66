/** A module with all that it imports as one script, for a page of a test. */
import { build } from 'vite';
import { ROOT } from '../../scripts/root.ts';

/**
 * @param entry from the root of the repository.
 * @param alias packages that stand for modules of Node.
 * @throws Error when it does not build.
 */
export async function pageBundle(
  entry: string,
  alias: Readonly<Record<string, string>> = {},
): Promise<string> {
  const built = await build({
    configFile: false,
    root: ROOT,
    publicDir: false,
    logLevel: 'warn',
    resolve: { alias },
    build: {
      write: false,
      minify: false,
      target: ['chrome137', 'firefox140'],
      lib: { entry, formats: ['es'], fileName: 'page' },
      // One script, whatever its parts would load later.
      rollupOptions: { output: { codeSplitting: false } },
    },
  });
  const [output] = (Array.isArray(built) ? built : [built]) as { output: readonly { code?: string }[] }[];
  const code = output?.output.map((chunk) => chunk.code ?? '').join('\n');
  if (!code) throw new Error(`${entry} gave no script.`);
  return code;
}
