import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

type Preferences = Readonly<Record<string, string | number | boolean>>;

/** Nothing leaves the machine, nothing pops up, nothing differs from run to run. */
const QUIET: Preferences = {
  'app.normandy.enabled': false,
  'app.update.disabledForTesting': true,
  'browser.aboutwelcome.enabled': false,
  'browser.newtabpage.enabled': false,
  'browser.safebrowsing.downloads.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.search.update': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage': 'about:blank',
  'browser.startup.homepage_override.mstone': 'ignore',
  'browser.startup.page': 0,
  'browser.tabs.closeWindowWithLastTab': false,
  'browser.tabs.warnOnClose': false,
  'browser.warnOnQuit': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'dom.push.connection.enabled': false,
  'extensions.getAddons.cache.enabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.prefetch-next': false,
  'remote.prefs.recommended': true,
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
  'toolkit.telemetry.reportingpolicy.firstRun': false,
  // No question about where a download goes.
  'browser.download.always_ask_before_handling_new_types': false,
  'browser.download.alwaysOpenPanel': false,
  'browser.download.useDownloadDir': true,
  // `permissions.request` of optional permissions is granted without its panel, which no test can click.
  'extensions.webextOptionalPermissionPrompts': false,
  // A temporary extension leaves with the browser; its data and its address stay for `relaunch`.
  'extensions.webextensions.keepStorageOnUninstall': true,
  'extensions.webextensions.keepUuidOnUninstall': true,
};

export interface FirefoxProcess {
  /** `ws://127.0.0.1:PORT` */
  readonly address: string;
  readonly ended: Promise<void>;
  /** SIGKILL for the browser and its content processes. */
  kill(): void;
}

/** Starts Firefox with a profile that holds these preferences besides the quiet ones. Resolves when it takes commands. */
export async function startFirefox(
  program: string,
  profileDir: string,
  headless: boolean,
  more: Preferences,
): Promise<FirefoxProcess> {
  const lines = Object.entries({ ...QUIET, ...more }).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  writeFileSync(join(profileDir, 'user.js'), `${lines.join('\n')}\n`);
  const args = [
    '--no-remote',
    '--profile',
    profileDir,
    '--remote-debugging-port=0',
    '--remote-allow-system-access',
  ];
  const child = spawn(program, [...(headless ? ['--headless'] : []), ...args], {
    // A group of its own, so that Ctrl-C reaches us first and one signal ends all its processes.
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const kill = () => killGroup(child);
  // Being in a group of its own, Firefox would outlive us. Whoever else listens to the signal decides what comes next.
  const endBySignal = (signal: NodeJS.Signals) => {
    kill();
    for (const name of SIGNALS) process.off(name, endBySignal);
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  process.on('exit', kill);
  for (const name of SIGNALS) process.on(name, endBySignal);
  const ended = new Promise<void>((resolve) =>
    child.on('exit', () => {
      process.off('exit', kill);
      for (const name of SIGNALS) process.off(name, endBySignal);
      resolve();
    }),
  );
  return { address: await listeningAddress(child, program), ended, kill };
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
  } catch {
    // It ended by itself in between.
  }
}

function listeningAddress(child: ChildProcess, program: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (why: string) => {
      killGroup(child);
      reject(new Error(`${program} ${why}. It said:\n${output.slice(-2000)}`));
    };
    const timer = setTimeout(() => fail('did not open its debugging port within 60 s'), 60_000);
    child.stderr?.on('data', (chunk) => {
      // Kept reading to the end, else the pipe fills and Firefox stands still.
      if (output.length < 100_000) output += chunk;
      const match = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(output);
      if (match?.[1] === undefined) return;
      clearTimeout(timer);
      resolve(match[1]);
    });
    child.on('error', (error) => fail(`did not start: ${error.message}`));
    child.on('exit', (code) => fail(`ended with status ${code}`));
  });
}
