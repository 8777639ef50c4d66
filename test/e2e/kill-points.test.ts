/**
 * Purge, lock, rotation and upgrade, with the whole browser killed at a point in between (SIGKILL), in both browsers: at the next start
 * the state machine goes on and ends, whatever survives opens, and the old keys are gone. A point is whatever is begun that lasts: a
 * transaction that writes, a database that is made or deleted, a setting, a request to the service. Here one of each named step is
 * taken at random; `npm run campaign:kill` takes all of them, both before and while they happen, and goes on where it was stopped.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CARRIED_OUT } from '../../src/model/purge.ts';
import { mulberry32 } from '../bench/random.ts';
import type { BrowserName } from '../support/browser.ts';
import { type Account, startAccount } from '../support/kill-points/account-scenarios.ts';
import { KillableBrowser } from '../support/kill-points/killable-browser.ts';
import { lockScenario } from '../support/kill-points/lock-scenario.ts';
import { progressOf } from '../support/kill-points/progress.ts';
import { fillForPurges, KEPT_PAGES, purgeScenario } from '../support/kill-points/purge-scenario.ts';
import { aimsAt, NOWHERE, outcomeOf, type Scenario, textOf } from '../support/kill-points/scenario.ts';
import { startOverScenario } from '../support/kill-points/start-over-scenario.ts';
import { upgradeScenario } from '../support/kill-points/upgrade-scenario.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

/** `all`; `before` or `during` for that half of them; or one point of a scenario as a failure names it: `during 2 behind record`. */
const WISH = process.env.ARQ_KILLS ?? '';
const ALL = ['all', 'before', 'during'].includes(WISH);
/** More than points, twice, of what takes a site for each. */
const SITES = ALL ? 250 : 30;
/** Against what hangs: some machines are ten times slower than others. */
const timeout = ALL ? 10_800_000 : 600_000;
const OTHER_DIR = join(import.meta.dirname, '../../dist/chrome');

