/** `npm run build`: the extension for both browsers and the library, in dist/. */
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { build } from 'vite';
import type { Target, Variant } from './manifest-for.ts';
import { isMain, ROOT } from './root.ts';

export interface BuiltTarget {
  /** Absolute path of the folder that a browser loads. */
  readonly folder: string;
  readonly files: number;
  readonly sizeBytes: number;
}

/** Where a build lands; the same rule as in vite.config.ts. */
export const targetFolder = (target: Target, variant: Variant = 'release'): string =>
  join(ROOT, 'dist', variant === 'release' ? target : `${target}-${variant}`);

/**
 * Builds one target with vite in a process of its own, because vite.config.ts reads the environment once. Quiet unless it
 * fails.
 * @throws Error with vite's whole output when the build fails.
 */
export async function buildTarget(target: Target, variant: Variant = 'release'): Promise<BuiltTarget> {
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
  // Vitest marks its environment, and vite.config.ts leaves the extension plugin out there.
  const { VITEST: _, ...env } = process.env;
  const child = spawn(process.execPath, [vite, 'build'], {
    cwd: ROOT,
    env: { ...env, ARQ_TARGET: target, ARQ_VARIANT: variant, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve, reject) => child.on('close', resolve).on('error', reject));
  if (code !== 0) throw new Error(`The ${target} build (${variant}) failed:\n${output}`);
  const folder = targetFolder(target, variant);
  const sizes = filesIn(folder).map((path) => statSync(path).size);
  return { folder, files: sizes.length, sizeBytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** Every file under `folder`, sorted by path. */
export function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

export const LIBRARY_FILE = 'arq-context.js';

/**
 * Builds the library (src/library) as an ES module, with what is loaded later beside it. Resolves with the ids of all modules that
 * are in it, relative to the root. @throws Error when the build fails.
 */
export async function buildLibrary(folder = join(ROOT, 'dist', 'library')): Promise<readonly string[]> {
  const built = await build({
    // The extension's own configuration is of no use here.
    configFile: false,
    root: ROOT,
    publicDir: false,
    logLevel: 'warn',
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: ['chrome137', 'firefox140'],
      lib: { entry: 'src/library/index.ts', formats: ['es'], fileName: () => LIBRARY_FILE },
    },
  });
  const outputs = (Array.isArray(built) ? built : [built]) as { output: readonly object[] }[];
  const chunks = outputs.flatMap(({ output }) => output) as { modules?: Readonly<Record<string, unknown>> }[];
  return chunks
    .flatMap(({ modules = {} }) => Object.keys(modules))
    .map((id) => relative(ROOT, id).split(sep).join('/'))
    .sort();
}

export function describeBuild({ folder, files, sizeBytes }: BuiltTarget): string {
  return `${relative(ROOT, folder)}: ${files} files, ${(sizeBytes / 1024).toFixed(1)} KiB`;
}

if (isMain(import.meta.url)) {
  try {
    for (const target of ['chrome', 'firefox'] as const)
      console.log(describeBuild(await buildTarget(target)));
    await buildLibrary();
    const folder = join(ROOT, 'dist', 'library');
    const sizes = filesIn(folder).map((path) => statSync(path).size);
    console.log(
      describeBuild({ folder, files: sizes.length, sizeBytes: sizes.reduce((sum, size) => sum + size, 0) }),
    );
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
