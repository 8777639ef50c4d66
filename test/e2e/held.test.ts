/** What the page says that the service holds is what the service's own store has, live; opened, it has words that the bytes have not. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLevelStore } from '../../server/src/store/level.ts';
import type { AccountId } from '../../src/protocol/ids.ts';
import { type SyncDevice, type SyncPair, startSyncPair } from '../support/sync-pair.ts';
import { waitFor } from '../support/wait-for.ts';

interface Row {
  readonly slot: string;
  readonly etag: string;
  readonly size: number;
  readonly seq: number;
  readonly at: number;
  readonly device: string;
}
const byslot = (one: Row, other: Row) => (one.slot < other.slot ? -1 : 1);

describe('a Chromium and a Firefox', () => {
  let pair: SyncPair;
  let devices: readonly SyncDevice[];
  beforeAll(async () => {
    pair = await startSyncPair('chromium', 'firefox');
    devices = [pair.first, pair.second];
  });
  afterAll(() => pair.close());

  const rows = (device: SyncDevice) =>
    device.page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('[data-testid=held-object]')].map(({ dataset }) => ({
        slot: dataset.slot ?? '',
        etag: dataset.etag ?? '',
        size: Number(dataset.size),
        seq: Number(dataset.seq),
        at: Number(dataset.at),
        device: dataset.device ?? '',
      })),
    );
  const show = async (device: SyncDevice) => {
    await device.show('sync');
    await device.page.waitFor('held-show');
    await device.page.evaluate(`document.querySelector('[data-testid=held] details').open = true`);
    await device.page.waitFor('held-object');
  };
  const newest = async (device: SyncDevice) => Math.max(...(await rows(device)).map(({ seq }) => seq));

  async function inStore(account: AccountId): Promise<Row[]> {
    const store = await openLevelStore(pair.dataDir);
    try {
      const objects: Omit<Row, 'seq' | 'device'>[] = [];
      const writes = new Map<string, Pick<Row, 'seq' | 'device'>>();
      for await (const one of store.dump(account)) {
        if (one.type === 'object')
          objects.push({ slot: one.slot, etag: one.etag, size: one.body.length, at: one.at });
        if (one.type === 'change')
          for (const { slot } of one.ops) writes.set(slot, { seq: one.seq, device: one.device });
      }
      return objects
        .map((one) => ({ ...one, ...(writes.get(one.slot) ?? { seq: -1, device: '' }) }))
        .sort(byslot);
    } finally {
      await store.close();
    }
  }

  it('shows each object as the service stores it, and follows what is written', async () => {
    await pair.pair();
    await pair.first.visit('/a-known-title');
    for (const device of devices) await show(device);
    const before = await newest(pair.first);
    await pair.second.visit('/while-it-is-watched');
    await waitFor('the view to follow', async () => (await newest(pair.first)) > before, {
      timeoutMs: 60_000,
    });
    let [last, sinceMs] = ['', 0];
    await waitFor(
      'both to show the same, and nothing more to come',
      async () => {
        const [one, other] = await Promise.all(
          devices.map(async (device) => JSON.stringify((await rows(device)).sort(byslot))),
        );
        if (one !== other || one !== last) [last, sinceMs] = [one ?? '', performance.now()];
        return one === other && performance.now() - sinceMs > 5_000;
      },
      { timeoutMs: 90_000, everyMs: 500 },
    );
    const account = (await pair.first.page.text('held-account')) as AccountId;
    const totals = await pair.first.page.text('held-totals');
    await pair.stopService();
    const stored = await inStore(account);
    await pair.startService();
    expect(stored.length).toBeGreaterThan(4);
    for (const device of devices) expect((await rows(device)).sort(byslot)).toEqual(stored);
    expect(totals).toMatch(new RegExp(`^${stored.length} objects, `));
  });

  it('opens an object: a title that is known stands in the contents and not in the bytes', async () => {
    for (const device of devices) {
      await show(device);
      const { page } = device;
      const found = await waitFor('the part with the title', async () => {
        const count = await page.count('held-unfold');
        for (let at = 0; at < count; at++) {
          await page.evaluate((index) => {
            document.querySelectorAll<HTMLElement>('[data-testid=held-unfold]')[index]?.click();
          }, at);
          const text = await page.text('held-text');
          if (!text.includes('"kind": "part"')) continue;
          await page.waitFor('held-bytes');
          if (text.includes('a-known-title')) return true;
        }
        return false;
      });
      expect(found).toBe(true);
      if ((await page.count('held-all-bytes')) > 0) await page.click('held-all-bytes');
      const bytes = await page.text('held-bytes');
      // The text column of the dump, in one piece: a title is not cut by its lines.
      const ascii = bytes
        .split('\n')
        .map((line) => line.slice(32))
        .join('');
      expect(ascii.length).toBeGreaterThan(500);
      expect(ascii).not.toContain('known');
      expect(ascii).not.toContain('Syncword');
      expect(await page.text('held-text')).toContain('Syncword shared.example /a-known-title');
    }
  });

  it('shows nothing of what was just deleted, while it can still be undone', async () => {
    const { page } = pair.first;
    expect(await page.text('held-text')).toContain('a-known-title');
    // Another page of ours deletes it.
    const other = await pair.first.browser.openExtensionPage('src/options/index.html#search');
    await other.fill('search-input', 'a-known-title');
    await waitFor('one result', async () => (await other.count('search-result')) === 1);
    await other.evaluate(`document.querySelector('[data-testid=search-result] details').open = true`);
    await other.click('delete-page');
    await other.click('confirm');
    await waitFor(
      'it to be gone from the view',
      async () => !(await page.evaluate(() => document.body.innerText)).includes('a-known-title'),
    );
    await other.close();
  });
});
