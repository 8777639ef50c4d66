/** All of it without a mouse, in both browsers: focus is always to be seen and never lost. And the theme that a person chose stays. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const DARK = { firefoxPrefs: { 'layout.css.prefers-color-scheme.content-override': 0 } };

interface Focus {
  readonly testid: string;
  readonly tag: string;
  readonly text: string;
  readonly isVisible: boolean;
  readonly inDialog: boolean;
}

const focus = (page: TestPage): Promise<Focus> =>
  page.evaluate(() => {
    const element = document.activeElement as HTMLElement;
    const style = getComputedStyle(element);
    return {
      testid: element.dataset.testid ?? '',
      tag: element.tagName.toLowerCase(),
      text: element.innerText?.trim() ?? '',
      isVisible:
        element.matches(':focus-visible') && style.outlineStyle !== 'none' && element.checkVisibility(),
      inDialog: element.closest('dialog') !== null,
    };
  });

/** Presses Tab until this has focus; every stop on the way must be seen. */
async function tabTo(page: TestPage, wanted: string): Promise<void> {
  const stops: string[] = [];
  for (let i = 0; i < 30; i++) {
    await page.press('Tab');
    const at = await focus(page);
    if (at.tag !== 'body' && at.tag !== 'html')
      expect(at, 'focus can be seen').toMatchObject({ isVisible: true });
    if (at.testid === wanted || at.tag === wanted) return;
    stops.push(at.testid || at.text || at.tag);
  }
  throw new Error(`Tab never came to ${wanted}, only to ${stops.join(', ')}`);
}

const focusIs = (page: TestPage, testid: string) =>
  waitFor(`focus to be on ${testid}`, async () => (await focus(page)).testid === testid);

let site: WebServer;
beforeAll(async () => {
  site = await startWebServer((_host, path) => `<title>Keyword ${path}</title>`);
});
afterAll(() => site.close());

