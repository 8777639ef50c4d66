/**
 * What goes over the network while the extension works, seen by a proxy that the browser sends everything through: nothing of ours
 * before sync is on, and then to the service alone. What the browser itself asks for is known from a run without anything to record.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../server/src/log.ts';
import { startService } from '../../server/src/service.ts';
import { systemClock } from '../../src/base/clock.ts';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { type CapturingProxy, startCapturingProxy } from '../support/capturing-proxy.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const OPTIONS = 'src/options/index.html';
const POPUP = 'src/popup/index.html';
/** Where Firefox looks for updates of itself and of its video plugins, at some time after its start. */
const OF_BROWSER = ['aus5.mozilla.org:443', 'update.googleapis.com:443'];

describe.each<BrowserName>(['chromium', 'firefox'])('%s', (name) => {
  let proxy: CapturingProxy;
  let site: WebServer;
  let service: Awaited<ReturnType<typeof startService>>;
  let dataDir: string;
  let browser: TestBrowser;
  let options: TestPage;
  /** Hosts of the browser's own: updates, certificates, what it calls home for. Asked for before anything was agreed to. */
  let own: ReadonlySet<string>;

  beforeAll(async () => {
    proxy = await startCapturingProxy();
    site = await startWebServer((host) => `<title>Title ${host}</title><a href="/next">Next</a>`);
    dataDir = mkdtempSync(join(tmpdir(), 'arq-service-'));
    service = await startService({
      host: '127.0.0.1',
      port: 0,
      dataDir,
      log: createLog('off', systemClock, () => {}),
    });
    const extensionDir = join(import.meta.dirname, '../../dist', name === 'chromium' ? 'chrome' : 'firefox');
    browser = await launchBrowser(name, { extensionDir, ...proxy.launch });
  });
  afterAll(async () => {
    await browser.close();
    await service.close();
    await site.close();
    await proxy.close();
    rmSync(dataDir, { recursive: true });
  });
  const visit = async (host: string) => (await browser.openPage(`http://${host}:${site.port}/page`)).close();
  const beyond = (allowed: readonly string[]) =>
    proxy.targets().filter((target) => !own.has(target) && !allowed.includes(target));

  it('sends nothing before sync is on, whatever is done', async () => {
    const consent = await browser.waitForPage('onboarding');
    own = new Set([...proxy.targets(), ...OF_BROWSER]);
    expect([...own].filter((target) => /127\.0\.0\.1|localhost|\.example/.test(target))).toEqual([]);
    proxy.forget();
    await consent.click('consent-accept');
    options = await browser.openExtensionPage(`${OPTIONS}#search`);
    await waitFor('recording', async () => (await options.text('health')) === 'Recording.');
    const hosts = ['one.example', 'two.example', 'three.example'];
    for (const host of hosts) await visit(host);
    await waitFor('three records', async () => Number(await options.text('record-count')) >= 3);
    const popup = await browser.openExtensionPage(POPUP);
    await popup.waitFor('health');
    await popup.close();
    await options.fill('search-input', 'two.example');
    await waitFor('a result', async () => (await options.count('search-result')) === 1);
    for (const tab of ['data', 'privacy', 'sync', 'health'])
      await options.goto(`${browser.extensionOrigin}/${OPTIONS}#${tab}`);
    await options.goto(`${browser.extensionOrigin}/${OPTIONS}#data`);
    await options.download(() => options.click('export-json'));
    await browser.stopWorker();
    await visit('four.example');
    // What is done each minute has been done once.
    await new Promise((resolve) => setTimeout(resolve, 65_000));
    // It is seen what goes over it.
    expect(proxy.targets()).toContain(`one.example:${site.port}`);
    expect(beyond([...hosts, 'four.example'].map((host) => `${host}:${site.port}`))).toEqual([]);
  });

  it('sends to the service alone when it is', async () => {
    const target = `127.0.0.1:${new URL(service.url).port}`;
    proxy.forget();
    await options.goto(`${browser.extensionOrigin}/${OPTIONS}#sync`);
    await options.fill('sync-url', service.url);
    await options.click('sync-create');
    await waitFor('sync', async () => (await options.text('sync-state')) === 'synced', { timeoutMs: 60_000 });
    await visit('five.example');
    await waitFor('five records', async () => Number(await options.text('record-count')) >= 5);
    await waitFor('it to be sent', async () => (await options.text('sync-state')) === 'synced');
    expect(proxy.targets()).toContain(target);
    expect(beyond([target, `five.example:${site.port}`])).toEqual([]);
  });
});
