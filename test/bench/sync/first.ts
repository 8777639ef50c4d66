/** The first sync of a browser that has nothing: from the click on "Join" until all is there, with the worker ended on the way. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startService } from '../../../server/src/service.ts';
import { type BrowserName, launchBrowser } from '../../support/browser.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startCountingProxy } from './counting-proxy.ts';
import { startDevice } from './device.ts';

export interface FirstSync {
  readonly browser: BrowserName;
  readonly records: number;
  readonly kills: number;
  readonly ms: number;
  /** On the wire to the browser and back. */
  readonly bytes: number;
  /** How many different counts the page showed on the way. */
  readonly shown: number;
}

const OPTIONS = 'src/options/index.html#sync';
const DIST = join(import.meta.dirname, '../../../dist');
const TIMEOUT_MS = 900_000;

/** Of an account with so many records: each browser, first left alone, then ended so many times. */
export async function firstSyncs(
  names: readonly BrowserName[],
  records: number,
  kills: readonly number[],
): Promise<{ readonly uploadMs: number; readonly uploadBytes: number; readonly runs: FirstSync[] }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'arq-bench-'));
  const service = await startService({ host: '127.0.0.1', port: 0, dataDir });
  const proxy = await startCountingProxy(Number(new URL(service.url).port));
  const device = startDevice('arq-device.ts');
  try {
    await device.fill(records);
    proxy.take();
    const { ms: uploadMs } = await device.upload(`http://127.0.0.1:${proxy.port}`);
    const { up, down } = proxy.take();
    const runs: FirstSync[] = [];
    for (const name of names)
      for (const times of kills) {
        const code = await device.invite(null);
        runs.push(await firstSync(name, records, times, code, proxy.take));
      }
    return { uploadMs, uploadBytes: up + down, runs };
  } finally {
    device.end();
    await proxy.close();
    await service.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function firstSync(
  name: BrowserName,
  records: number,
  kills: number,
  code: string,
  take: () => { readonly up: number; readonly down: number },
): Promise<FirstSync> {
  const browser = await launchBrowser(name, {
    extensionDir: join(DIST, name === 'chromium' ? 'chrome' : 'firefox'),
  });
  try {
    const consent = await browser.waitForPage('onboarding');
    await consent.click('consent-accept');
    const page = await browser.openExtensionPage(OPTIONS);
    await waitFor('recording is on', async () => (await page.text('health')) === 'Recording.');
    await consent.close();
    await page.fill('sync-join-code', code);
    take();
    const startMs = performance.now();
    await page.click('sync-join');
    const shown = new Set<number>();
    let killed = 0;
    await waitFor(
      'all of it',
      async () => {
        const count = Number((await page.text('record-count')).replaceAll(/\D/g, ''));
        shown.add(count);
        if (killed < kills && count >= (records * (killed + 0.5)) / kills && count < records) {
          killed += 1;
          await browser.stopWorker();
        }
        return count >= records;
      },
      { timeoutMs: TIMEOUT_MS, everyMs: 50 },
    );
    const ms = performance.now() - startMs;
    const { up, down } = take();
    return { browser: name, records, kills: killed, ms, bytes: up + down, shown: shown.size };
  } finally {
    await browser.close();
  }
}
