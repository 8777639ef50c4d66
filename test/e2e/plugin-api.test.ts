/**
 * Other extensions and public records, in both browsers: the sample of docs/, as it stands there, and a second extension that
 * also has a content script. Who is not allowed is told nothing; who is, exactly the chosen fields of public records.
 *
 * Over 300 lines, because a browser starts once for all of it.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { chromiumExtensionId } from '../support/extension-id.ts';
import { newTemporaryFolder, removeFolder } from '../support/profile-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const ROOT = join(import.meta.dirname, '../..');
const SHOTS = join(ROOT, 'artifacts/e2e');
const ENGINE = 'www.baidu.com';
const PROBER = 'prober@arq.example';
const { key } = JSON.parse(readFileSync(join(ROOT, 'manifest.json'), 'utf8')) as { key: string };
const ARQ = { chromium: chromiumExtensionId(key), firefox: 'context@arq.example' } as const;
const MINUTE_MS = 60_000;

interface Told {
  readonly arq: 1;
  readonly ok: boolean;
  readonly items?: readonly Record<string, unknown>[];
  readonly fields?: readonly string[];
  readonly until?: number;
  readonly error?: { readonly code: string; readonly message: string };
}

const send = (to: string | undefined, message: unknown) =>
  `(globalThis.browser ?? chrome).runtime.sendMessage(${to === undefined ? '' : `${JSON.stringify(to)}, `}${JSON.stringify(message)}).then((told) => told ?? null)`;

/** An extension that sends the same from a page of its own and, as a content script, from the pages of one site. */
function writeProber(arq: string): string {
  const folder = newTemporaryFolder('prober');
  writeFileSync(
    join(folder, 'manifest.json'),
    JSON.stringify({
      manifest_version: 3,
      name: 'Prober',
      version: '1.0',
      host_permissions: ['http://prober.example/*'],
      content_scripts: [{ matches: ['http://prober.example/*'], js: ['content.js'] }],
      browser_specific_settings: { gecko: { id: PROBER, strict_min_version: '140.0' } },
    }),
  );
  const asking = send(arq, { arq: 1, query: { kind: 'access' } });
  writeFileSync(
    join(folder, 'content.js'),
    `${asking}.then((told) => JSON.stringify(told), (error) => 'error: ' + error).then((text) => { document.documentElement.dataset.told = text; });`,
  );
  writeFileSync(join(folder, 'page.html'), '<!doctype html><title>Prober</title><p>Prober</p>');
  return folder;
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
  let sample: TestPage;
  let prober: string;

  /** To our own background, as the options page does it. */
  const own = (type: string, body: object) => options.evaluate<[], Told>(send(undefined, { type, body }));
  const setLevel = (level: string) => own('level.set', { level });
  const setRule = (host: string, level: string) => own('rules.set', { host, capture: 'full', level });
  const visit = async (host: string, path: string) => {
    const before = Number(await options.text('record-count'));
    const page = await browser.openPage(`http://${host}:${site.port}${path}`);
    await waitFor(`${host} to be recorded`, async () => Number(await options.text('record-count')) > before);
    // Its title comes a moment later.
    await waitFor('its title', async () => {
      const answer = await own('records.search', { text: `titleword ${host} ${path}`, limit: 5 });
      return (answer as unknown as { value: { hits: unknown[] } }).value.hits.length > 0;
    });
    await page.close();
  };
  /** Until the extension that asks may ask again: a second after its last question. */
  let mayAskAtMs = 0;
  const mayAsk = () => delay(mayAskAtMs - performance.now());
  const hasAsked = () => {
    mayAskAtMs = performance.now() + 1_100;
  };
  /** What a page of an extension is told. */
  const tell = async (page: TestPage, message: object): Promise<Told | null> => {
    await mayAsk();
    const told = await page.evaluate<[], Told | null>(send(ARQ[name], message));
    hasAsked();
    return told;
  };
  const query = (page: TestPage, question: object) => tell(page, { arq: 1, query: question });
  /** By its button, as a person sees it. */
  const press = async (button: string): Promise<string> => {
    await mayAsk();
    await sample.evaluate(`document.querySelector('[data-testid=answer]').textContent = ''`);
    await sample.click(button);
    const answer = await waitFor(`an answer to ${button}`, () => sample.text('answer'));
    hasAsked();
    return answer;
  };
  const items = async (question: object) => {
    const told = await query(sample, question);
    expect(told).toMatchObject({ arq: 1, ok: true });
    return told?.items;
  };

  beforeAll(async () => {
    prober = writeProber(ARQ[name]);
    browser = await launchBrowser(name, {
      extensionDir: join(ROOT, 'dist', name === 'chromium' ? 'chrome' : 'firefox'),
      otherExtensions: [join(ROOT, 'docs/sample-extension'), prober],
      loopbackHosts: [ENGINE],
    });
    const consent = await browser.waitForPage('onboarding');
    await consent.click('consent-accept');
    await consent.waitFor('persisted');
    await consent.close();
    options = await browser.openExtensionPage('src/options/index.html#privacy');
    await options.waitFor('plugins-on');
    await visit('later.example', '/recorded-private');
    await setLevel('public');
    await setRule('secret.example', 'private');
    await visit('secret.example', '/Secretword');
    await visit('regretted.example', '/Regrettedword');
    await setRule('regretted.example', 'private');
    await visit('open.example', '/garden?bed=3');
    await visit(ENGINE, '/s?wd=blue+whales');
    sample = await browser.openPage(`${browser.otherOrigins[0]}/page.html`);
    await sample.waitFor('request');
  });
  afterAll(async () => {
    await browser.close();
    removeFolder(prober);
  });

  it('is off at first: the sample is told nothing, and its request is not noted', async () => {
    expect(await press('request')).toBe('No answer.');
    expect(await press('visits')).toBe('No answer.');
    expect(await press('access')).toBe('No answer.');
    await options.reload();
    await options.waitFor('plugins-on');
    await options.click('plugins-on');
    await options.waitFor('plugin-by-id');
    expect(await options.count('plugin-request')).toBe(0);
  });

  it('switched on, it tells nothing before the person allowed it, and shows the request', async () => {
    expect(await press('visits')).toBe('No answer.');
    expect(await press('request')).toBe('No answer.');
    await options.waitFor('plugin-request');
    const text = await options.text('plugin-request');
    expect(text).toContain('“ARQ Context sample”');
    expect(text).toContain(
      name === 'firefox' ? 'sample@arq.example' : new URL(browser.otherOrigins[0] ?? '').host,
    );
    expect(await press('visits')).toBe('No answer.');
    expect(await query(sample, { kind: 'nonsense' })).toBeNull();
  });

  it('refuses to allow nothing, and then gives exactly the chosen fields of public records', async () => {
    await options.click('plugin-allow');
    await options.waitFor('plugin-consent-problem');
    await options.click('plugin-field-host');
    await options.click('plugin-field-title');
    await options.screenshot(join(SHOTS, `${name}-plugin-request.png`));
    await options.click('plugin-allow');
    await options.waitFor('plugin-allowed');
    expect(await options.count('plugin-request')).toBe(0);

    // The page of results has the search in its title, which was not chosen.
    const told = [{ host: ENGINE }, { host: 'open.example', title: 'Titleword open.example /garden?bed=3' }];
    expect(await items({ kind: 'visits' })).toEqual(told);
    expect(await press('searches')).toContain(JSON.stringify(ENGINE));
    expect(await press('searches')).not.toContain('whales');
    const access = await query(sample, { kind: 'access' });
    expect(access).toMatchObject({ ok: true, fields: ['host', 'title'] });
    expect(Math.abs((access?.until ?? 0) - Date.now() - 24 * 60 * MINUTE_MS)).toBeLessThan(5 * MINUTE_MS);
  });

  it('finds by words of the chosen fields alone, and refuses the rest in words', async () => {
    expect(await items({ kind: 'visits', words: 'titleword garden' })).toHaveLength(1);
    // In the address of a record, and in titles and addresses of records that are not public.
    for (const words of ['whales', 'secretword', 'regrettedword', 'later'])
      expect(await items({ kind: 'visits', words }), words).toEqual([]);
    expect(await query(sample, { kind: 'counts' })).toMatchObject({ error: { code: 'not-allowed-field' } });
    expect(await query(sample, { kind: 'visits', from: 0 })).toMatchObject({
      error: { code: 'not-allowed-field' },
    });
    expect(await query(sample, { kind: 'visits', limit: 51 })).toMatchObject({
      error: { code: 'bad-message' },
    });
    expect(await query(sample, { kind: 'erase' })).toMatchObject({ error: { code: 'bad-message' } });
    expect(await tell(sample, { arq: 2 })).toMatchObject({ error: { code: 'unknown-version' } });
  });

  it('answers once a second', async () => {
    await mayAsk();
    const asking = send(ARQ[name], { arq: 1, query: { kind: 'visits' } });
    const told = await sample.evaluate<[], Told[]>(`Promise.all([${asking}, ${asking}, ${asking}])`);
    hasAsked();
    expect(told.filter(({ ok }) => ok)).toHaveLength(1);
    expect(told.filter(({ error }) => error?.code === 'rate-limited')).toHaveLength(2);
  });

  it('follows the level of a site at once', async () => {
    await setRule('open.example', 'private');
    expect(await items({ kind: 'visits' })).toEqual([{ host: ENGINE }]);
    await setRule('open.example', 'public');
    expect(await items({ kind: 'visits' })).toHaveLength(2);
  });

  it('answers after the background was stopped', async () => {
    await browser.stopWorker();
    expect(await items({ kind: 'visits' })).toHaveLength(2);
  });

  it('hears the pages of an allowed extension, not its content scripts, and no web page at all', async () => {
    const id = name === 'firefox' ? PROBER : new URL(browser.otherOrigins[1] ?? '').host;
    const page = await browser.openPage(`${browser.otherOrigins[1]}/page.html`);
    expect(await query(page, { kind: 'visits' })).toBeNull();
    await options.evaluate(`document.querySelector('[data-testid=plugin-by-id]').open = true`);
    await options.fill('plugin-id', id);
    await options.fill('plugin-name', 'My prober');
    await options.click('plugin-field-url');
    await options.click('plugin-field-hour');
    await options.click('plugin-allow');
    await waitFor('two are allowed', async () => (await options.count('plugin-allowed')) === 2);
    const told = await query(page, { kind: 'visits' });
    expect(told?.items?.map(({ url }) => url)).toEqual([
      `http://${ENGINE}:${site.port}/`,
      `http://open.example:${site.port}/garden?bed=3`,
    ]);
    for (const item of told?.items ?? []) expect(Number(item.hour) % (60 * MINUTE_MS)).toBe(0);

    const web = await browser.openPage(`http://prober.example:${site.port}/`);
    const heard = await waitFor('what its content script is told', () =>
      web.evaluate(() => document.documentElement.dataset.told),
    );
    expect(heard).toBe('null');
    expect(await web.evaluate(`typeof globalThis.chrome?.runtime?.sendMessage`)).toBe('undefined');
    await web.close();
    await page.close();
  });

  it('ends by itself', async () => {
    const id = name === 'firefox' ? 'sample@arq.example' : new URL(browser.otherOrigins[0] ?? '').host;
    const untilMs = (await options.evaluate<[], number>('Date.now()')) + 4_000;
    await own('plugins.allow', { id, name: 'Sample', fields: ['host'], untilMs });
    expect(await items({ kind: 'visits' })).toEqual([
      { host: 'prober.example' },
      { host: ENGINE },
      { host: 'open.example' },
    ]);
    await delay(untilMs + 100 - Date.now());
    expect(await query(sample, { kind: 'visits' })).toBeNull();
    expect(await query(sample, { kind: 'access' })).toBeNull();
  });

  it('says in its log who asked what, without what they were told', async () => {
    await options.reload();
    await options.waitFor('plugin-log');
    await options.evaluate(`document.querySelector('[data-testid=plugin-log]').open = true`);
    const totals = await options.texts('plugin-total');
    expect(totals).toHaveLength(2);
    expect(totals.find((text) => text.startsWith('Sample'))).toMatch(/\s14\s+15\s+7$/);
    const entries = (await options.texts('plugin-log-entry')).map((text) => text.replace(/\s+/g, ' '));
    expect(entries.join('\n')).toMatch(/My prober Visits Addresses of pages, The hour 2/);
    expect(entries.join('\n')).toMatch(
      /ARQ Context sample Visits, by words Names of sites, Titles of pages 1/,
    );
    expect(entries.join('\n')).toMatch(/Visits Names of sites 3/);
    expect(entries.join('\n')).not.toMatch(/open\.example|Titleword|garden|whales/);
    await options.screenshot(join(SHOTS, `${name}-plugin-log.png`));
  });

  it('withdrawn, or switched off, it tells nothing', async () => {
    const page = await browser.openPage(`${browser.otherOrigins[1]}/page.html`);
    expect(await query(page, { kind: 'access' })).toMatchObject({ ok: true });
    await options.click('plugins-on');
    await waitFor('the form to go', async () => (await options.count('plugin-by-id')) === 0);
    expect(await query(page, { kind: 'access' })).toBeNull();
    await options.click('plugins-on');
    await options.waitFor('plugin-by-id');
    expect(await query(page, { kind: 'access' })).toMatchObject({ ok: true });
    while ((await options.count('plugin-allowed')) > 0) {
      const before = await options.count('plugin-allowed');
      await options.click('plugin-withdraw');
      await waitFor('one to go', async () => (await options.count('plugin-allowed')) < before);
    }
    expect(await query(page, { kind: 'access' })).toBeNull();
    await options.evaluate(`document.querySelector('[data-testid=plugin-log]').open = true`);
    await options.click('plugin-log-clear');
    await options.click('confirm');
    await waitFor('the log to go', async () => (await options.count('plugin-log')) === 0);
  });
});
