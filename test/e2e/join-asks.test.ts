/** A browser that joins an account is asked before the account's deletions take anything from it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrowserName } from '../support/browser.ts';
import {
  deletePage,
  isSynced,
  type SyncDevice,
  type SyncPair,
  startSyncPair,
  syncNow,
} from '../support/sync-pair.ts';
import { waitFor } from '../support/wait-for.ts';

describe.each<[BrowserName, BrowserName]>([
  ['chromium', 'firefox'],
  ['firefox', 'chromium'],
])('%s has the account, and %s joins it', (firstName, secondName) => {
  let pair: SyncPair;
  let first: SyncDevice;
  let second: SyncDevice;
  /** The last one that was shown. */
  let code: string;

  beforeAll(async () => {
    pair = await startSyncPair(firstName, secondName);
    ({ first, second } = pair);
    for (const path of ['/both-know', '/second-alone']) await second.visit(path);
    await first.visit('/both-know');
    code = await pair.create();
    await isSynced(first);
    await deletePage(first, 'both-know');
    // A deletion that nobody was told of is one that is given after the other has joined.
    await syncNow(first);
  });
  afterAll(() => pair.close());

  const newCode = async () => {
    await first.show('sync');
    await first.page.click('sync-invite');
    const before = code;
    await waitFor('another code', async () => {
      code = await first.page.text('sync-code');
      return code !== before;
    });
    return code;
  };
  const asked = async () => {
    await pair.join(await newCode());
    await waitFor(
      'the question',
      async () => {
        if ((await second.page.count('join-listed')) === 1) return true;
        throw new Error(
          `${await second.state()} ${await second.page.evaluate('document.querySelector("#app").innerText')}`,
        );
      },
      { timeoutMs: 60_000 },
    );
    expect(await second.page.text('join-said')).toContain('deletions that mean 1 record on this device');
    expect(await second.state()).toBe('waits for you');
    const [listed] = await second.page.texts('join-listed');
    expect(listed).toContain('/both-know');
  };
  const paths = async (device: SyncDevice) =>
    (await device.records()).map((record) => /:\d+(\/\S*)/.exec(record)?.[1]).sort();

  it('keeps everything and is in no account when the person does not join', async () => {
    await asked();
    await second.page.click('join-decline');
    await waitFor('sync to be off', async () => (await second.state()) === 'off');
    expect(await paths(second)).toEqual(['/both-know', '/second-alone']);
    expect(await paths(first)).toEqual([]);
  });

  it('has what the account has when the person agrees', async () => {
    await asked();
    await second.page.click('join-agree');
    for (const device of [second, first]) await isSynced(device);
    for (const device of [second, first])
      await waitFor(`${device.browser.name} to have it`, async () => {
        const now = await paths(device);
        if (now.join() !== '/second-alone') throw new Error(now.join());
        return true;
      });
  });
});
