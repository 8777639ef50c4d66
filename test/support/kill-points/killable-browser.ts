/** A browser that is killed at a point which was ordered, and started again on what it left. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { cpSync } from 'node:fs';
import type { Result } from '../../../src/base/result.ts';
import type { AnswerOf } from '../../../src/messaging/answers.ts';
import type { MessageBody, MessageType } from '../../../src/messaging/messages.ts';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../browser.ts';
import { newTemporaryFolder, removeFolder } from '../profile-folder.ts';
import { rowsInPage } from '../rows-in-page.ts';
import { waitFor, within } from '../wait-for.ts';
import { CHANNEL, type Order, type Report, type Start } from './in-background.ts';
import { EMPTY_PAGE, type Instrumented, instrumented, releaseDir } from './instrumented.ts';
import { type KillReports, startKillReports } from './kill-reports.ts';
import { contentsOf } from './progress.ts';

export type Aim = Omit<Order, 'url'>;

/** A page of the extension that sends the extension's messages. */
export async function sendFrom<T extends MessageType>(
  page: TestPage,
  type: T,
  body: MessageBody<T>,
): Promise<Result<AnswerOf<T>>> {
  const message = JSON.stringify({ type, body });
  return page.evaluate(`(globalThis.browser ?? chrome).runtime.sendMessage(${message})`);
}

/** @throws Error with the sentence of the failure. */
export function answered<T>(answer: Result<T>): T {
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value;
}

/** Which life of the browser something was begun in: what still runs of one that was killed asks nothing of the next. */
const lives = new AsyncLocalStorage<{ isOver: boolean }>();
const never = new Promise<never>(() => {});

export class KillableBrowser {
  page!: TestPage;

  private constructor(
    readonly browser: TestBrowser,
    private readonly copy: Instrumented,
    /** A hash of what is killed, without the script that kills. */
    readonly build: string,
    /** As it says it: a scenario may leave it closed. */
    readonly version: string,
    private readonly reports: KillReports,
  ) {}

  /** With a fresh profile, whose person agreed. */
  static async launch(name: BrowserName): Promise<KillableBrowser> {
    const killable = await KillableBrowser.#start(name, () => ({}));
    answered(await killable.send('consent.set', { accepted: true }));
    return killable;
  }

  /** With a fresh profile in which the background makes nothing. */
  static async launchAsleep(name: BrowserName): Promise<KillableBrowser> {
    return KillableBrowser.#start(name, (url) => ({ order: { url, step: 'start', at: 1, how: 'before' } }));
  }

