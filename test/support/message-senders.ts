/** The real senders of a test, each driven from the outside: our pages, content scripts in frames of pages, another extension, web pages. */
import type { BrowserName, TestPage } from './browser.ts';
import type { MessageSender, Told, Way } from './message-sender.ts';
import { pageBundle } from './page-bundle.ts';

type Call = keyof MessageSender;
type Rest<C extends Call> = MessageSender[C] extends (way: Way, ...rest: infer R) => unknown ? R : never;

/** Somewhere that messages come from. */
export interface Sender {
  call<C extends Call>(call: C, ...rest: Rest<C>): Promise<Told>;
}

export const senderScript = (): Promise<string> => pageBundle('test/support/message-sender.ts');

const API = '(globalThis.browser ?? chrome)';

/** What a page says by itself. */
export async function pageSender(page: TestPage, script: string, way: Way): Promise<Sender> {
  await page.evaluate(`(() => { ${script} })()`);
  return {
    call: (call, ...rest) =>
      page.evaluate<[], Told>(`globalThis.messageSender.${call}(...${JSON.stringify([way, ...rest])})`),
  };
}

/**
 * What a content script says: in the world that the extension of `page` has in a tab, where its own scripts run.
 * @param tab a pattern that one tab's address matches. @param frame part of the frame's address; none = the tab's own document.
 */
export async function contentSender(
  page: TestPage,
  { tab, frame }: { readonly tab: string; readonly frame?: string },
  script: string,
  way: Way,
): Promise<Sender> {
  const target = await page.evaluate<[], { tabId: number; frameIds: [number] }>(`(async () => {
    const [{ id }] = await ${API}.tabs.query({ url: ${JSON.stringify(tab)} });
    ${
      frame === undefined
        ? 'return { tabId: id, frameIds: [0] };'
        : `const frames = await ${API}.webNavigation.getAllFrames({ tabId: id });
           return { tabId: id, frameIds: [frames.find(({ url }) => url.includes(${JSON.stringify(frame)})).frameId] };`
    }
  })()`);
  const run = (func: string, args: readonly unknown[]) =>
    page.evaluate<[], Told>(`${API}.scripting.executeScript({
      target: ${JSON.stringify(target)},
      func: ${func},
      args: ${JSON.stringify(args)},
    }).then(([{ result }]) => result)`);
  await run(`() => { ${script} }`, []);
  return {
    call: (call, ...rest) =>
      run('(call, rest) => globalThis.messageSender[call](...rest)', [call, [way, ...rest]]),
  };
}

export const wireOf = (browser: BrowserName): Way['wire'] => (browser === 'chromium' ? 'json' : 'clone');
