/**
 * One driver for both browsers, so that one test text runs on both. Tests address elements by `data-testid` only.
 * Chromium is driven by Playwright, Firefox by WebDriver BiDi over a socket of our own (bidi.ts).
 */

import type { CDPSession } from 'playwright-core';
import { type BrowserName, findBrowser, howToInstall } from '../../scripts/browsers.mjs';
import { launchChromium } from './chromium-browser.ts';
import type { HeapProbe } from './chromium-heap.ts';
import { launchFirefox } from './firefox-browser.ts';

export type { BrowserName };

export interface LaunchOptions {
  /** The built extension: `dist/chrome`, `dist/firefox`, … */
  readonly extensionDir: string;
  /** Default true. With a window, its size and its downloads are the person's business. */
  readonly headless?: boolean;
  /**
   * Host names that lead to 127.0.0.1 besides all of `*.example`, e.g. a real search engine's (demo-site.ts). No other
   * name leads anywhere. `'nothing'` leaves names alone: for a person's own browsing.
   */
  readonly loopbackHosts?: readonly string[] | 'nothing';
  /** Let the extension into private windows, where its manifest allows that (the `incognito` variant). */
  readonly privateWindows?: boolean;
  /** Folders of further extensions; their origins are `otherOrigins`, in this order. In Firefox each needs an id of its own. */
  readonly otherExtensions?: readonly string[];
  /** Only for what one test needs. */
  readonly chromiumArgs?: readonly string[];
  readonly firefoxPrefs?: Readonly<Record<string, string | number | boolean>>;
  /** How long a script in a page may take in Firefox; default 30,000. Chromium's driver waits for ever. */
  readonly firefoxScriptTimeoutMs?: number;
}

export interface TestBrowser {
  readonly name: BrowserName;
  /** Below the system's folder for temporary files; removed by `close` and `remove`. */
  readonly profileDir: string;
  /** Without a slash at the end. */
  readonly extensionOrigin: string;
  /** Of `otherExtensions`, without a slash at the end. */
  readonly otherOrigins: readonly string[];
  /** A new tab, in front, with the page loaded. */
  openPage(url: string): Promise<TestPage>;
  /** A new tab with a page of the extension; `path` may carry a fragment: `src/options/index.html#search`. */
  openExtensionPage(path: string): Promise<TestPage>;
  pages(): Promise<TestPage[]>;
  /** The page that the extension (or a site) opens by itself: waits for a tab whose address contains `part`. */
  waitForPage(part: string): Promise<TestPage>;
  /** A page in a private window. The address must be one that no other tab has. */
  openPrivatePage(url: string): Promise<TestPage>;
  /** Runs an expression in the background; its value travels as JSON. Absent in Firefox, whose driver cannot. */
  readonly evaluateInBackground?: (expression: string) => Promise<unknown>;
  /** Of the one worker that `isIt` knows by type and address. Absent in Firefox. */
  readonly probeHeap?: (isIt: (type: string, url: string) => boolean) => Promise<HeapProbe>;
  /** A DevTools session with the tab whose address contains `part`. Absent in Firefox. */
  readonly devtools?: (part: string) => Promise<CDPSession>;
  /** As the browser says it: `Chrome/156.0.8078.79`. */
  version(): Promise<string>;
  /** Ends the background in the middle of what it does. The next event starts it again. */
  stopWorker(): Promise<void>;
  /** What is in the extension's folder now takes the place of what runs, as an update does: all its pages are gone. */
  updateExtension(): Promise<void>;
  /** Quits in order and removes the profile, unless `keepProfile`. */
  close(options?: { readonly keepProfile?: boolean }): Promise<void>;
  /** SIGKILL; the profile stays as the disk has it. */
  kill(): Promise<void>;
  /** The same profile again, after `kill` or `close({ keepProfile: true })`. All earlier pages are gone. */
  relaunch(): Promise<void>;
  /** Resolves when the browser has ended, by whomever. */
  ended(): Promise<void>;
}

export interface Download {
  readonly name: string;
  readonly bytes: Buffer;
  readonly text: string;
}

/**
 * Where a method takes `testid`, it means the first element with that `data-testid`, and waits up to 10 s for it. Clicks,
 * typing and keys bring the tab to the front first, as a person would.
 */
export interface TestPage {
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  /** A test id, or a CSS selector when it contains one of `# . [ > : space`. Default: waits until it is visible. */
  waitFor(
    target: string,
    options?: { readonly visible?: boolean; readonly timeoutMs?: number },
  ): Promise<void>;
  /** A real click with user activation: `permissions.request` works behind it. */
  click(testid: string, options?: { readonly nth?: number }): Promise<void>;
  /** Sets the value of an input, textarea or select, with the events that a person's typing would cause. */
  fill(testid: string, text: string): Promise<void>;
  /** A key by its DOM name, to whatever has focus: `Enter`, `Tab`, `Escape`, `ArrowDown`, `a`. */
  press(key: string): Promise<void>;
  text(testid: string): Promise<string>;
  /** How many there are now; does not wait. */
  count(testid: string): Promise<number>;
  /** The texts of all there are now; does not wait. */
  texts(testid: string): Promise<string[]>;
  /** Runs in the page; arguments and result travel as JSON. A string is an expression; promises are awaited. */
  evaluate<A extends readonly unknown[], T>(
    script: string | ((...args: A) => T | Promise<T>),
    ...args: A
  ): Promise<T>;
  /** Runs in every document that this tab loads from now on, before the document's own scripts. Arguments travel as JSON. */
  beforeScripts<A extends readonly unknown[]>(script: (...args: A) => void, ...args: A): Promise<void>;
  /** What `trigger` makes the browser save. */
  download(trigger: () => Promise<void>): Promise<Download>;
  /** Writes a PNG of the viewport. */
  screenshot(path: string): Promise<void>;
  setViewport(size: { readonly width: number; readonly height: number }): Promise<void>;
  /** Makes it the active tab of its window. */
  activate(): Promise<void>;
  url(): Promise<string>;
  close(): Promise<void>;
}

/** A fresh profile with the extension in it; resolves when the extension runs. */
export async function launchBrowser(name: BrowserName, options: LaunchOptions): Promise<TestBrowser> {
  const program = findBrowser(name);
  if (program === undefined) throw new Error(howToInstall(name));
  return name === 'chromium' ? launchChromium(program, options) : launchFirefox(program, options);
}
