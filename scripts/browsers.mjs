// Finds Chromium and Firefox on this machine; on Debian and Ubuntu, as root, installs what is missing. Plain JavaScript
// without dependencies, like bootstrap.mjs. Types for the TypeScript scripts: browsers.d.mts.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

// Chromium before Chrome: since version 137 branded Chrome ignores --load-extension (the driver then asks over DevTools).
const KNOWN = {
  chromium: {
    variable: 'CHROME_PATH',
    commands: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'],
    mac: ['Chromium.app/Contents/MacOS/Chromium', 'Google Chrome.app/Contents/MacOS/Google Chrome'],
    windows: ['Chromium\\Application\\chrome.exe', 'Google\\Chrome\\Application\\chrome.exe'],
    debianPackage: 'chromium',
  },
  firefox: {
    variable: 'FIREFOX_PATH',
    commands: ['firefox-esr', 'firefox'],
    mac: ['Firefox.app/Contents/MacOS/firefox'],
    windows: ['Mozilla Firefox\\firefox.exe'],
    debianPackage: 'firefox-esr',
  },
};

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function candidates({ commands, mac, windows }) {
  if (process.platform === 'darwin') {
    const folders = ['/Applications', join(process.env.HOME ?? '', 'Applications')];
    return folders.flatMap((folder) => mac.map((name) => join(folder, name)));
  }
  if (process.platform === 'win32') {
    const folders = [process.env.ProgramFiles, process.env['ProgramFiles(x86)'], process.env.LOCALAPPDATA];
    return folders.filter(Boolean).flatMap((folder) => windows.map((name) => join(folder, name)));
  }
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin', '/snap/bin'];
  return commands.flatMap((name) => folders.filter(Boolean).map((folder) => join(folder, name)));
}

/** The program's path, or undefined. A path that was set by hand counts alone, and must exist. */
export function findBrowser(name) {
  const known = KNOWN[name];
  const chosen = process.env[known.variable];
  if (chosen) {
    if (!isProgram(chosen))
      throw new Error(`${known.variable} is ${chosen}, and that is no program that can be run.`);
    return chosen;
  }
  return candidates(known).find(isProgram);
}

/** True where `apt-get install` can work: Debian or Ubuntu, as root. */
const canInstall = () =>
  process.getuid?.() === 0 && existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');

function apt(...args) {
  console.log(`> apt-get ${args.join(' ')}`);
  const { status } = spawnSync('apt-get', args, {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return status === 0;
}

/** Finds both, installs what is missing where it can, and returns what there is. Never throws for a missing browser. */
export function ensureBrowsers() {
  const missing = () => Object.keys(KNOWN).filter((name) => findBrowser(name) === undefined);
  if (missing().length > 0 && canInstall()) {
    const packages = missing().map((name) => KNOWN[name].debianPackage);
    console.log(`Installing ${packages.join(' and ')} (about 200 MB to fetch, a few minutes).`);
    const installed = apt('update') && apt('install', '-y', '--no-install-recommends', ...packages);
    if (!installed) console.log('apt-get failed; its message is above.');
  }
  return { chromium: findBrowser('chromium'), firefox: findBrowser('firefox') };
}

/** A sentence that says how to get a browser that was not found. */
export function howToInstall(name) {
  const { variable, debianPackage } = KNOWN[name];
  const title = name === 'firefox' ? 'Firefox 140 or newer' : 'Chromium (or Chrome) 137 or newer';
  return `${title} was not found: install it (Debian: apt-get install ${debianPackage}), or set ${variable} to its program.`;
}
