/** What a browser holds, as its person would find it, and how it comes in. */
import { expect } from 'vitest';
import { waitFor } from '../wait-for.ts';
import { answered, type KillableBrowser } from './killable-browser.ts';

const DAY_MS = 86_400_000;
const AUTHOR = 'A'.repeat(22);
let last = 0;

/** A visit of an exported file; all of one number of days ago are within a minute. */
export function visitDaysAgo(daysAgo: number, word: string, path: string) {
  const n = ++last;
  const dayMs = Math.floor(Date.now() / DAY_MS) * DAY_MS - daysAgo * DAY_MS;
  return {
    kind: 'visit',
    id: `${AUTHOR}.1.${n.toString(36)}`,
    at: new Date(dayMs + 9 * 3_600_000 + n).toISOString(),
    level: 'private',
    url: `https://${word}.example/${path}`,
    title: `Title ${word} ${path}`,
    transition: 'link',
    dwellMs: 1000,
  };
}

export async function importVisits(
  { browser }: KillableBrowser,
  interactions: readonly ReturnType<typeof visitDaysAgo>[],
): Promise<void> {
  const options = await browser.openExtensionPage('src/options/index.html#data');
  await options.waitFor('import-file', { visible: false });
  const exportedAt = new Date().toISOString();
  const file = JSON.stringify({ format: 'arq-context/export/1', exportedAt, interactions });
  await options.evaluate((text: string) => {
    const input = document.querySelector<HTMLInputElement>('[data-testid=import-file]');
    const files = new DataTransfer();
    files.items.add(new File([text], 'file.json', { type: 'application/json' }));
    if (!input) throw new Error('no input');
    input.files = files.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  }, file);
  await waitFor(
    'the import to end',
    async () => (await options.text('import-result')).startsWith(`Imported ${interactions.length} `),
    { timeoutMs: 30_000 },
  );
  await options.close();
}

/** Pages that a search finds. */
export async function found(killable: KillableBrowser, text: string): Promise<number> {
  return answered(await killable.send('records.search', { text, limit: 200 })).hits.length;
}

export const status = async (killable: KillableBrowser) => answered(await killable.send('status.get', {}));

/** A page is visited, and its visit is stored. */
export async function visit(killable: KillableBrowser, url: string, isStored: () => Promise<boolean>) {
  const page = await killable.browser.openPage(url);
  await waitFor(`${url} to be stored`, isStored, { timeoutMs: 20_000 });
  await page.close();
}

/** Nothing is damaged or missing. `health`: what the person is told; by default nothing. */
export async function expectWhole(
  killable: KillableBrowser,
  records: number,
  health = /^Recording\.$/,
): Promise<void> {
  const { days, objects } = answered(await killable.send('closed.look', {}));
  expect({ days, objects }).toEqual({ days: [], objects: 0 });
  const now = await status(killable);
  expect(now.recordCount).toBe(records);
  expect(now.health.message).toMatch(health);
}

/** Keys by period, each with its generation and as it is wrapped, once there is no generation of the key ring but one. */
export async function keysOf(killable: KillableBrowser): Promise<Map<string, string[]>> {
  const rows = await waitFor(
    'one key ring',
    async () => {
      const all = Object.values(await killable.keyRows());
      return all.length === 1 ? all[0] : undefined;
    },
    { timeoutMs: 20_000 },
  );
  const keys = new Map<string, string[]>();
  for (const { key, value } of rows.ring) {
    const period = `${key[0]}/${key[1]}`;
    keys.set(period, [...(keys.get(period) ?? []), `${key.join('/')} ${value.wrapped.$bytes}`]);
  }
  return keys;
}
