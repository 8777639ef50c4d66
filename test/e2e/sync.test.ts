/** Two browsers share one memory through the real service, whatever happens to the service. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrowserName } from '../support/browser.ts';
import { filesBelow, searchBytes } from '../support/search-bytes.ts';
import { statusOf } from '../support/status.ts';
import {
  deletePage,
  goesOn,
  isSynced,
  type SyncDevice,
  type SyncPair,
  startSyncPair,
} from '../support/sync-pair.ts';
import { waitFor } from '../support/wait-for.ts';

describe.each<[BrowserName, BrowserName]>([
  ['chromium', 'chromium'],
  ['chromium', 'firefox'],
])('%s and %s', (firstName, secondName) => {
  let pair: SyncPair;
  let first: SyncDevice;
  let second: SyncDevice;
  let usedCode: string;

  beforeAll(async () => {
    pair = await startSyncPair(firstName, secondName);
    ({ first, second } = pair);
  });
  afterAll(() => pair.close());

  const converged = (records: number) =>
    waitFor(
      `both to have the same ${records} records`,
      async () => {
        const counts = [await first.recordCount(), await second.recordCount()];
        if (counts.some((count) => count !== records))
          throw new Error(`They have ${counts}, and are ${await first.state()} and ${await second.state()}`);
        const [one, other] = [await first.records(), await second.records()];
        return one.length === records && JSON.stringify(one) === JSON.stringify(other);
      },
      { timeoutMs: 90_000, everyMs: 200 },
    );
  const problemSays = (device: SyncDevice, words: string) =>
    waitFor(`a sentence with "${words}"`, async () => {
      const said = await device.page.text('sync-problem');
      if (said.includes(words)) return true;
      throw new Error(`It says "${said}"`);
    });
  const setRule = async (device: SyncDevice, host: string) => {
    await device.show('privacy');
    await device.page.fill('rule-host', host);
    await device.page.click('rule-add');
  };
  const settings = async (device: SyncDevice): Promise<string[]> => {
    await device.show('privacy');
    await device.page.waitFor('rule-host');
    const level = await device.page.evaluate(
      `document.querySelector('input[type=radio]:checked, [aria-checked=true]')?.value ?? ''`,
    );
    return [String(level), ...(await device.page.texts('rule')).sort()];
  };

  it('tells what is wrong with an address, a code, or a service that is not there', async () => {
    const { page } = first;
    await page.fill('sync-url', 'http://somewhere.example');
    await page.click('sync-create');
    await problemSays(first, 'https://');
    await page.fill('sync-url', 'http://127.0.0.1:9');
    await page.click('sync-create');
    await problemSays(first, 'does not answer');
    await page.fill('sync-url', `http://127.0.0.1:${pair.site.port}`);
    await page.click('sync-create');
    await problemSays(first, 'not an ARQ sync service');
    await page.fill('sync-join-code', 'arq1:nonsense');
    await page.click('sync-join');
    await problemSays(first, 'not a pairing code');
    expect(await first.state()).toBe('off');
  });

  it('pairs with a code, and both have what either had', async () => {
    for (let i = 0; i < 5; i++) {
      await first.visit(`/a-before-${i}`);
      await second.visit(`/b-before-${i}`);
    }
    usedCode = await pair.create();
    expect(usedCode).toMatch(/^arq1:/);
    await isSynced(first);
    await pair.join(usedCode);
    // It has records, so it says first what comes and what goes.
    expect(await goesOn(second)).toMatch(
      /^New here: about \d+ records?; changed: nothing; deleted: 0 records\.$/,
    );
    await isSynced(first);
    await converged(10);
  });

  it('shows a change on the other device, and keeps deletions deleted', async () => {
    await first.visit('/after-pairing');
    await converged(11);
    await second.visit('/from-the-other');
    await converged(12);
    await deletePage(second, 'a-before-3');
    await converged(11);
    // Each says, signed, that it erased it, and both are shown by both.
    for (const device of [first, second]) {
      await device.show('sync');
      await waitFor(
        'both receipts',
        async () => {
          const [said, receipts] = [
            await device.page.text('deletions-said'),
            await device.page.texts('receipt'),
          ];
          if (said !== 'Carried out on every device.') throw new Error(`${said} ${receipts}`);
          expect(receipts.filter((one) => /: erased /.test(one))).toHaveLength(2);
          expect(receipts.filter((one) => one.includes('(this one)'))).toHaveLength(1);
          return true;
        },
        { timeoutMs: 90_000 },
      );
    }
  });

  it('both show the same words to compare', async () => {
    for (const device of [first, second]) {
      await device.show('sync');
      await device.page.click('compare-open');
    }
    const said = ({ page }: SyncDevice) =>
      Promise.all([page.text('compare-words'), page.text('compare-entries')]).then((texts) =>
        texts.join(' '),
      );
    await waitFor('the same words', async () => {
      const [one, other] = [await said(first), await said(second)];
      if (one === other) return /^([a-z]+ ){8}\d+$/.test(one);
      throw new Error(`${one}, ${other}`);
    });
  });

  it('leaving keeps what is there; a used code is refused, a new one joins again', async () => {
    await second.show('sync');
    await second.page.click('sync-leave');
    await second.page.click('confirm');
    await waitFor('sync to be off', async () => (await second.state()) === 'off');
    expect(await second.recordCount()).toBe(11);
    await waitFor('the other to see that it left', async () => {
      await first.show('sync');
      return (await first.page.count('device')) === 1;
    });
    await second.page.fill('sync-join-code', usedCode);
    await second.page.click('sync-join');
    await problemSays(second, 'Make a new one');
    expect(await second.state()).toBe('off');
    await second.visit('/while-alone');

    await first.page.click('sync-invite');
    await second.page.fill('sync-join-code', await first.page.text('sync-code'));
    await second.page.click('sync-join');
    expect(await goesOn(second)).toContain('deleted: 0 records.');
    await converged(12);
  });

  it('converges after edits on both sides while the service was down', async () => {
    await pair.stopService();
    await first.visit('/down-a');
    await second.visit('/down-b');
    await deletePage(first, 'b-before-1');
    await deletePage(second, 'a-before-2');
    await setRule(first, 'skipped-by-first.example');
    await setRule(second, 'skipped-by-second.example');
    await second.page.click('level-public');
    await waitFor('the first to say that it is offline', async () => (await first.state()) === 'offline', {
      timeoutMs: 30_000,
    });
    await pair.startService();
    await converged(12);
    await waitFor(
      'both to have the same level and rules',
      async () => {
        const [one, other] = [await settings(first), await settings(second)];
        if (JSON.stringify(one) === JSON.stringify(other)) return one.length === 3;
        throw new Error(JSON.stringify([one, other]));
      },
      { timeoutMs: 90_000, everyMs: 500 },
    );
    expect((await settings(first)).join()).toMatch(/^public,skipped-by-first.*,skipped-by-second/);
  });

  it('shows on both what was chosen on both, has the stricter in force, and takes what the person decides', async () => {
    await pair.stopService();
    for (const [device, level] of [
      [first, 'private'],
      [second, 'anonymous'],
    ] as const) {
      await device.show('privacy');
      await device.page.click(`level-${level}`);
      await waitFor('it to be chosen', async () => (await statusOf(device.page)).level === level);
    }
    await pair.startService();
    await waitFor(
      'both to have the stricter',
      async () => {
        const levels = [(await statusOf(first.page)).level, (await statusOf(second.page)).level];
        if (levels.join() === 'anonymous,anonymous') return true;
        throw new Error(levels.join());
      },
      { timeoutMs: 90_000, everyMs: 500 },
    );
    for (const device of [first, second]) {
      await device.show('sync');
      await waitFor('one conflict', async () => (await device.page.count('conflict')) === 1);
      expect(await device.page.text('conflict')).toMatch(/[Pp]rivate/);
      expect(await device.page.text('conflict')).toMatch(/[Aa]nonymous/);
    }
    await first.page.click('conflict-a');
    await waitFor('both to have what was decided', async () => {
      const levels = [(await statusOf(first.page)).level, (await statusOf(second.page)).level];
      const left = [await first.page.count('conflict'), await second.page.count('conflict')];
      if (levels.join() === 'private,private' && left.join() === '0,0') return true;
      throw new Error(`${levels.join()} ${left.join()}`);
    });
  });

  it('converges while the service is restarted again and again', async () => {
    for (let i = 0; i < 3; i++) {
      await first.visit(`/restart-a-${i}`);
      await pair.stopService();
      await second.visit(`/restart-b-${i}`);
      await pair.startService();
    }
    await deletePage(first, 'restart-a-1');
    await converged(17);
  });

  it('the service holds nothing readable, in its files or its log', async () => {
    await pair.stopService();
    const words = ['Syncword', 'shared.example', 'a-before', 'after-pairing', 'skipped-by', 'restart-a'];
    const files = filesBelow(pair.dataDir);
    expect(files.length).toBeGreaterThan(0);
    expect(searchBytes(files, words)).toEqual([]);
    expect(pair.logLines.length).toBeGreaterThan(20);
    expect(pair.logLines.filter((line) => words.some((word) => line.includes(word)))).toEqual([]);
    await pair.startService();
  });

  it('deleting the account empties the service and leaves every browser what it has', async () => {
    await isSynced(first, 60_000);
    await first.show('sync');
    await first.page.click('sync-delete-account');
    await first.page.click('confirm');
    await waitFor('sync to be off', async () => (await first.state()) === 'off');
    await second.show('sync');
    await second.page.click('sync-now');
    await waitFor('the other to be told', async () => {
      const state = await second.state();
      if (state.startsWith('error')) return state.length > 'error: '.length;
      throw new Error(state);
    });
    expect([await first.recordCount(), await second.recordCount()]).toEqual([17, 17]);
    await second.page.click('sync-leave');
    await second.page.click('confirm');
    await waitFor('sync to be off', async () => (await second.state()) === 'off');
  });
});
