/**
 * The release build with one script more in its background, which runs first (in-background.ts): what is killed is what people
 * install, and the product has no line for it.
 */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserName } from '../browser.ts';
import { scriptCall } from '../page-script.ts';
import { newTemporaryFolder, removeFolder } from '../profile-folder.ts';
import { CHANNEL, killPoints, type Start } from './in-background.ts';

/** The release build for that browser. */
export const releaseDir = (name: BrowserName): string =>
  join(import.meta.dirname, '../../../dist', name === 'chromium' ? 'chrome' : 'firefox');
const SCRIPT = 'kill-points.js';

/** A page of the extension that asks for nothing and shows nothing. */
export const EMPTY_PAGE = 'kill-points.html';

export interface Instrumented {
  readonly extensionDir: string;
  /** For the next start of the browser, or of the extension. */
  configure(start: Start): void;
  /** The copy becomes the next version; resolves with its number. */
  update(): string;
  remove(): void;
}

interface Manifest {
  version: string;
  description: string;
  readonly background: { readonly service_worker?: string; readonly scripts?: readonly string[] };
}

export function instrumented(name: BrowserName): Instrumented {
  const extensionDir = newTemporaryFolder('extension');
  cpSync(releaseDir(name), extensionDir, { recursive: true });
  const file = join(extensionDir, 'manifest.json');
  const read = () => JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  const change = (patch: Partial<Manifest>) => {
    // Browsers shorten or refuse a longer description.
    if ((patch.description?.length ?? 0) > 132) throw new Error('That does not fit into a description.');
    writeFileSync(file, JSON.stringify({ ...read(), ...patch }));
  };
  const { service_worker, scripts = [] } = read().background;
  const loader = service_worker ?? scripts[0];
  if (loader === undefined) throw new Error(`The manifest of ${name} has no background.`);
  const loaderFile = join(extensionDir, loader);
  // Modules are evaluated in the order in which they are imported.
  writeFileSync(loaderFile, `import '/${SCRIPT}';\n${readFileSync(loaderFile, 'utf8')}`);
  writeFileSync(join(extensionDir, SCRIPT), scriptCall(killPoints, [CHANNEL]));
  writeFileSync(join(extensionDir, EMPTY_PAGE), '<!doctype html><title>Empty</title>');
  change({ description: '{}' });
  return {
    extensionDir,
    configure: (start) => change({ description: JSON.stringify(start) }),
    update() {
      const [major, minor, patch = 0] = read().version.split('.').map(Number);
      const version = `${major}.${minor}.${patch + 1}`;
      change({ version });
      return version;
    },
    remove: () => removeFolder(extensionDir),
  };
}