describe.each<BrowserName>(['chromium', 'firefox'])('%s', (name) => {
  let browser: TestBrowser;
  let options: TestPage;
  beforeAll(async () => {
    const extensionDir = join(import.meta.dirname, '../../dist', name === 'chromium' ? 'chrome' : 'firefox');
    browser = await launchBrowser(name, { extensionDir, ...DARK });
  });
  afterAll(() => browser.close());

  it('agrees, chooses a level, pauses and resumes', async () => {
    const consent = await browser.waitForPage('onboarding');
    await tabTo(consent, 'consent-accept');
    await consent.press('Enter');
    await consent.waitFor('persisted');
    await waitFor('focus to be on what came instead', async () => (await focus(consent)).tag === 'a');
    await consent.close();

    const popup = await browser.openExtensionPage('src/popup/index.html');
    await popup.waitFor('page-records, .page');
    const isChosen = (level: string) =>
      waitFor(`${level} to be chosen`, () =>
        popup.evaluate((id) => document.querySelector<HTMLInputElement>(`#level-${id}`)?.checked, level),
      );
    await isChosen('private');
    await tabTo(popup, 'pause-15m');
    await popup.press('Enter');
    await focusIs(popup, 'resume');
    await popup.press('Space');
    await focusIs(popup, 'pause-15m');
    await tabTo(popup, 'level-private');
    await popup.press('ArrowRight');
    await isChosen('anonymous');
    await focusIs(popup, 'level-anonymous');
    await popup.press('ArrowLeft');
    await isChosen('private');
    await waitFor('the level holds', async () => (await popup.text('health')) === 'Recording.');
    await popup.close();
  });

  it('searches, goes through the results, deletes one after a question', async () => {
    for (const path of ['/one', '/two', '/three'])
      await (await browser.openPage(`http://keys.example:${site.port}${path}`)).close();
    options = await browser.openExtensionPage('src/options/index.html#search');
    await focusIs(options, 'search-input');
    for (const letter of 'key') await options.press(letter);
    await waitFor('three results', async () => (await options.count('search-result')) === 3);
    await options.press('ArrowDown');
    await options.press('ArrowDown');
    expect(await focus(options)).toMatchObject({ text: 'Keyword /two', isVisible: true });
    await tabTo(options, 'summary');
    await options.press('Enter');
    await tabTo(options, 'delete-page');

    await options.press('Enter');
    await focusIs(options, 'cancel');
    // Modal: the rest of the page cannot have focus. (One step further, Tab leaves for the browser's own buttons.)
    expect(await options.evaluate(`document.querySelector('dialog').matches(':modal')`)).toBe(true);
    await options.press('Tab');
    expect(await focus(options)).toMatchObject({ testid: 'confirm', isVisible: true });
    await options.press('Escape');
    await focusIs(options, 'delete-page');
    expect(await options.count('search-result')).toBe(3);

    await options.press('Enter');
    await focusIs(options, 'cancel');
    await tabTo(options, 'confirm');
    await options.press('Enter');
    await waitFor('the page is gone', async () => (await options.count('search-result')) === 2);
    await waitFor('focus to be on its successor', async () => (await focus(options)).text === 'Keyword /one');
  });

  it('opens the visits of a result, deletes one of them, and closes them', async () => {
    await (await browser.openPage(`http://keys.example:${site.port}/one`)).close();
    await options.activate();
    await options.fill('search-input', 'keyword one');
    await waitFor('one result', async () => (await options.count('search-result')) === 1);
    await options.press('ArrowDown');
    await tabTo(options, 'show-visits');
    await options.press('Enter');
    await waitFor('two visits', async () => (await options.count('visit')) === 2);
    await tabTo(options, 'delete-visit');
    await options.press('ArrowDown');
    const [, older = ''] = await options.texts('delete-visit');
    expect(await focus(options)).toMatchObject({ testid: 'delete-visit', text: older, isVisible: true });
    await options.press('Enter');
    await focusIs(options, 'cancel');
    await tabTo(options, 'confirm');
    await options.press('Enter');
    await waitFor('one visit is left', async () => (await options.count('visit')) === 1);
    await focusIs(options, 'delete-visit');
    expect(await focus(options)).toMatchObject({ isVisible: true });
    await options.press('Escape');
    await focusIs(options, 'show-visits');
    expect(await options.count('visit')).toBe(0);
  });

  it('goes through the tabs with the arrow keys', async () => {
    await options.evaluate(`document.activeElement.blur()`);
    await options.evaluate(`document.getElementById('tab-search').focus()`);
    for (const [key, tab] of [
      ['ArrowRight', 'privacy'],
      ['End', 'health'],
      ['ArrowRight', 'search'],
      ['ArrowLeft', 'health'],
      ['ArrowLeft', 'data'],
    ] as const) {
      await options.press(key);
      await waitFor(`tab ${tab}`, () =>
        options.evaluate(
          (id) => document.activeElement?.id === `tab-${id}` && location.hash === `#${id}`,
          tab,
        ),
      );
    }
  });

  it('compacts, and forgets what is cached; focus comes back to the button', async () => {
    await options.goto(`${browser.extensionOrigin}/src/options/index.html#health`);
    await options.waitFor('health-extent');
    await tabTo(options, 'compact');
    await options.press('Enter');
    await waitFor('the end', async () => (await options.text('compact-result')).startsWith('Compacted'));
    await focusIs(options, 'compact');
    await tabTo(options, 'purge');
    await options.press('Space');
    await waitFor('it to be forgotten', async () => (await options.text('purge-result')) !== '');
    await focusIs(options, 'purge');
  });

  it('follows the system, or the theme that was chosen, also after a reload', async () => {
    const isDark = () =>
      options.evaluate(() => {
        const [red = 0] =
          getComputedStyle(document.body)
            .backgroundColor.match(/[\d.]+/g)
            ?.map(Number) ?? [];
        return red < 128;
      });
    const system = name === 'firefox';
    expect(await isDark()).toBe(system);
    await options.fill('theme', system ? 'light' : 'dark');
    expect(await isDark()).toBe(!system);
    await options.reload();
    await options.waitFor('theme');
    expect(await isDark()).toBe(!system);
    await options.fill('theme', 'system');
    expect(await isDark()).toBe(system);
  });
});
