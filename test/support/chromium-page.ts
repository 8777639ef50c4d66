import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import type { TestPage } from './browser.ts';
import { byTestId, fromJson, jsonExpression, scriptCall, selectorOf } from './page-script.ts';

const TIMEOUT_MS = 10_000;

/** A Playwright page behind the interface that both browsers share. */
export function chromiumPage(page: Page): TestPage {
  page.setDefaultTimeout(TIMEOUT_MS);
  const first = (testid: string) => page.locator(byTestId(testid)).first();
  return {
    goto: async (url) => void (await page.goto(url, { waitUntil: 'load' })),
    reload: async () => void (await page.reload({ waitUntil: 'load' })),
    async waitFor(target, { visible = true, timeoutMs = TIMEOUT_MS } = {}) {
      const state = visible ? 'visible' : 'attached';
      await page.locator(selectorOf(target)).first().waitFor({ state, timeout: timeoutMs });
    },
    async click(testid, { nth = 0 } = {}) {
      await page.bringToFront();
      await page.locator(byTestId(testid)).nth(nth).click();
    },
    async fill(testid, text) {
      await page.bringToFront();
      const isSelect = await first(testid).evaluate((element) => element.tagName === 'SELECT');
      if (isSelect) await first(testid).selectOption(text);
      else await first(testid).fill(text);
    },
    async press(key) {
      await page.bringToFront();
      await page.keyboard.press(key);
    },
    text: async (testid) => (await first(testid).innerText()).trim(),
    count: (testid) => page.locator(byTestId(testid)).count(),
    texts: async (testid) =>
      (await page.locator(byTestId(testid)).allInnerTexts()).map((text) => text.trim()),
    async evaluate<A extends readonly unknown[], T>(
      script: string | ((...args: A) => T | Promise<T>),
      ...args: A
    ) {
      return fromJson<T>(await page.evaluate(jsonExpression(script, args)));
    },
    beforeScripts: (script, ...args) => page.addInitScript(scriptCall(script, args)).then(() => {}),
    async download(trigger) {
      const [download] = await Promise.all([page.waitForEvent('download', { timeout: 30_000 }), trigger()]);
      const bytes = readFileSync(await download.path());
      await download.delete();
      return { name: download.suggestedFilename(), bytes, text: bytes.toString('utf8') };
    },
    // A busy machine draws seldom.
    screenshot: async (path) => void (await page.screenshot({ path, timeout: 60_000 })),
    setViewport: (size) => page.setViewportSize({ ...size }),
    activate: () => page.bringToFront(),
    url: async () => page.url(),
    close: () => page.close(),
  };
}
