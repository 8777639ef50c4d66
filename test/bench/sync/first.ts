/** The first sync of a browser that has nothing: from the click on "Join" until all is there, with the worker ended on the way. */
import type { BrowserName } from '../../support/browser.ts';
import { ArqBrowser } from './arq-browser.ts';
import { startDevice } from './device.ts';
import { startBenchService } from './service.ts';

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

/** Of an account with so many records: each browser as often as `kills` says, with its worker ended so many times. */
export async function firstSyncs(
  names: readonly BrowserName[],
  records: number,
  kills: readonly number[],
): Promise<{ readonly uploadMs: number; readonly uploadBytes: number; readonly runs: FirstSync[] }> {
  const service = await startBenchService();
  const device = startDevice('arq-device.ts');
  try {
    await device.fill(records);
    service.takeBytes();
    const { ms: uploadMs } = await device.upload(service.url);
    const uploadBytes = service.takeBytes();
    const runs: FirstSync[] = [];
    for (const browser of names)
      for (const wanted of kills) {
        const code = await device.invite(null);
        const one = await ArqBrowser.launch(browser);
        service.takeBytes();
        const shown = new Set<number>();
        let killed = 0;
        try {
          const ms = await one.join(code, records, async (count) => {
            shown.add(count);
            if (killed === wanted || count < (records * (killed + 1)) / (wanted + 1) || count >= records)
              return;
            killed += 1;
            await one.browser.stopWorker();
          });
          const bytes = service.takeBytes();
          runs.push({ browser, records, kills: killed, ms, bytes, shown: shown.size });
        } finally {
          await one.close();
        }
      }
    return { uploadMs, uploadBytes, runs };
  } finally {
    device.end();
    await service.close();
  }
}
