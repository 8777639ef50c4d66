/** Another extension that asks, from the browser's message to the answer, on a fake browser with the clock of the test. */

// First: the extension's API has to be there before anything of `src` is loaded.
import './fake-browser.ts';
import { DAY_MS, HOUR_MS } from '../../src/base/clock.ts';
import { externalHandler } from '../../src/messaging/external.ts';
import type { PluginField } from '../../src/model/plugins.ts';
import { Worker } from './worker.ts';

/** The extension, unless another one is said. */
export const ID = 'b'.repeat(32);

/** A page of an extension as Chromium tells it. */
export const senderOf = (id: string) => ({
  id,
  url: `chrome-extension://${id}/page.html`,
  origin: `chrome-extension://${id}`,
});

export class PluginAsker {
  handler = this.#listening();

  private constructor(readonly worker: Worker) {}

  static async start(): Promise<PluginAsker> {
    return new PluginAsker(await Worker.start());
  }

  #listening() {
    return externalHandler({
      nowMs: () => Date.now(),
      answer: (id, message) => this.worker.services.plugins.answer(id, message),
    });
  }

  async restartBrowser(): Promise<void> {
    await this.worker.restartBrowser();
    this.handler = this.#listening();
  }

  report() {
    return this.worker.send('plugins.get', {});
  }

  turn(on: boolean) {
    return this.worker.send('plugins.switch', { on });
  }

  allow(fields: PluginField[], untilMs = Date.now() + DAY_MS, id = ID) {
    return this.worker.send('plugins.allow', { id, name: 'Sample', fields, untilMs });
  }

  /** Waits until it may ask again. */
  tell(message: unknown, id = ID) {
    this.worker.pass(1_000);
    return this.handler(message, senderOf(id));
  }

  query(question: object, id = ID) {
    return this.tell({ arq: 1, query: question }, id);
  }

  async items(question: object) {
    const told = await this.query(question);
    if (!told || !('items' in told)) throw new Error(`no items: ${JSON.stringify(told)}`);
    return told.items;
  }

  /** One page at each other level, then three public ones, an hour apart. */
  async browse(): Promise<void> {
    const { worker } = this;
    for (const level of ['private', 'anonymous', 'ephemeral'] as const) {
      await worker.set({ level });
      await worker.visit(1, `https://${level}.example/`, { title: `${level}word` });
    }
    await worker.set({ level: 'public' });
    worker.pass(HOUR_MS);
    await worker.visit(2, 'https://one.example/a', { title: 'Firstword' });
    worker.pass(HOUR_MS);
    await worker.visit(3, 'https://www.baidu.com/s?wd=blue+whales', { title: 'blue whales - Baidu' });
    worker.pass(HOUR_MS);
    await worker.visit(4, 'https://two.example/b', { title: 'Secondword' });
  }
}
