/** Deleting as a person does it, in both browsers: undo, one visit, half an hour, the last hour, retention, and the log of it all. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const SHOTS = join(import.meta.dirname, '../../artifacts/e2e');
const DAY_MS = 86_400_000;

let site: WebServer;
beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true });
  let times = 0;
  site = await startWebServer((host, path) =>
    path === '/again' ? `<title>Againword ${++times}</title>` : `<title>Titleword ${host} ${path}</title>`,
  );
});
afterAll(() => site.close());

describe.each<BrowserName>(['chromium', 'firefox'])('%s', (name) => {
  let browser: TestBrowser;
  let options: TestPage;
  const show = async (tab: string) => {
    await options.goto(`${browser.extensionOrigin}/src/options/index.html#${tab}`);
    await waitFor('the count', async () => (await options.text('record-count')) !== '');
  };
  const records = async () => Number(await options.text('record-count'));
  const visit = async (host: string, path: string) => {
    const before = await records();
    await (await browser.openPage(`http://${host}:${site.port}${path}`)).close();
    await waitFor('it is recorded', async () => (await records()) > before);
  };
  const found = async (words: string, count: number) => {
    await show('search');
    await options.fill('search-input', words);
    await waitFor(
      `${count} results for ${words}`,
      async () => (await options.count('search-result')) === count,
    );
  };
  const deleteSite = async (host: string) => {
    await show('data');
    await options.fill('delete-site-host', host);
    await options.click('delete-site-run');
    await options.click('confirm');
    await options.waitFor('undo');
  };
  /** No driver has both browsers press two keys at once; the page gets what a person's keys give it. */
  const ctrlZ = () =>
    options.evaluate(() => {
      const pressed = { key: 'z', ctrlKey: true, bubbles: true, cancelable: true };
      (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', pressed));
    });
  const importOld = async (interactions: readonly object[]) => {
    const text = JSON.stringify({
      format: 'arq-context/export/1',
      exportedAt: new Date().toISOString(),
      interactions,
    });
    await options.evaluate((content: string) => {
      const input = document.querySelector<HTMLInputElement>('[data-testid=import-file]');
      const files = new DataTransfer();
      files.items.add(new File([content], 'file.json', { type: 'application/json' }));
      if (!input) throw new Error('no input');
      input.files = files.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    }, text);
    await waitFor('the import to end', async () =>
      (await options.text('import-result')).startsWith(`Imported ${interactions.length}`),
    );
  };

  beforeAll(async () => {
    const extensionDir = join(import.meta.dirname, '../../dist', name === 'chromium' ? 'chrome' : 'firefox');
    browser = await launchBrowser(name, { extensionDir });
    const consent = await browser.waitForPage('onboarding');
    await consent.click('consent-accept');
    await consent.waitFor('persisted');
    options = await browser.openExtensionPage('src/options/index.html#search');
    await waitFor('recording', async () => (await options.text('health')) === 'Recording.');
    for (const path of ['/one', '/two']) await visit('gone.example', path);
    await visit('kept.example', '/');
  });
  afterAll(() => browser.close());

  it('what is deleted is gone at once and comes back by the button, and with Ctrl+Z', async () => {
    for (const undo of [() => options.click('undo'), ctrlZ]) {
      await deleteSite('gone.example');
      expect(await options.text('erasing')).toBe('Deleted 2 records.');
      await waitFor('the count', async () => (await records()) === 1);
      await options.screenshot(join(SHOTS, `${name}-undo.png`));
      await undo();
      await waitFor('it is back', async () => (await records()) === 3);
      await waitFor('the bar is gone', async () => (await options.count('undo')) === 0);
      await found('gone', 2);
    }
  });

  it('what is not undone goes by itself, also when its page is closed', async () => {
    await deleteSite('gone.example');
    await options.close();
    options = await browser.openExtensionPage('src/options/index.html#data');
    await waitFor('the count', async () => (await records()) === 1);
    await waitFor('nothing can be undone', async () => (await options.count('undo')) === 0, {
      timeoutMs: 60_000,
    });
    await options.click('deletion-log');
    await waitFor('the log', async () =>
      /A site: 2 records.*keys destroyed, taken out of queues and copies, written down, told/s.test(
        (await options.texts('deletions')).join(' '),
      ),
    );
    expect(await options.text('deletion-log-state')).toBe('The log is whole.');
    await options.screenshot(join(SHOTS, `${name}-deletion-log.png`));
    await found('gone', 0);
  });

  it('of three visits of one page the middle one goes alone, and comes back until then', async () => {
    await show('search');
    for (let i = 0; i < 3; i++) await visit('again.example', '/again');
    await found('againword', 1);
    await options.click('show-visits');
    const rows = (count: number) =>
      waitFor(`${count} visits`, async () => {
        const titles = (await options.texts('visit')).map((row) => /Againword \d+/.exec(row)?.[0]);
        return titles.length === count && !titles.includes(undefined) ? titles : undefined;
      });
    const [newest, middle, oldest] = await rows(3);
    expect(new Set([newest, middle, oldest]).size).toBe(3);
    for (const undo of [true, false]) {
      const before = await records();
      await options.click('delete-visit', { nth: 1 });
      expect(await options.text('confirm')).toBe('Delete 1 record');
      await options.click('confirm');
      expect(await rows(2)).toEqual([newest, oldest]);
      await waitFor('the count', async () => (await records()) === before - 1);
      if (undo) await options.screenshot(join(SHOTS, `${name}-visits.png`));
      await options.click(undo ? 'undo' : 'erase-finish');
      if (undo) expect(await rows(3)).toEqual([newest, middle, oldest]);
    }
    await options.reload();
    await found('againword', 1);
    await options.click('show-visits');
    expect(await rows(2)).toEqual([newest, oldest]);
  });

  it('many visits of one page come by and by, and stay shown when one of them goes', async () => {
    await show('data');
    await importOld(
      Array.from({ length: 45 }, (_, i) => ({
        kind: 'visit',
        id: `AAAAAAAAAAAAAAAAAAAAAA.3.${i.toString(36)}`,
        at: new Date(Date.now() - (i + 2) * 3_600_000).toISOString(),
        level: 'private',
        url: 'https://many.example/',
        title: `Manyword ${i}`,
        transition: 'link',
        dwellMs: 0,
      })),
    );
    await found('manyword', 1);
    await options.click('show-visits');
    const titles = (from: number, to: number) =>
      waitFor(`${from} to ${to}`, async () => {
        const shown = await options.texts('visit');
        return shown.length === to - from && shown.every((row, i) => row.includes(`Manyword ${from + i}\n`));
      });
    await titles(0, 20);
    await options.click('visits-more');
    await titles(0, 40);
    await options.click('delete-visit');
    await options.click('confirm');
    await titles(1, 41);
    await options.click('erase-finish');
    await options.click('visits-more');
    await titles(1, 45);
    expect(await options.count('visits-more')).toBe(0);
    await options.click('visits-delete-page');
    expect(await options.text('confirm')).toBe('Delete 44 records');
    await options.click('confirm');
    await options.click('erase-finish');
    await found('manyword', 0);
  });

  it('half an hour goes, and nothing before or after it', async () => {
    await show('data');
    const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
    await importOld(
      [120, 72, 65, 45, 30].map((minutes) => ({
        kind: 'visit',
        id: `AAAAAAAAAAAAAAAAAAAAAA.2.${minutes}`,
        at: minutesAgo(minutes).toISOString(),
        level: 'private',
        url: `https://span.example/${minutes}`,
        title: `Spanword ${minutes}`,
        transition: 'link',
        dwellMs: 0,
      })),
    );
    /** As the clock of the browser shows it. */
    const typed = (minutes: number) =>
      options.evaluate((ms: number) => {
        const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
        return date.toISOString().slice(0, 16);
      }, minutesAgo(minutes).getTime());
    await options.fill('delete-from', await typed(40));
    await options.fill('delete-to', await typed(70));
    await options.click('delete-range-run');
    await waitFor('what is wrong', async () =>
      (await options.text('span-problem')).includes('before the beginning'),
    );
    await options.fill('delete-from', await typed(70));
    await options.fill('delete-to', await typed(40));
    await options.click('delete-range-run');
    expect(await options.text('confirm')).toBe('Delete 2 records');
    await options.screenshot(join(SHOTS, `${name}-span.png`));
    await options.click('confirm');
    await options.click('erase-finish');
    await found('spanword', 3);
    const left = (await options.texts('search-result')).join(' ');
    expect([120, 72, 65, 45, 30].filter((minutes) => left.includes(`Spanword ${minutes}`))).toEqual([
      120, 72, 30,
    ]);
  });

  it('all that a search finds is deleted', async () => {
    await visit('some.example', '/findword');
    await visit('other.example', '/findword');
    await found('findword', 2);
    await options.click('delete-found');
    await options.click('confirm');
    await options.click('erase-finish');
    await found('findword', 0);
    await found('kept', 1);
  });

  it('what is past its time goes after it was told how much that is', async () => {
    await show('data');
    await importOld(
      [1, 29, 40, 200].map((days) => ({
        kind: 'visit',
        id: `AAAAAAAAAAAAAAAAAAAAAA.1.${days}`,
        at: new Date(Date.now() - days * DAY_MS).toISOString(),
        level: 'private',
        url: `https://old.example/${days}`,
        title: `Oldword ${days}`,
        transition: 'link',
        dwellMs: 0,
      })),
    );
    await found('oldword', 4);
    await show('privacy');
    await options.fill('retention-private', '30');
    await options.waitFor('confirm');
    await options.screenshot(join(SHOTS, `${name}-retention.png`));
    expect(await options.text('confirm')).toBe('Delete 2 records');
    await options.click('confirm');
    await waitFor('it is saved', async () => (await options.text('retention-result')) === 'Saved.');
    await found('oldword', 2);
    await show('data');
    await options.click('deletion-log');
    await waitFor('the log', async () =>
      (await options.texts('deletions'))
        .join(' ')
        .includes('What was past its time: 2 records (by retention)'),
    );
  });

  it('the last hour is forgotten from the popup, and nothing older', async () => {
    const popup = await browser.openExtensionPage('src/popup/index.html');
    await popup.click('forget-hour');
    await popup.waitFor('undo');
    await popup.screenshot(join(SHOTS, `${name}-popup-undo.png`));
    await popup.click('erase-finish');
    await waitFor('the bar is gone', async () => (await popup.count('undo')) === 0);
    await popup.close();
    await found('kept', 0);
    await found('oldword', 2);
  });
});
