/** Rules in both browsers: the box to try an address, what is stored already, the question after a new level, consents. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const OPTIONS = 'src/options/index.html';
const SHOTS = join(import.meta.dirname, '../../artifacts/e2e');
/** What is taken out. */
const WORD = 'Cormorant';

interface Exported {
  readonly interactions: readonly { readonly kind: string; readonly url: string; readonly level: string }[];
}

let site: WebServer;
beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true });
  site = await startWebServer((host, path) => `<title>Titleword ${host} ${path}</title><h1>${host}</h1>`);
});
afterAll(() => site.close());

describe.each<BrowserName>(['chromium', 'firefox'])('%s', (name) => {
  let browser: TestBrowser;
  let options: TestPage;
  const at = (host: string, path: string) => `http://${host}:${site.port}${path}`;

  beforeAll(async () => {
    const extensionDir = join(import.meta.dirname, '../../dist', name === 'chromium' ? 'chrome' : 'firefox');
    browser = await launchBrowser(name, { extensionDir });
    const consent = await browser.waitForPage('onboarding');
    await consent.click('consent-accept');
    options = await browser.openExtensionPage(`${OPTIONS}#privacy`);
    await options.waitFor('rule-host');
  });
  afterAll(() => browser.close());

  const visit = async (host: string, path: string) => {
    const before = Number(await options.text('record-count'));
    const page = await browser.openPage(at(host, path));
    await waitFor(`${host} to be recorded`, async () => Number(await options.text('record-count')) > before);
    await page.close();
  };
  const exported = async (): Promise<Exported['interactions']> => {
    const page = await browser.openExtensionPage(`${OPTIONS}#data`);
    const { text } = await page.download(() => page.click('export-json'));
    await page.close();
    return (JSON.parse(text) as Exported).interactions;
  };
  const urls = async () => (await exported()).map(({ url }) => url?.replace(`:${site.port}`, '')).sort();
  const says = (testid: string, words: string) =>
    waitFor(`${testid} to say "${words}"`, async () => (await options.text(testid)).includes(words));

  it('the box says which rule decides and what would be stored, before it is set', async () => {
    await options.fill('rule-kind', 'path');
    await options.fill('rule-host', 'tried.example');
    await options.fill('rule-path', '/account');
    await options.fill('rule-capture', 'no-query');
    await options.fill('trial-address', 'https://tried.example/account/bills?year=2026&token=abcdef');
    await options.click('trial-run');
    await says('trial-decider', 'the rule that you are trying');
    expect(await options.text('trial-stored')).toContain('https://tried.example/account/bills');
    expect(await options.text('trial-stored')).not.toContain('2026&');
    await options.screenshot(join(SHOTS, `${name}-rule-trial.png`));
    expect(await options.count('rule')).toBe(0);
    await options.fill('trial-address', 'https://www.paypal.com/');
    await options.click('trial-run');
    await says('trial-decider', 'list of sensitive sites');
    await options.fill('rule-kind', 'pattern');
    await options.fill('rule-pattern', '(unclosed');
    await options.click('trial-run');
    await says('trial-problem', 'missing closing )');
    await options.click('rule-add');
    await says('rule-problem', 'missing closing )');
    // A pattern that would keep a backtracking engine busy for ever.
    await options.fill('rule-pattern', '(a+)+$');
    await options.fill('trial-address', `https://tried.example/${'a'.repeat(1_900)}!`);
    await options.click('trial-run');
    await says('trial-decider', 'No rule');
    expect(await options.text('health')).toBe('Recording.');
  });

  it('a rule is applied to what is stored, after a count and a preview', async () => {
    await visit('secret.example', `/${WORD}?q=1`);
    await visit('kept.example', '/page');
    await options.fill('rule-kind', 'site');
    await options.fill('rule-host', 'secret.example');
    await options.fill('rule-capture', 'domain');
    await options.click('rule-add');
    await options.click('rule-apply-now');
    await says('stored-said', 'Less would be kept of 1 visit.');
    expect(await options.text('stored-example')).toContain(WORD);
    await options.screenshot(join(SHOTS, `${name}-stored-preview.png`));
    await options.click('stored-cancel');
    expect(await urls()).toContain(`http://secret.example/${WORD}?q=1`);
    await options.click('rule-apply');
    await says('stored-said', 'Less would be kept of 1 visit.');
    await options.click('stored-apply');
    await says('stored-state', '1 record is reduced, 0 are deleted');
    expect(await urls()).toEqual(['http://kept.example/page', 'http://secret.example/']);
    await browser.stopWorker();
    expect(await urls()).toEqual(['http://kept.example/page', 'http://secret.example/']);
  });

  it('a new level asks what becomes of what is stored, and leaves it alone by default', async () => {
    const before = await urls();
    await options.click('level-anonymous');
    await says('level-asks', 'More than it allows is kept of 2 stored records');
    await options.screenshot(join(SHOTS, `${name}-level-question.png`));
    await options.click('level-keep');
    await waitFor('the question to be gone', async () => (await options.count('level-question')) === 0);
    expect(await urls()).toEqual(before);
    await options.click('level-private');
    // Until then choosing the other one changes nothing, and asks nothing.
    await waitFor('it to hold', async () => {
      const status = await options.evaluate(
        `(globalThis.browser ?? chrome).runtime.sendMessage({ type: 'status.get', body: {} }).then((one) => JSON.stringify(one))`,
      );
      return String(status).includes('"level":"private"');
    });
    await options.click('level-anonymous');
    await options.click('level-reduce');
    await says('stored-state', '2 records are reduced');
    expect((await exported()).map(({ level, url }) => [level, url])).toEqual([
      ['anonymous', undefined],
      ['anonymous', undefined],
    ]);
    await options.click('level-ephemeral');
    await options.click('level-delete');
    await says('level-asks', '2 records will be gone');
    await options.click('level-delete-confirm');
    await says('stored-state', '2 are deleted');
    await waitFor('no records', async () => (await options.text('record-count')) === '0');
    await options.click('level-private');
  });

  it('a consent is listed, withdrawn and goes into a file', async () => {
    await options.waitFor('consent-withdraw-recording');
    expect(await options.text('consent-now')).toBe('In force');
    // What was done before may still move it.
    await waitFor('the question', async () => {
      if ((await options.count('confirm')) === 0) await options.click('consent-withdraw-recording');
      return (await options.count('confirm')) > 0;
    });
    await options.click('confirm');
    await waitFor('it to be withdrawn', async () =>
      (await options.text('consent-now')).includes('Withdrawn'),
    );
    await waitFor('nothing to be recorded', async () => (await options.text('health')).includes('agree'));
    const { text } = await options.download(() => options.click('consents-save'));
    expect(JSON.parse(text)).toMatchObject({
      policy: { encryption: 'medium', sharingConsent: [] },
      consents: [{ use: 'recording', withdrawn: expect.any(String) }],
    });
  });
});