/** Printed with the tests' names. */
const seed = Number(process.env.ARQ_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Resolves with the named steps behind which it was killed; where one point was wished for, with all of them. */
async function killedEverywhere(
  { browser, build, version }: KillableBrowser,
  scenario: Scenario,
  most?: number,
): Promise<Set<string>> {
  const whole = await scenario.attempt(NOWHERE);
  const total = whole.points.length;
  const seen = new Set(ALL || WISH === '' ? [] : whole.points.map(({ step }) => scenario.nameOf(step)));
  const aims = aimsAt(whole, { wish: WISH, random: mulberry32(seed), most });
  const campaign = `${browser.name}-${scenario.name.replaceAll(' ', '-')}`;
  const progress = ALL ? progressOf(campaign, { build, browser: version }) : undefined;
  progress?.begin({ points: total, aims: 2 * total });
  for (const aim of aims) {
    const what = textOf(aim);
    let isKilled = progress?.killedAt(what);
    const isDone = isKilled !== undefined;
    // What happens beside it now and then, like a count of queries, may have been the last point of a step; a campaign comes to the
    // one before it anyway.
    const least = ALL ? aim.at : 1;
    for (let { at } = aim; !isDone && !isKilled && at >= least; at--) {
      const startMs = performance.now();
      const report = await scenario.attempt({ ...aim, at }).catch((error: unknown) => {
        const failure = new Error(`${scenario.name}, ended ${what}`, { cause: error });
        progress?.fail(what, failure);
        throw failure;
      });
      const [outcome, ms] = [outcomeOf(scenario, { ...aim, at }, report, total), performance.now() - startMs];
      console.log(`${browser.name}: ${outcome} (${(ms / 1000).toFixed(1)} s)`);
      isKilled = report.killed;
      const point = report.killed ? report.points.length : undefined;
      progress?.add(what, { ...(point && { point }), outcome, ms: Math.round(ms) });
    }
    if (isKilled) seen.add(scenario.nameOf(aim.step));
  }
  if (progress) console.log(progress.summary());
  return seen;
}

describe.each<BrowserName>(['chromium', 'firefox'])(`%s (ARQ_SEED=${seed})`, (name) => {
  let killable: KillableBrowser;
  let site: WebServer;
  let nextSite: () => string;
  beforeAll(async () => {
    site = await startWebServer((host) => `<title>Title ${host}</title>`);
    killable = await KillableBrowser.launch(name);
    nextSite = await fillForPurges(killable, SITES);
  });
  afterAll(async () => {
    await killable.close();
    await site.close();
  });

  it('a purge', { timeout }, async () => {
    const seen = await killedEverywhere(killable, purgeScenario(killable, { nextSite, ends: 'browser' }));
    // Each named step but the last, behind which there is nothing to do.
    const named = CARRIED_OUT.filter((step) => step !== 'notified');
    expect([...seen]).toEqual(expect.arrayContaining(['nothing', ...named]));
  });

  it('a purge that is undone', { timeout }, async () => {
    const scenario = purgeScenario(killable, { nextSite, ends: 'browser', undone: true });
    expect([...(await killedEverywhere(killable, scenario))]).toEqual(
      expect.arrayContaining(['nothing', 'flagged']),
    );
  });

  it('a purge while the next version of the extension comes', { timeout }, async () => {
    const scenario = purgeScenario(killable, { nextSite, ends: 'extension' });
    expect((await killedEverywhere(killable, scenario, 1)).size).toBeGreaterThan(0);
  });

  it('a lock', { timeout }, async () => {
    const seen = await killedEverywhere(
      killable,
      lockScenario(killable, site.port, { word: 'keptword', pages: KEPT_PAGES }),
    );
    expect([...seen]).toEqual(expect.arrayContaining(['set', 'lock', 'record', 'unlock', 'remove']));
  });

  describe('in an account', () => {
    let account: Account;
    beforeAll(async () => {
      account = await startAccount(killable, { name: 'chromium', extensionDir: OTHER_DIR, port: site.port });
    });
    afterAll(() => account.close());

    it.each([0, 1])('a new master key, made here or there (%i)', { timeout }, async (index) => {
      const scenario = account.scenarios[index] as Scenario;
      expect((await killedEverywhere(killable, scenario, 1)).size).toBeGreaterThan(0);
    });

    it.runIf(WISH !== '')('a deletion by the other device', { timeout }, async () => {
      const scenario = account.scenarios[2] as Scenario;
      const seen = await killedEverywhere(killable, scenario);
      expect([...seen]).toEqual(expect.arrayContaining(['begun', 'logged 1', 'logged 5']));
    });

    // Its own steps are those of above.
    it.runIf(WISH !== '')('a purge', { timeout }, async () => {
      const { foundThere } = account;
      const scenario = purgeScenario(killable, { nextSite, ends: 'browser', foundThere });
      expect((await killedEverywhere(killable, scenario, 2)).size).toBeGreaterThan(1);
    });
  });

  // Last: nothing of the profile is left.
  it('a profile that begins anew', { timeout }, async () => {
    const seen = await killedEverywhere(killable, startOverScenario(killable, site.port));
    expect([...seen]).toEqual(expect.arrayContaining(['open', 'locked']));
  });
});

describe.each<BrowserName>(['chromium', 'firefox'])(`%s, an old profile (ARQ_SEED=${seed})`, (name) => {
  let killable: KillableBrowser;
  let site: WebServer;
  beforeAll(async () => {
    site = await startWebServer((host) => `<title>Title ${host}</title>`);
    killable = await KillableBrowser.launchAsleep(name);
  });
  afterAll(async () => {
    await killable.close();
    await site.close();
  });

  it('an upgrade', { timeout }, async () => {
    const scenario = await upgradeScenario(killable, site.port);
    const seen = await killedEverywhere(killable, scenario);
    scenario.end();
    expect([...seen]).toEqual(expect.arrayContaining(['start', 'opened']));
  });
});
