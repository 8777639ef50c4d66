/** A real browser with the extension as it is released, driven as a person does it. Times in ms. */
import { join } from 'node:path';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../../support/browser.ts';
import { waitFor } from '../../support/wait-for.ts';

const OPTIONS = 'src/options/index.html#sync';
const DIST = join(import.meta.dirname, '../../../dist');
const SOON = { timeoutMs: 900_000, everyMs: 20 };

export class ArqBrowser {
  private constructor(
    readonly browser: TestBrowser,
    readonly page: TestPage,
  ) {}

  static async launch(name: BrowserName): Promise<ArqBrowser> {
    const extensionDir = join(DIST, name === 'chromium' ? 'chrome' : 'firefox');
    const browser = await launchBrowser(name, { extensionDir });
    const consent = await browser.waitForPage('onboarding');
    await consent.click('consent-accept');
    const page = await browser.openExtensionPage(OPTIONS);
    await waitFor('recording is on', async () => (await page.text('health')) === 'Recording.');
    await consent.close();
    return new ArqBrowser(browser, page);
  }

  /** Records that the page counts. */
  async count(): Promise<number> {
    return Number((await this.page.text('record-count')).replaceAll(/\D/g, ''));
  }

  async #isSynced(): Promise<boolean> {
    const state = await this.page.text('sync-state');
    if (state.startsWith('error')) throw new Error(state);
    return state === 'synced';
  }

  /** From the click on "Join" until so many records are counted. `onCount`: with each look. */
  async join(
    code: string,
    records: number,
    onCount: (count: number) => Promise<void> = async () => {},
  ): Promise<number> {
    await this.page.fill('sync-join-code', code);
    const startMs = performance.now();
    await this.page.click('sync-join');
    await waitFor(
      'all records',
      async () => {
        const count = await this.count();
        await onCount(count);
        return count >= records;
      },
      SOON,
    );
    return performance.now() - startMs;
  }

  /** From the click on "Create" until it says that the service has everything. */
  async create(url: string): Promise<number> {
    await this.page.fill('sync-url', url);
    const startMs = performance.now();
    await this.page.click('sync-create');
    await waitFor('all at the service', () => this.#isSynced(), SOON);
    return performance.now() - startMs;
  }

  async invite(): Promise<string> {
    // Who makes an account is shown a code at once: asking for another one would make that worth nothing.
    if ((await this.page.count('sync-code')) === 0) await this.page.click('sync-invite');
    await waitFor('a code', async () => (await this.page.text('sync-code')).startsWith('arq1:'));
    return this.page.text('sync-code');
  }

  async leave(): Promise<void> {
    await waitFor('it is synced', () => this.#isSynced(), SOON);
    await this.page.click('sync-leave');
    await this.page.click('confirm');
    await waitFor('sync is off', async () => (await this.page.text('sync-state')) === 'off', SOON);
  }

  close(): Promise<void> {
    return this.browser.close();
  }
}
