import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bidi, evaluateString } from './bidi.ts';
import type { TestPage } from './browser.ts';
import { fillField, findTarget, isVisible, noteClick, textsOf, wasClicked } from './dom-actions.ts';
import { byTestId, fromJson, jsonExpression, scriptCall, selectorOf } from './page-script.ts';
import { waitFor } from './wait-for.ts';

const TIMEOUT_MS = 10_000;
/** So often a click is tried that the page does not hear of. */
const CLICKS = 3;

/** WebDriver's code points for keys without a character (W3C WebDriver, "keyboard actions"). */
const KEYS: Readonly<Record<string, string>> = {
  Backspace: '\uE003',
  Tab: '\uE004',
  Enter: '\uE007',
  Shift: '\uE008',
  Escape: '\uE00C',
  Space: ' ',
  ArrowLeft: '\uE012',
  ArrowUp: '\uE013',
  ArrowRight: '\uE014',
  ArrowDown: '\uE015',
  End: '\uE010',
  Home: '\uE011',
  Delete: '\uE017',
};

/** A tab of Firefox. Waits by polling what the page says of itself: extension pages report no load event. */
export function firefoxPage(
  bidi: Bidi,
  context: string,
  downloadsDir: string,
  scriptTimeoutMs?: number,
): TestPage {
  const evaluate = async <A extends readonly unknown[], T>(
    script: string | ((...args: A) => T | Promise<T>),
    ...args: A
  ): Promise<T> =>
    fromJson<T>(await evaluateString(bidi, context, jsonExpression(script, args), scriptTimeoutMs));
  const activate = async () => void (await bidi.send('browsingContext.activate', { context }));
  const act = (actions: readonly object[]) => bidi.send('input.performActions', { context, actions });
  const present = (testid: string) =>
    waitFor(`[data-testid=${testid}] to be there`, () => evaluate(isVisible, byTestId(testid), false));
  /** A tab that Firefox has not brought to the front yet loses what is done with the mouse: then no page hears of it. */
  const isClicked = () =>
    waitFor('a click', () => evaluate(wasClicked), { timeoutMs: 2_000 }).then(
      () => true,
      // Anything else: the click closed the page.
      ({ message }: Error) => !message.endsWith('Last: false'),
    );
  /** A document that is complete and, after a reload, another one than before. */
  const loaded = (url: string, otherThan?: number) =>
    waitFor(`${url} to load`, () =>
      evaluate(
        (wanted: string, old: number | undefined) =>
          document.readyState === 'complete' &&
          location.href.split('#')[0] === wanted &&
          performance.timeOrigin !== old,
        url.split('#')[0] ?? url,
        otherThan,
      ),
    );

  return {
    evaluate,
    activate,
    async goto(url) {
      const ordinary = /^https?:/.test(url);
      await bidi.send('browsingContext.navigate', { context, url, wait: ordinary ? 'complete' : 'none' });
      if (!ordinary) await loaded(url);
    },
    async reload() {
      const before = await evaluate(() => ({ url: location.href, origin: performance.timeOrigin }));
      await bidi.send('browsingContext.reload', { context, wait: 'none' });
      await loaded(before.url, before.origin);
    },
    async waitFor(target, { visible = true, timeoutMs = TIMEOUT_MS } = {}) {
      const selector = selectorOf(target);
      await waitFor(
        `${selector} to be ${visible ? 'visible' : 'there'}`,
        () => evaluate(isVisible, selector, visible),
        { timeoutMs },
      );
    },
    async click(testid, { nth = 0 } = {}) {
      for (let tries = 1; ; tries++) {
        await activate();
        const place = await waitFor(`[data-testid=${testid}] to be clickable`, () =>
          evaluate(findTarget, byTestId(testid), nth),
        );
        await evaluate(noteClick);
        const move = { type: 'pointerMove', x: place.x, y: place.y, origin: 'viewport' };
        const actions = [move, { type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 }];
        await act([{ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions }]);
        if (tries === CLICKS || (await isClicked())) return;
      }
    },
    async fill(testid, text) {
      await activate();
      await present(testid);
      await evaluate(fillField, byTestId(testid), text);
    },
    async press(key) {
      await activate();
      const value = KEYS[key] ?? key;
      await act([
        {
          type: 'key',
          id: 'keyboard',
          actions: [
            { type: 'keyDown', value },
            { type: 'keyUp', value },
          ],
        },
      ]);
    },
    async text(testid) {
      await present(testid);
      return (await evaluate(textsOf, byTestId(testid)))[0] ?? '';
    },
    count: async (testid) => (await evaluate(textsOf, byTestId(testid))).length,
    texts: (testid) => evaluate(textsOf, byTestId(testid)),
    async beforeScripts(script, ...args) {
      const functionDeclaration = `() => { ${scriptCall(script, args)} }`;
      await bidi.send('script.addPreloadScript', { functionDeclaration, contexts: [context] });
    },
    async download(trigger) {
      const before = new Set(readdirSync(downloadsDir));
      await trigger();
      // Firefox reserves the name with an empty file and writes NAME.part beside it until all is there.
      const name = await waitFor(
        'a finished download',
        () => {
          const added = readdirSync(downloadsDir).filter((file) => !before.has(file));
          return added.some((file) => file.endsWith('.part'))
            ? null
            : added.find((file) => readFileSync(join(downloadsDir, file)).length > 0);
        },
        { timeoutMs: 30_000 },
      );
      const bytes = readFileSync(join(downloadsDir, name));
      // So that the next one of this name is not called NAME(1).
      rmSync(join(downloadsDir, name));
      return { name, bytes, text: bytes.toString('utf8') };
    },
    async screenshot(path) {
      const { data } = await bidi.send('browsingContext.captureScreenshot', { context });
      writeFileSync(path, Buffer.from(String(data), 'base64'));
    },
    setViewport: async (size) =>
      void (await bidi.send('browsingContext.setViewport', { context, viewport: { ...size } })),
    url: () => evaluate(() => location.href),
    close: async () => void (await bidi.send('browsingContext.close', { context })),
  };
}
