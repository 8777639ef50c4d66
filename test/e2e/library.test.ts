/** The library as it is built, in a plain page of real browsers: the examples of its documentation, with what they say they print. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildLibrary, LIBRARY_FILE } from '../../scripts/build.ts';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { libraryExamples } from '../support/library-examples.ts';
import { newTemporaryFolder, removeFolder } from '../support/profile-folder.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const EXAMPLES = libraryExamples();
/** What a page does to use it. */
const PAGE = `<title>Library</title><script type="importmap">
  {"imports": {"arq-context/library": "/library/${LIBRARY_FILE}"}}
</script>`;

let folder: string;
let site: WebServer;
beforeAll(async () => {
  folder = newTemporaryFolder('library-page');
  await buildLibrary(folder);
  site = await startWebServer((_, path) =>
    path.startsWith('/library/')
      ? { type: 'text/javascript', body: readFileSync(join(folder, path.slice('/library/'.length))) }
      : path.startsWith('/example/')
        ? { type: 'text/javascript', body: EXAMPLES[Number(path.slice('/example/'.length))]?.code ?? '' }
        : PAGE,
  );
}, 120_000);
afterAll(async () => {
  await site.close();
  removeFolder(folder);
});

describe.each<BrowserName>(['chromium', 'firefox'])('%s', (name) => {
  let browser: TestBrowser;
  let page: TestPage;
  beforeAll(async () => {
    const dist = name === 'chromium' ? 'chrome' : 'firefox';
    browser = await launchBrowser(name, { extensionDir: join(import.meta.dirname, '../../dist', dist) });
    page = await browser.openPage(`http://127.0.0.1:${site.port}/`);
  });
  afterAll(() => browser.close());

  it.each(EXAMPLES.map((example, n) => [n, example] as const))('runs example %i', async (n, { says }) => {
    expect(says.length).toBeGreaterThan(0);
    // As text: what runs the tests would write `import` anew.
    const printed = (await page.evaluate(`(async () => {
      const { log } = console;
      const lines = [];
      console.log = (...words) => void lines.push(words.join(' '));
      try {
        await import('/example/${n}');
      } finally {
        console.log = log;
      }
      return lines;
    })()`)) as string[];
    expect(printed.filter((line) => !line.startsWith('days read'))).toEqual(says);
  });

  it('finds again what was there when the page is loaded anew', async () => {
    await page.goto(`http://127.0.0.1:${site.port}/again`);
    const found = (await page.evaluate(`(async () => {
      const { openContextStorage } = await import('arq-context/library');
      const storage = await openContextStorage();
      const records = await storage.queryInteractions({ text: 'beet' });
      await storage.close();
      return records.map(({ kind }) => kind);
    })()`)) as string[];
    expect(found.sort()).toEqual(['search', 'visit']);
  });
});
