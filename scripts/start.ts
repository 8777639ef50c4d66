/**
 * `npm start [-- --demo] [-- --browser firefox]`: builds the extension and opens it in a browser, with a sync service
 * beside it. With `--demo`, or without a screen: two browsers record, sync and find by themselves, and report.
 */
import { type BrowserName, ensureBrowsers, howToInstall } from './browsers.mjs';
import { buildTarget, describeBuild } from './build.ts';
import { createCleanup } from './cleanup.ts';
import { runDemo } from './demo.ts';
import { runSession } from './session.ts';

const hasScreen = process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

/** @throws Error when no browser is there, or not the one that was asked for. */
function availableBrowsers(wanted: string | undefined): [BrowserName, ...BrowserName[]] {
  const found = ensureBrowsers();
  const names = (['chromium', 'firefox'] as const).filter((name) => found[name] !== undefined);
  if (wanted !== undefined) {
    if (wanted !== 'chromium' && wanted !== 'firefox')
      throw new Error('--browser takes chromium or firefox.');
    if (!names.includes(wanted)) throw new Error(howToInstall(wanted));
    return [wanted];
  }
  const [first, ...others] = names;
  if (first === undefined) throw new Error(`No browser was found. ${howToInstall('chromium')}`);
  return [first, ...others];
}

async function main(args: readonly string[]): Promise<void> {
  const wanted = args.includes('--browser') ? (args[args.indexOf('--browser') + 1] ?? '') : undefined;
  const isDemo = args.includes('--demo') || !hasScreen;
  if (!hasScreen && !args.includes('--demo'))
    console.log('No screen here (no DISPLAY): running the demo instead.');
  const [first, second = first] = availableBrowsers(wanted);

  const folders = { chromium: '', firefox: '' };
  for (const [name, target] of [
    ['chromium', 'chrome'],
    ['firefox', 'firefox'],
  ] as const) {
    const built = await buildTarget(target);
    folders[name] = built.folder;
    console.log(describeBuild(built));
  }
  const cleanup = createCleanup();
  try {
    if (isDemo)
      await runDemo(
        [
          { name: first, extensionDir: folders[first] },
          { name: second, extensionDir: folders[second] },
        ],
        cleanup,
      );
    else await runSession(first, folders[first], cleanup);
  } finally {
    await cleanup.run();
  }
}

try {
  await main(process.argv.slice(2));
  process.exit(0);
} catch (error) {
  console.error(`\n${(error as Error).message}`);
  process.exit(1);
}
