/** The same records from one Chromium to another: by ours, and by PouchDB with a server that speaks CouchDB's protocol. */
import { join } from 'node:path';
import { launchBrowser, type TestPage } from '../../support/browser.ts';
import { pageBundle } from '../../support/page-bundle.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startWebServer } from '../../support/web-server.ts';
import { ArqBrowser } from './arq-browser.ts';
import { startCouch } from './couch.ts';
import { startCountingProxy } from './counting-proxy.ts';
import { startDevice } from './device.ts';
import { recordDays } from './records.ts';
import { startBenchService } from './service.ts';

export interface Moved {
  readonly subject: string;
  readonly records: number;
  readonly uploadMs: number;
  /** Of ours: from the click on "Join", with the pairing. */
  readonly downloadMs: number;
  /** On the wire, both ways. */
  readonly uploadBytes: number;
  readonly downloadBytes: number;
}

/** A device in Node makes the records and gives them to the first browser, which is not measured. That one begins an account of its own. */
export async function moveOurs(records: number): Promise<Moved> {
  const service = await startBenchService();
  const source = startDevice('arq-device.ts');
  const [one, two] = [await ArqBrowser.launch('chromium'), await ArqBrowser.launch('chromium')];
  try {
    await source.fill(records);
    const { more } = await source.upload(service.url);
    await one.join(more, records);
    source.end();
    await one.leave();
    service.takeBytes();
    const uploadMs = await one.create(service.url);
    const uploadBytes = service.takeBytes();
    const code = await one.invite();
    const downloadMs = await two.join(code, records);
    return { subject: 'ARQ', records, uploadMs, downloadMs, uploadBytes, downloadBytes: service.takeBytes() };
  } finally {
    source.end();
    await one.close();
    await two.close();
    await service.close();
  }
}

const SCRIPT = 'test/bench/sync/pouch-page.ts';
/** Of the registry: PouchDB asks for Node's. */
const EVENTS = join(import.meta.dirname, '../../../node_modules/events/events.js');
const ANY_MS = { timeoutMs: 1_800_000, everyMs: 100 };

/** What a page comes to, however long it takes. */
async function outcome(page: TestPage, expression: string): Promise<number> {
  await page.evaluate(
    `(() => {
      globalThis.outcome = undefined;
      ${expression}.then((value) => { globalThis.outcome = { value }; }, (error) => { globalThis.outcome = { error: String(error) }; });
    })()`,
  );
  const done = (await waitFor('the page', () => page.evaluate('globalThis.outcome ?? false'), ANY_MS)) as {
    value?: number;
    error?: string;
  };
  if (done.value === undefined) throw new Error(done.error);
  return done.value;
}

export async function movePeer(records: number): Promise<Moved> {
  const script = (await pageBundle(SCRIPT, { events: EVENTS })).replaceAll('</script', '<\\/script');
  const docs: object[] = [];
  for (const { events } of recordDays(records, 'PouchDevice00000000000'))
    docs.push(...events.map(({ id, ...event }) => ({ _id: id, ...event })));
  const json = JSON.stringify(docs);
  const site = await startWebServer((_, path) =>
    path === '/records'
      ? { type: 'application/json', body: json }
      : `<title>Bench</title><script type="module">${script}</script>`,
  );
  const couch = await startCouch();
  const proxy = await startCountingProxy(couch.port);
  const bytes = () => {
    const { up, down } = proxy.take();
    return up + down;
  };
  const extensionDir = join(import.meta.dirname, '../../../dist/chrome');
  const [one, two] = [
    await launchBrowser('chromium', { extensionDir }),
    await launchBrowser('chromium', { extensionDir }),
  ];
  try {
    const open = async (browser: typeof one) => {
      const page = await browser.openPage(`http://127.0.0.1:${site.port}/`);
      await waitFor('the script', () => page.evaluate('typeof globalThis.pouchFill === "function"'));
      return page;
    };
    const [here, there] = [await open(one), await open(two)];
    if ((await outcome(here, 'pouchFill()')) !== docs.length) throw new Error('not all were filled in');
    const url = `http://127.0.0.1:${proxy.port}/records`;
    bytes();
    const uploadMs = await outcome(here, `pouchUpload(${JSON.stringify(url)})`);
    const uploadBytes = bytes();
    const downloadMs = await outcome(there, `pouchDownload(${JSON.stringify(url)}, ${docs.length})`);
    return { subject: 'PouchDB', records, uploadMs, downloadMs, uploadBytes, downloadBytes: bytes() };
  } finally {
    await one.close();
    await two.close();
    await proxy.close();
    await couch.close();
    await site.close();
  }
}
