/**
 * `npm run bench:unseal`: how long 20,000 events that came while the profile was locked take until all are in the journal, in both
 * browsers, and how long sealing them took: with the rules known, and as after a restart with sync on, when 20 rules are applied to each
 * and each goes to the outbox. Prints a table and writes artifacts/bench/unseal.json.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BrowserName, launchBrowser } from '../test/support/browser.ts';
import { pageBundle } from '../test/support/page-bundle.ts';
import { waitFor } from '../test/support/wait-for.ts';
import { startWebServer } from '../test/support/web-server.ts';
import { ensureBrowsers } from './browsers.mjs';
import { buildTarget } from './build.ts';
import { ROOT } from './root.ts';

const EVENTS = 20_000;
const BROWSERS: readonly BrowserName[] = ['chromium', 'firefox'];

ensureBrowsers();
const script = (await pageBundle('test/bench/unseal-page.ts')).replaceAll('</script', '<\\/script');
const site = await startWebServer(() => `<title>Bench</title><script type="module">${script}</script>`);
const rows = [];
for (const name of BROWSERS) {
  const target = name === 'chromium' ? 'chrome' : 'firefox';
  await buildTarget(target, 'release');
  // Each in a profile of its own.
  for (const whole of [false, true]) {
    const browser = await launchBrowser(name, { extensionDir: join(ROOT, 'dist', target) });
    try {
      // WebCrypto needs a secure context: loopback is one.
      const page = await browser.openPage(`http://127.0.0.1:${site.port}/`);
      await page.evaluate(
        (events: number, whole: boolean) => {
          globalThis.unsealed = undefined;
          void globalThis.benchUnseal(events, whole).then(
            (times) => {
              globalThis.unsealed = times;
            },
            (error: unknown) => {
              globalThis.unsealed = String(error);
            },
          );
        },
        EVENTS,
        whole,
      );
      const done = await waitFor('the events', () => page.evaluate(() => globalThis.unsealed ?? false), {
        timeoutMs: 300_000,
        everyMs: 500,
      });
      if (typeof done !== 'object') throw new Error(String(done));
      const { sealMs, openMs } = done;
      rows.push({
        browser: name,
        events: EVENTS,
        'with rules and sync': whole ? 'yes' : 'no',
        'sealing, ms an event': (sealMs / EVENTS).toFixed(3),
        'opening all, s': (openMs / 1_000).toFixed(2),
      });
    } finally {
      await browser.close();
    }
  }
}
await site.close();
console.table(rows);
const folder = join(ROOT, 'artifacts', 'bench');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'unseal.json'), `${JSON.stringify(rows, null, 2)}\n`);
