/** Two browsers share one memory through the real service. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService } from '../../server/src/service.ts';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { filesBelow, searchBytes } from '../support/search-bytes.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const OPTIONS = 'src/options/index.html';

describe.each<[BrowserName, BrowserName]>([
  ['chromium', 'chromium'],
  ['chromium', 'firefox'],
])('%s and %s', (firstName, secondName) => {
  let site: WebServer;
  let service: Awaited<ReturnType<typeof startService>>;
  let dataDir: string;
  const browsers: TestBrowser[] = [];
  const options: TestPage[] = [];
  const [A, B] = [0, 1] as const;
  const page = (index: number) => options[index] as TestPage;
  const browser = (index: number) => browsers[index] as TestBrowser;

  beforeAll(async () => {
    site = await startWebServer(
      (host, path) => `<title>Syncword ${host} ${path}</title><button data-testid="press">Press</button>`,
    );
    dataDir = mkdtempSync(join(tmpdir(), 'arq-service-'));
    service = await startService({ host: '127.0.0.1', port: 0, dataDir });
    for (const name of [firstName, secondName]) {
      const extensionDir = join(
        import.meta.dirname,
        '../../dist',
        name === 'chromium' ? 'chrome' : 'firefox',
      );
      const started = await launchBrowser(name, { extensionDir });
      browsers.push(started);
      const consent = await started.waitForPage('onboarding');
      await consent.click('consent-accept');
      options.push(await started.openExtensionPage(`${OPTIONS}#sync`));
      await waitFor('recording is on', async () => (await options.at(-1)?.text('health')) === 'Recording.');
      await consent.close();
    }
  });
  afterAll(async () => {
    for (const started of browsers) await started.close();
    await service.close();
    await site.close();
    rmSync(dataDir, { recursive: true });
  });

  const visit = async (index: number, path: string) =>
    (await browser(index).openPage(`http://shared.example:${site.port}${path}`)).close();
  const found = async (index: number): Promise<string[]> => {
    const { text } = await page(index).download(() => page(index).click('export-json'));
    const { interactions } = JSON.parse(text) as {
      interactions: { id: string; url: string; kind: string }[];
    };
    return interactions.map(({ id, url }) => `${id} ${url}`).sort();
  };
  const show = async (index: number, tab: string) => {
    await page(index).goto(`${browser(index).extensionOrigin}/${OPTIONS}#${tab}`);
    await page(index).waitFor('record-count');
  };
  const converged = async (records: number) => {
    for (const index of [A, B]) {
      await waitFor(
        `browser ${index} to have ${records} records`,
        async () =>
          Number(await page(index).text('record-count')) === records ||
          (await page(index).text('record-count')),
        { timeoutMs: 1 },
      ).catch(() => {});
      await waitFor(
        `browser ${index} to have ${records} records`,
        async () => Number(await page(index).text('record-count')) === records,
        { timeoutMs: 90_000 },
      );
    }
    for (const index of [A, B]) await show(index, 'data');
    expect(await found(A)).toEqual(await found(B));
  };

  it('tells what is wrong with an address, a code, or a service that is not there', async () => {
    await page(A).fill('sync-url', 'http://somewhere.example');
    await page(A).click('sync-create');
    await waitFor('a sentence', async () => (await page(A).text('sync-problem')).includes('https://'));
    await page(A).fill('sync-url', 'http://127.0.0.1:9');
    await page(A).click('sync-create');
    await waitFor('a sentence', async () => (await page(A).text('sync-problem')).includes('does not answer'));
    await page(A).fill('sync-url', `http://127.0.0.1:${site.port}`);
    await page(A).click('sync-create');
    await waitFor('a sentence', async () =>
      (await page(A).text('sync-problem')).includes('not an ARQ sync service'),
    );
    await page(A).fill('sync-join-code', 'arq1:nonsense');
    await page(A).click('sync-join');
    await waitFor('a sentence', async () =>
      (await page(A).text('sync-problem')).includes('not a pairing code'),
    );
    expect(await page(A).text('sync-state')).toBe('off');
  });

  it('pairs with a code, and both have what either had', async () => {
    for (let i = 0; i < 5; i++) {
      await visit(A, `/a-before-${i}`);
      await visit(B, `/b-before-${i}`);
    }
    await page(A).fill('sync-url', service.url);
    await page(A).click('sync-create');
    const code = await page(A).text('sync-code');
    expect(code).toMatch(/^arq1:/);
    await page(B).fill('sync-join-code', code);
    await page(B).click('sync-join');
    for (const index of [A, B])
      await waitFor('synced', async () => (await page(index).text('sync-state')) === 'synced', {
        timeoutMs: 30_000,
      });
    await converged(10);
  });

  it('a used code is refused with a sentence', async () => {
    await show(A, 'sync');
    expect(await page(A).count('device')).toBe(2);
  });

  it('shows a change on the other device, and keeps deletions deleted', async () => {
    await show(A, 'data');
    await visit(A, '/after-pairing');
    await converged(11);
    await visit(B, '/from-the-other');
    await converged(12);
    await page(B).fill('delete-from', '2000-01-01');
    await page(B).fill('delete-to', '2000-01-02');
    await show(B, 'search');
    await page(B).fill('search-input', 'a-before-3');
    await waitFor('one result', async () => (await page(B).count('search-result')) === 1);
    await page(B).evaluate(`document.querySelector('[data-testid=search-result] details').open = true`);
    await page(B).click('delete-page');
    await page(B).click('confirm');
    await waitFor('the page is gone', async () => Number(await page(B).text('record-count')) === 11);
    await converged(11);
  });

  it('the service holds nothing readable', async () => {
    await service.close();
    expect(
      searchBytes(filesBelow(dataDir), ['Syncword', 'shared.example', 'a-before', 'after-pairing']),
    ).toEqual([]);
    service = await startService({ host: '127.0.0.1', port: Number(new URL(service.url).port), dataDir });
  });
});