  static async #start(name: BrowserName, startOf: (url: string) => Start): Promise<KillableBrowser> {
    const copy = instrumented(name);
    const reports = await startKillReports();
    copy.configure(startOf(reports.url));
    const browser = await launchBrowser(name, { extensionDir: copy.extensionDir });
    const killable = new KillableBrowser(
      browser,
      copy,
      contentsOf(releaseDir(name)),
      await browser.version(),
      reports,
    );
    await killable.#openPage();
    return killable;
  }

  async #openPage(): Promise<void> {
    this.page = await this.browser.openExtensionPage(EMPTY_PAGE);
  }

  /** After a start, in the tab that is blank: one more would take as long again. */
  async #openFirstPage(): Promise<void> {
    for (const page of await this.browser.pages()) {
      if ((await page.url()) !== 'about:blank') continue;
      await page.goto(`${this.browser.extensionOrigin}/${EMPTY_PAGE}`);
      this.page = page;
      return;
    }
    await this.#openPage();
  }

  send<T extends MessageType>(type: T, body: MessageBody<T>): Promise<Result<AnswerOf<T>>> {
    return lives.getStore()?.isOver ? never : sendFrom(this.page, type, body);
  }

  /** Says what follows: points tell it. */
  async step(step: string): Promise<void> {
    await (lives.getStore()?.isOver ? never : this.#tell({ step }));
  }

  #tell(said: Order | { readonly step: string } | 'end'): Promise<unknown> {
    const answer = this.page.evaluate(
      (name: string, data: unknown) =>
        new Promise((resolve) => {
          const channel = new BroadcastChannel(name);
          channel.onmessage = (event) => {
            channel.close();
            resolve(event.data);
          };
          channel.postMessage(data);
        }),
      CHANNEL,
      said,
    );
    return within(60_000, 'The background does not hear', answer);
  }

  /** Begins `task`, and kills the browser when it comes to the point. Resolves when it was killed, or `task` ended. */
  async killedAt(aim: Aim, task: () => Promise<void>): Promise<Report> {
    const report = await this.#until(aim, task);
    if (report.killed) await this.browser.kill();
    return report;
  }

  /** The same, but what ends is the extension alone, because its next version comes. Resolves when that is there. */
  async updatedAt(aim: Aim, task: () => Promise<void>, start: Pick<Start, 'aheadMs'>): Promise<Report> {
    const report = await this.#until(aim, task);
    if (!report.killed) return report;
    this.copy.configure(start);
    const version = this.copy.update();
    // All pages of the extension go: without another tab so would the window.
    if ((await this.browser.pages()).length === 1) await this.browser.openPage('about:blank');
    await this.browser.updateExtension();
    await waitFor(
      `version ${version}`,
      async () => {
        await this.#openPage();
        const manifest = '(globalThis.browser ?? chrome).runtime.getManifest().version';
        if ((await this.page.evaluate(manifest)) === version) return true;
        await this.page.close();
        return false;
      },
      { timeoutMs: 30_000, everyMs: 200 },
    );
    return report;
  }

  async #until(aim: Aim, task: () => Promise<void>): Promise<Report> {
    const reported = this.reports.next();
    await this.#tell({ ...aim, url: this.reports.url });
    return this.#race(reported, task);
  }

  async #race(reported: Promise<Report>, task: () => Promise<void>): Promise<Report> {
    let failure: unknown;
    const life = { isOver: false };
    const ended = lives.run(life, task).catch((error: unknown) => {
      failure = error ?? new Error('The task failed.');
    });
    const first = await Promise.race([reported, ended]);
    life.isOver = true;
    if (first) return first;
    const report = (await this.#tell('end')) as Report;
    // Where it was killed, whatever it was doing may have failed.
    if (!report.killed && failure !== undefined) throw failure;
    return report;
  }

  /** Starts it again, after it was killed. */
  async restart(start: Pick<Start, 'aheadMs'> = {}): Promise<void> {
    this.copy.configure(start);
    await this.browser.relaunch();
    await this.#openFirstPage();
  }

  /** The same, and it is killed once more when the start itself, or `task` after it, comes to the point. */
  async restartKilledAt(aim: Aim, task: () => Promise<void>): Promise<Report> {
    const reported = this.reports.next();
    this.copy.configure({ order: { ...aim, url: this.reports.url } });
    await this.browser.relaunch();
    const report = await this.#race(reported, async () => {
      await this.#openFirstPage();
      await task();
    });
    if (report.killed) await this.browser.kill();
    return report;
  }

  /** Rows of all databases of keys, as they lie there: generation to store to rows. */
  async keyRows(): Promise<
    Record<
      string,
      {
        readonly ring: readonly { readonly key: string[]; readonly value: { wrapped: { $bytes: string } } }[];
      }
    >
  > {
    return JSON.parse(await this.page.evaluate(rowsInPage, 'arq-keys-'));
  }

  /** The profile as the disk has it now, which `put` brings back. The browser is not running. */
  saveProfile(): { put(): Promise<void>; remove(): void } {
    const { profileDir } = this.browser;
    const saved = newTemporaryFolder('saved');
    cpSync(profileDir, saved, { recursive: true, verbatimSymlinks: true });
    return {
      async put() {
        // What the killed browser started may still write for a moment.
        await waitFor('the profile to be gone', () => removeFolder(profileDir) ?? true, {
          timeoutMs: 60_000,
        });
        cpSync(saved, profileDir, { recursive: true, verbatimSymlinks: true });
      },
      remove: () => removeFolder(saved),
    };
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.reports.close();
    this.copy.remove();
  }
}
