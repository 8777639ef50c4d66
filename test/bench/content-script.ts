/**
 * What our content script costs a page of 5,000 links: CPU time of the page's own thread in our script, as Chromium's tracing
 * counts it, so that waiting for a turn on a busy machine is left out. At load that is compiling and running it, the first
 * message included; of a click every call into our script from then on. What runs after an answer came is not in either: in a
 * sampled profile that was less than a hundredth.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { CDPSession } from 'playwright-core';
import { quantile } from '../../scripts/quantile.ts';
import { launchBrowser, type TestPage } from '../support/browser.ts';
import { startWebServer } from '../support/web-server.ts';
import type { BenchRow } from './rows.ts';

const SCRIPT = 'src/content/observe.iife.js';
const SUBJECT = 'arq';
export const LINKS = 5_000;
export const CLICKS = 200;
const LOADS = 25;
/** Repeats of what was not answered come later than this; a click that was answered has none. */
const SETTLE_MS = 6_000;

const page = `<title>Links</title><ul>${Array.from(
  { length: LINKS },
  (_, i) => `<li><a href="/item/${i}"><span>Item <b>number ${i}</b></span></a></li>`,
).join('')}</ul><script>addEventListener('click', (event) => event.preventDefault());</script>`;

interface TraceEvent {
  readonly name: string;
  readonly args?: { readonly data?: { readonly url?: string } };
  /** CPU time of the thread, µs. */
  readonly tdur?: number;
}

/** Trace events of our script that `work` causes. */
async function traced(session: CDPSession, name: string, work: () => Promise<void>): Promise<number[]> {
  const events: TraceEvent[] = [];
  const collect = ({ value }: { value: unknown[] }) => void events.push(...(value as TraceEvent[]));
  session.on('Tracing.dataCollected', collect);
  await session.send('Tracing.start', { transferMode: 'ReportEvents', categories: 'devtools.timeline' });
  await work();
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await complete;
  session.off('Tracing.dataCollected', collect);
  return events
    .filter((event) => event.name === name && event.args?.data?.url?.endsWith(SCRIPT))
    .map(({ tdur = Number.NaN }) => tdur / 1000);
}

/** Real clicks, on the links that can be seen: scripts' own clicks are not recorded. */
async function clickAll(session: CDPSession, links: TestPage): Promise<void> {
  const places = await links.evaluate(() =>
    [...document.querySelectorAll('a')]
      .map((link) => link.getBoundingClientRect())
      .filter(({ bottom }) => bottom < innerHeight)
      .map(({ x, y, height }) => ({ x: x + 5, y: y + height / 2 })),
  );
  for (let i = 0; i < CLICKS; i++) {
    const place = places[i % places.length];
    if (place === undefined) throw new Error('No link can be seen.');
    for (const type of ['mousePressed', 'mouseReleased'] as const)
      await session.send('Input.dispatchMouseEvent', { type, ...place, button: 'left', clickCount: 1 });
    // As many a second as the background takes from one tab.
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}

/** @param extensionDir a Chromium build. */
export async function measureContentScript(extensionDir: string): Promise<BenchRow[]> {
  const site = await startWebServer(() => page);
  const browser = await launchBrowser('chromium', { extensionDir });
  try {
    if (!browser.devtools) throw new Error('Only Chromium can be asked.');
    const consent = await browser.waitForPage('onboarding');
    await consent.click('consent-accept');
    await consent.waitFor('persisted');
    const links = await browser.openPage(`http://links.example:${site.port}/`);
    const session = await browser.devtools('links.example');
    const loads = await traced(session, 'EvaluateScript', async () => {
      for (let i = 0; i < LOADS; i++) await links.reload();
    });
    if (loads.length < LOADS) throw new Error(`Tracing saw ${loads.length} of ${LOADS} loads.`);
    const clicks = await traced(session, 'FunctionCall', () => clickAll(session, links));
    if (clicks.length < CLICKS) throw new Error(`Tracing saw ${clicks.length} of ${CLICKS} clicks.`);
    const clicksMs = clicks.reduce((sum, ms) => sum + ms, 0);
    const row = (name: string, value: number, unit: string, note: string): BenchRow => ({
      name,
      subject: SUBJECT,
      value,
      unit,
      note,
    });
    return [
      row('content-load-cpu', quantile(loads, 0.5), 'ms', `${LINKS} links, median of ${LOADS} loads`),
      row('content-load-cpu-p95', quantile(loads, 0.95), 'ms', `${LINKS} links, ${LOADS} loads`),
      row('content-click-cpu', clicksMs / CLICKS, 'ms', `mean of ${CLICKS} clicks, their timers included`),
      row('content-gzip-bytes', gzipSync(readFileSync(join(extensionDir, SCRIPT))).length, 'bytes', SCRIPT),
    ];
  } finally {
    await browser.close();
    await site.close();
  }
}
