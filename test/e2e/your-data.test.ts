/**
 * What a person may ask of their data, in real browsers: every kind of export is made, looked into with a tool that is not ours,
 * and imported into another, fresh profile; what is wrong is corrected; everything is deleted.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type BrowserName,
  type Download,
  launchBrowser,
  type TestBrowser,
  type TestPage,
} from '../support/browser.ts';
import { lookInto } from '../support/look-into-zip.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const OPTIONS = 'src/options/index.html';
const ENGINE = 'www.baidu.com';
const PASSPHRASE = 'seven whales sing quietly';
const FORMULA = '=HYPERLINK("http://evil.example","x")';

let site: WebServer;
beforeAll(async () => {
  site = await startWebServer((host, path) =>
    path.startsWith('/formula')
      ? `<title>${FORMULA.replaceAll('"', '&quot;')}</title>`
      : `<title>Secretword of ${host} ${path.replaceAll(/\W+/g, ' ')}</title>`,
  );
});
afterAll(() => site.close());

describe.each<BrowserName>(['chromium', 'firefox'])('%s', (name) => {
  const open: TestBrowser[] = [];
  let browser: TestBrowser;
  let options: TestPage;
  let full: Download;
  let encrypted: Download;
  let anonymised: Download;

  async function profile(): Promise<{ browser: TestBrowser; options: TestPage }> {
    const extensionDir = join(import.meta.dirname, '../../dist', name === 'chromium' ? 'chrome' : 'firefox');
    const started = await launchBrowser(name, { extensionDir, loopbackHosts: [ENGINE] });
    open.push(started);
    const consent = await started.waitForPage('onboarding');
    await consent.click('consent-accept');
    await consent.waitFor('persisted');
    const page = await started.openExtensionPage(`${OPTIONS}#data`);
    await page.waitFor('export-run');
    return { browser: started, options: page };
  }
  const records = async (page: TestPage) => Number(await page.text('record-count'));
  const interactionsOf = async (page: TestPage) =>
    (JSON.parse((await page.download(() => page.click('export-json'))).text) as { interactions: unknown[] })
      .interactions;
  const saysAt = (page: TestPage, testid: string, words: string) =>
    waitFor(`"${words}" in ${testid}`, async () => (await page.text(testid)).includes(words));
  async function choose(page: TestPage, { bytes, name: called }: Download): Promise<void> {
    await page.evaluate(
      (base64: string, file: string) => {
        const input = document.querySelector<HTMLInputElement>('[data-testid=import-file]');
        const files = new DataTransfer();
        files.items.add(new File([Uint8Array.from(atob(base64), (one) => one.charCodeAt(0))], file));
        if (!input) throw new Error('no input');
        input.files = files.files;
        input.dispatchEvent(new Event('change', { bubbles: true }));
      },
      Buffer.from(bytes).toString('base64'),
      called,
    );
  }

  beforeAll(async () => {
    ({ browser, options } = await profile());
    const at = (host: string, path: string) => `http://${host}:${site.port}${path}`;
    for (const url of [
      at('one.example', '/first?x=1'),
      at('two.example', '/second'),
      at('two.example', '/formula'),
      at(ENGINE, '/s?wd=green+wails'),
    ])
      await (await browser.openPage(url)).close();
    await waitFor('five records', async () => (await records(options)) === 5);
  });
  afterAll(async () => {
    for (const one of open) await one.close();
  });

  it('exports everything, complete', async () => {
    // Titles and time spent come a moment after the visits.
    await waitFor('what is stored to rest', async () => {
      const before = JSON.stringify(await interactionsOf(options));
      full = await options.download(() => options.click('export-run'));
      return JSON.stringify(await interactionsOf(options)) === before;
    });
    expect(full.name).toMatch(/^arq-context-\d{4}-\d\d-\d\d\.zip$/);
    await saysAt(options, 'export-result', 'Exported 5 records');
    const { files, rows } = lookInto(full.bytes);
    expect(Object.keys(files).sort()).toEqual(
      [
        'README.txt',
        'contexts.json',
        'deletions.json',
        'interactions.csv',
        'interactions.json',
        'preferences.json',
        'profile.json',
        'settings.json',
        ...['contexts', 'deletions', 'interactions', 'preferences', 'profile', 'settings'].map(
          (one) => `schema/${one}.schema.json`,
        ),
      ].sort(),
    );
    const { interactions } = JSON.parse(files['interactions.json'] ?? '') as {
      interactions: Record<string, unknown>[];
    };
    expect(interactions).toEqual(await interactionsOf(options));
    const [header = [], ...cells] = rows;
    expect(cells).toHaveLength(5);
    const column = (field: string) => cells.map((row) => row[header.indexOf(field)]);
    // One id in 64 begins with a sign that a spreadsheet would take for a formula.
    expect(column('id')).toEqual(interactions.map(({ id }) => `${id}`.replace(/^-/, "'-")));
    // A spreadsheet shows it, and runs nothing.
    expect(column('title')).toContain(`'${FORMULA}`);
    expect(interactions.map(({ title }) => title)).toContain(FORMULA);
    expect(files['README.txt']).toContain('5 records');
    expect(JSON.parse(files['profile.json'] ?? '')).toMatchObject({ totalInteractions: 5 });
  });

  it('exports everything, encrypted, by keyboard, and refuses a weak passphrase', async () => {
    await options.evaluate(`document.querySelector('[data-testid=export-kind-full]').focus()`);
    await options.press('ArrowDown');
    await options.waitFor('export-passphrase');
    await options.fill('export-passphrase', 'short');
    await options.press('Enter');
    await saysAt(options, 'export-result', 'at least 10 characters');
    await options.fill('export-passphrase', PASSPHRASE);
    await options.press('Enter');
    await saysAt(options, 'export-result', 'not the same');
    await options.fill('export-passphrase-again', PASSPHRASE);
    encrypted = await options.download(() => options.press('Enter'));
    expect(encrypted.name).toMatch(/\.arqx$/);
    const bytes = Buffer.from(encrypted.bytes);
    expect(bytes.subarray(0, 7).toString()).toBe('ARQFILE');
    for (const plain of ['Secretword', 'interactions', 'README', 'PK\u0003\u0004', 'one.example'])
      expect(bytes.includes(plain), plain).toBe(false);
    await saysAt(options, 'export-result', 'Exported 5 records');
  });

  it('exports everything, anonymised', async () => {
    await options.click('export-kind-anonymised');
    anonymised = await options.download(() => options.click('export-run'));
    expect(anonymised.name).toMatch(/-anonymised\.zip$/);
    const { files, rows } = lookInto(anonymised.bytes);
    for (const [file, text] of Object.entries(files)) {
      if (file.startsWith('schema/') || file === 'README.txt') continue;
      expect(text, file).not.toMatch(/secretword|wails|\.example|baidu|HYPERLINK|T\d\d:(?!00:00)/i);
    }
    expect(rows).toHaveLength(6);
  });

  it('takes each of them over in another browser, but the anonymised one', async () => {
    const want = await interactionsOf(options);
    for (const kind of ['full', 'encrypted'] as const) {
      const other = await profile();
      await choose(other.options, anonymised);
      await saysAt(other.options, 'import-result', 'is anonymised');
      await choose(other.options, kind === 'full' ? full : encrypted);
      if (kind === 'encrypted') {
        await other.options.waitFor('import-passphrase');
        const damaged = { ...encrypted, bytes: encrypted.bytes.slice(0, -5) };
        await other.options.fill('import-passphrase', 'another passphrase');
        await other.options.click('import-unseal');
        await saysAt(other.options, 'import-result', 'The passphrase does not open this file.');
        await other.options.fill('import-passphrase', PASSPHRASE);
        await other.options.press('Enter');
        await saysAt(other.options, 'import-result', 'Imported 5 records');
        await choose(other.options, damaged);
        await other.options.waitFor('import-passphrase');
        await other.options.fill('import-passphrase', PASSPHRASE);
        await other.options.click('import-unseal');
        await waitFor('the damage is told', async () =>
          /damaged/.test(await other.options.text('import-result')),
        );
        await other.options.click('import-forget');
      } else await saysAt(other.options, 'import-result', 'Imported 5 records');
      expect(await interactionsOf(other.options)).toEqual(want);
      await other.browser.close();
      open.splice(open.indexOf(other.browser), 1);
    }
  });

  it('corrects a search where a person finds it', async () => {
    await options.goto(`${browser.extensionOrigin}/${OPTIONS}#search`);
    await options.waitFor('search-input');
    await options.fill('search-input', 'wails');
    await waitFor('one result', async () => (await options.count('search-result')) === 1);
    await options.evaluate(`document.querySelector('[data-testid=search-result] summary').click()`);
    await options.click('correct-page');
    await options.waitFor('correct-choice');
    const choices = await options.evaluate<[], string[]>(
      `[...document.querySelectorAll('[data-testid=correct-choice] option')].map((one) => one.textContent)`,
    );
    const index = choices.findIndex((one) => one.startsWith('Search: green wails'));
    expect(index, choices.join()).toBeGreaterThanOrEqual(0);
    await options.fill('correct-choice', String(index));
    await options.fill('correct-to', 'green whales');
    await options.click('correct-run');
    await saysAt(options, 'correct-result', 'Corrected 2 records.');
    const text = JSON.stringify(await interactionsOf(options));
    expect(text).toContain('"query":"green whales"');
    expect(text).toContain('wd=green+whales');
    expect(text).not.toMatch(/"query":"green wails"|green\+wails/);
    // The address of our own page says nothing of it.
    expect(await options.url()).toMatch(/#data$/);
  });

  it('corrects the profile, and lists what was asked', async () => {
    await options.fill('correct-field', 'timezone');
    await options.fill('correct-value', 'Nowhere');
    await options.click('correct-profile');
    await saysAt(options, 'correct-result', 'not a time zone');
    await options.fill('correct-value', 'Europe/Lisbon');
    await options.click('correct-profile');
    await saysAt(options, 'correct-result', 'Your profile was corrected.');
    const listed = await options.texts('request');
    for (const words of [
      'Complete export',
      'Encrypted export',
      'Anonymised export',
      'Correction of a search',
    ])
      expect(
        listed.some((one) => one.includes(words) && one.includes('Completed')),
        `${words} in ${listed.join(' | ')}`,
      ).toBe(true);
    expect(listed.join()).not.toMatch(/wails|whales/);
  });

  it('deletes everything, after a word', async () => {
    await options.click('request-delete');
    await options.fill('request-word', 'delete');
    await options.click('request-delete-run');
    await saysAt(options, 'request-refused', 'Type DELETE');
    expect(await records(options)).toBe(5);
    await options.fill('request-word', 'DELETE');
    await options.press('Enter');
    await waitFor('nothing is left', async () => (await records(options)) === 0, { timeoutMs: 60_000 });
    await waitFor('the request alone is listed', async () => {
      const listed = await options.texts('request');
      return (
        listed.length === 1 &&
        /Deletion of everything[\s\S]*Completed[\s\S]*5 records deleted/.test(listed[0] ?? '')
      );
    });
  });
});
