/** A browser with the bench build in it, and commands to the worker that holds a subject. */
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import type { HeapProbe } from '../support/chromium-heap.ts';
import type { Answer, Body, CommandName } from './commands.ts';
import type { SamplePage } from './page-pool.ts';

const PAGE = 'test/bench/page/index.html';

export class BenchHost {
  #page: TestPage | undefined;

  private constructor(
    readonly browser: TestBrowser,
    private readonly subject: string,
    private readonly pages: readonly SamplePage[],
  ) {}

  static async launch(
    name: BrowserName,
    extensionDir: string,
    subject: string,
    pages: readonly SamplePage[],
  ): Promise<BenchHost> {
    const browser = await launchBrowser(name, {
      extensionDir,
      // An event page must not be stopped while it works for minutes; the driver's own stop still works.
      firefoxPrefs: { 'extensions.background.idle.timeout': 3_600_000 },
      firefoxScriptTimeoutMs: 3_600_000,
    });
    return new BenchHost(browser, subject, pages);
  }

  async #opened(): Promise<TestPage> {
    if (this.#page === undefined) {
      this.#page = await this.browser.openExtensionPage(PAGE);
      await this.#page.evaluate(
        (pages: readonly SamplePage[]) => globalThis.bench.setPages(pages),
        this.pages,
      );
    }
    return this.#page;
  }

  /** @param subject another one than the host's own, in the same worker. */
  async run<C extends CommandName>(command: C, body: Body<C>, subject = this.subject): Promise<Answer<C>> {
    const page = await this.#opened();
    return page.evaluate(
      (subject: string, command: C, body: Body<C>) => globalThis.bench.run(subject, command, body),
      subject,
      command,
      body,
    );
  }

  /** Ends the worker, after its store was closed where that is asked for; the next command starts it again. */
  async stopWorker(): Promise<void> {
    const page = await this.#opened();
    if (this.subject === 'arq') return this.browser.stopWorker();
    await this.run('close', null);
    await page.evaluate(() => globalThis.bench.stop());
  }

  /** The worker as it is now; `undefined` where the browser cannot say. */
  async probeHeap(): Promise<HeapProbe | undefined> {
    const origin = this.browser.extensionOrigin;
    const type = this.subject === 'arq' ? 'service_worker' : 'worker';
    return this.browser.probeHeap?.((itsType, url) => itsType === type && url.startsWith(origin));
  }

  async quit(): Promise<void> {
    this.#page = undefined;
    await this.browser.close({ keepProfile: true });
  }

  async relaunch(): Promise<void> {
    await this.browser.relaunch();
  }

  async remove({ keepProfile = false } = {}): Promise<void> {
    await this.browser.close({ keepProfile });
  }
}
