/** The health page in real browsers: its figures are those of what was done, the background tells of compacting, and the saved context knows the screen. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

let site: WebServer;
beforeAll(async () => {
  site = await startWebServer((_host, path) => `<title>Health ${path}</title>`);
});
afterAll(() => site.close());

describe.each<BrowserName>(['chromium', 'firefox'])('%s', (name) => {
  let browser: TestBrowser;
  let options: TestPage;
  const says = (testid: string, words: string | RegExp) =>
    waitFor(`${testid} to say ${words}`, async () => (await options.text(testid)).match(words) !== null);

  beforeAll(async () => {
    const extensionDir = join(import.meta.dirname, '../../dist', name === 'chromium' ? 'chrome' : 'firefox');
    browser = await launchBrowser(name, { extensionDir });
    const consent = await browser.waitForPage('onboarding');
    await consent.click('consent-accept');
    await consent.waitFor('persisted');
    await consent.close();
    for (const path of ['/one', '/two', '/three'])
      await (await browser.openPage(`http://health.example:${site.port}${path}`)).close();
    options = await browser.openExtensionPage('src/options/index.html#search');
    await options.fill('search-input', 'health');
    await waitFor('three results', async () => (await options.count('search-result')) === 3);
  });
  afterAll(() => browser.close());

  it('tells what is stored and how often it was asked', async () => {
    await options.goto(`${browser.extensionOrigin}/src/options/index.html#health`);
    await says('health-extent', /^3 records on 1 day, of /);
    await says('health-queries', /Queries\s+[1-9]/);
    await says('health-person', /Interactions\s+3/);
    await says('health-integrity', 'Nothing damaged');
    await says('health-context', 'None');
  });

  it('has a context within a minute, with the screen that our page told', async () => {
    // The alarm of every minute, now.
    await options.evaluate(`chrome.alarms.create('minute', { when: 1 })`);
    await waitFor('the context', async () => {
      await options.click('health-refresh');
      return (await options.text('health-context')).includes('3 visits');
    });
    const screen = await options.evaluate<[], string>('screen.width + "x" + screen.height');
    const system = name === 'chromium' ? 'Chrome, Linux' : 'Firefox, Linux';
    expect(await options.text('health-context')).toContain(`${system}, screen ${screen}`);
  });

  it('compacts, says how it ended, and loses nothing', async () => {
    await options.click('compact');
    await says('compact-result', /^Compacted: .* before, .* now\.$/);
    await says('health-extent', /^3 records/);
    await options.reload();
    await options.waitFor('health-extent');
    expect(await options.evaluate<[], string>('document.body.innerText')).toContain('Last time:');
  });

  it('forgets what is cached', async () => {
    await options.click('purge');
    await says('purge-result', 'Forgotten');
  });
});
