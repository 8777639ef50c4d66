/** Every view in every state, light and dark: no accessibility rule is broken, nothing overflows, and a picture of it is kept. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { fakeBackground } from '../support/fake-background.ts';
import { VIEW_STATES } from '../support/view-states.ts';
import { waitFor } from '../support/wait-for.ts';

const SHOTS = join(import.meta.dirname, '../../artifacts/e2e/views');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Browsers show a popup no higher than this. */
const POPUP_HEIGHT = 600;

let browser: TestBrowser;
beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true });
  browser = await launchBrowser('chromium', { extensionDir: join(import.meta.dirname, '../../dist/chrome') });
  await (await browser.waitForPage('onboarding')).close();
});
afterAll(() => browser.close());

const setTheme = (page: TestPage, theme: string) =>
  page.evaluate((value) => {
    document.documentElement.dataset.theme = value;
  }, theme);

/** The violated rules, each with the elements that violate it. */
const violations = async (page: TestPage) => {
  await page.evaluate(`${AXE.replace(/;?\s*$/, '')}, 1`).catch(() => page.evaluate(`(() => { ${AXE} })()`));
  return page.evaluate<[], string[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map((node) => node.html + ' ' + node.failureSummary).join(' | ')))`,
  );
};

const height = (page: TestPage) =>
  page.evaluate(() => Math.ceil(document.body.getBoundingClientRect().bottom));
const overflows = (page: TestPage) =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

describe.each(VIEW_STATES)('$name', ({ name, tab, status, answers, reach }) => {
  const view = name.split('-')[0] ?? '';
  const widths = view === 'popup' ? [380] : [1280, 600];

  it('keeps to every rule of accessibility in both themes, and to its width', async () => {
    const page = await browser.openPage('about:blank');
    await page.setViewport({ width: widths[0] ?? 0, height: 800 });
    await page.beforeScripts(fakeBackground, { status, answers });
    await page.goto(
      `${browser.extensionOrigin}/src/${view}/index.html${view === 'options' ? `#${tab}` : ''}`,
    );
    await page.waitFor('#app > *');
    if (status)
      await waitFor(
        'the status',
        async () => !(await page.evaluate(() => document.body.innerText)).includes('Starting'),
      );
    await reach(page);
    for (const width of widths) {
      await page.setViewport({ width, height: 800 });
      if (view === 'popup') expect(await height(page)).toBeLessThanOrEqual(POPUP_HEIGHT);
      expect(await overflows(page), `${width} px are too narrow`).toBe(false);
      await page.setViewport({ width, height: Math.max(view === 'popup' ? 1 : 800, await height(page)) });
      for (const theme of ['light', 'dark']) {
        await setTheme(page, theme);
        await page.screenshot(join(SHOTS, `${name}-${width}-${theme}.png`));
        if (width === widths[0]) expect(await violations(page), theme).toEqual([]);
      }
    }
    await page.close();
  });
});
