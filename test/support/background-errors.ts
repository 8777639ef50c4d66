/** What the background logs as an error or does not catch, from when it is asked for until the background is stopped. */
import type { TestBrowser, TestPage } from './browser.ts';

interface Scope {
  caught?: string[];
  addEventListener(type: string, listener: (event: { message?: string; reason?: unknown }) => void): void;
  readonly console: { error(...words: unknown[]): void };
}

/** Runs where the background's own objects are at hand. */
function listen(scope: Scope): void {
  const caught: string[] = [];
  scope.caught = caught;
  scope.addEventListener('error', ({ message }) => caught.push(`not caught: ${message}`));
  scope.addEventListener('unhandledrejection', ({ reason }) => caught.push(`not caught: ${reason}`));
  const { error } = scope.console;
  scope.console.error = (...words) => {
    caught.push(words.map(String).join(' '));
    error.apply(scope.console, words);
  };
}

/**
 * @param page one of our own: Firefox's background is a page that it can reach; Chromium's driver reaches the worker itself.
 * Resolves with how to read what there was.
 */
export async function watchBackground(
  browser: TestBrowser,
  page: TestPage,
): Promise<() => Promise<string[]>> {
  const inBackground = (expression: string) => {
    const script = `((scope) => { const __name = (named) => named; return (${expression}); })`;
    return browser.evaluateInBackground
      ? browser.evaluateInBackground(`${script}(self)`)
      : page.evaluate<[], unknown>(`browser.runtime.getBackgroundPage().then(${script})`);
  };
  await inBackground(`(${listen})(scope)`);
  // Else a watch that hears nothing would look like a background in which nothing went wrong.
  await inBackground(`void scope.Promise.reject(new Error('canary'))`);
  await inBackground(`scope.console.error('canary')`);
  const read = async () => (await inBackground('scope.caught')) as string[];
  for (let tries = 0; (await read()).length < 2; tries++) {
    if (tries === 100) throw new Error('Errors of the background are not heard.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await inBackground('void scope.caught.splice(0)');
  return read;
}
