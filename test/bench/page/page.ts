/** The page that the benchmark drives: it holds the worker of a peer, and reaches our own engine in the background. */
import browser from 'webextension-polyfill';
import { Caller } from '../caller.ts';
import { PORT_PREFIX, type Request } from '../channel.ts';
import type { Answer, Body, CommandName } from '../commands.ts';
import type { SamplePage } from '../page-pool.ts';

export interface BenchPage {
  setPages(pages: readonly SamplePage[]): void;
  /** Starts the worker if there is none. */
  run<C extends CommandName>(subject: string, command: C, body: Body<C>): Promise<Answer<C>>;
  /** Ends the peers' worker. */
  stop(): void;
}

declare global {
  var bench: BenchPage;
}

const caller = new Caller();
let worker: Worker | undefined;

function sendToWorker(request: Request): void {
  if (worker === undefined) {
    worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'bench' });
    worker.onerror = (event) => console.error('The bench worker failed:', event.message);
  }
  worker.postMessage(request);
}

const sendToBackground = (request: Request): void =>
  void browser.runtime.connect({ name: PORT_PREFIX + JSON.stringify(request) });

globalThis.bench = {
  setPages(pages) {
    caller.pages = pages;
  },
  run: (subject, command, body) =>
    caller.call(subject.startsWith('arq') ? sendToBackground : sendToWorker, { subject, command, body }),
  stop() {
    worker?.terminate();
    worker = undefined;
  },
};
