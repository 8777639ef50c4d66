/** The account's words bring everything back on a new browser, and a device that is taken out is shut out. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrowserName } from '../support/browser.ts';
import { filesBelow, searchBytes } from '../support/search-bytes.ts';
import { goesOn, isSynced, type SyncDevice, type SyncPair, startSyncPair } from '../support/sync-pair.ts';
import { waitFor } from '../support/wait-for.ts';

describe.each<[BrowserName, BrowserName]>([
  ['chromium', 'firefox'],
  ['firefox', 'chromium'],
])('%s, and then %s', (firstName, secondName) => {
  let pair: SyncPair;
  let first: SyncDevice;
  let second: SyncDevice;
  let words: readonly string[] = [];

  beforeAll(async () => {
    pair = await startSyncPair(firstName, secondName);
    ({ first, second } = pair);
  });
  afterAll(() => pair.close());

  const says = (device: SyncDevice, testid: string, expected: string) =>
    waitFor(
      `${testid} to say "${expected}"`,
      async () => {
        const said = await device.page.text(testid);
        if (said.includes(expected)) return true;
        throw new Error(`It says "${said}"`);
      },
      { timeoutMs: 30_000 },
    );
  const shownWords = async (): Promise<string[]> => {
    await first.page.waitFor('phrase-words');
    const text = await first.page.evaluate(
      `[...document.querySelectorAll('[data-testid=phrase-words] li')].map((li) => li.textContent).join(' ')`,
    );
    return String(text).split(' ');
  };

  it('shows twelve words when sync is switched on; they can be put off, and are proved by three of them', async () => {
    await first.show('sync');
    await first.page.fill('sync-url', pair.serviceUrl);
    await first.page.click('sync-create');
    await first.page.waitFor('phrase-show');
    await isSynced(first);
    await first.page.click('phrase-later');
    await says(first, 'phrase-put-off', 'Not done yet');
    await says(first, 'health', 'recovery phrase is not written down');

    await first.page.click('phrase-show');
    words = await shownWords();
    expect(words).toHaveLength(12);
    await first.page.click('phrase-written');
    expect(await first.page.count('phrase-words')).toBe(0);
    const typed = async (word: (place: number) => string) => {
      for (const index of [0, 1, 2]) {
        const place = await first.page.evaluate(
          `document.querySelector('[data-testid=phrase-quiz-${index}]').dataset.place`,
        );
        await first.page.fill(`phrase-quiz-${index}`, word(Number(place)));
      }
      await first.page.click('phrase-check');
    };
    await typed((place) => words[(place + 1) % 12] as string);
    await says(first, 'phrase-problem', 'is not right');
    await typed((place) => ` ${(words[place] as string).toUpperCase()} `);
    await waitFor('the phrase to be done', async () => (await first.page.count('phrase-card')) === 0);
    await says(first, 'health', 'Recording.');
    // What the person kept can be checked, and nothing on the page tells it.
    expect(String(await first.page.evaluate(`document.documentElement.outerHTML`))).not.toContain(
      words.slice(0, 2).join(' '),
    );
    await first.page.click('phrase-have');
    await first.page.fill('phrase-typed', words.join('  '));
    await first.page.click('phrase-is-right');
    await says(first, 'phrase-right', 'These are the words');
  });

  it('tells which kind of mistake a phrase has, and the same for every wrong one', async () => {
    await second.show('sync');
    await second.page.fill('restore-url', pair.serviceUrl);
    const swapped = [words[1], words[0], ...words.slice(2)].join(' ');
    for (const [phrase, expected] of [
      [words.slice(1).join(' '), 'These are 11 words'],
      [`${words.slice(1).join(' ')} qwertz`, 'Word 12'],
      [`${'zoo '.repeat(11)}wrong`, 'No account at this service opens with these words'],
    ] as const) {
      await second.page.fill('restore-words', phrase);
      await second.page.click('restore');
      await says(second, 'sync-problem', expected);
    }
    // Two words that changed places: most often the checksum tells, else no account opens.
    if (words[0] !== words[1]) {
      await second.page.fill('restore-words', swapped);
      await second.page.click('restore');
      await waitFor('a refusal', async () =>
        /changed places|No account/.test(await second.page.text('sync-problem')),
      );
    }
    expect(await second.state()).toBe('off');
  });

  it('brings everything back on a new browser, and the others are told of it', async () => {
    for (const path of ['/one', '/two', '/three']) await first.visit(path);
    await waitFor('three records', async () => (await first.recordCount()) === 3);
    await first.show('sync');
    await first.page.click('sync-now');
    await isSynced(first);
    const before = await first.records();

    await second.show('sync');
    await second.page.fill('restore-url', pair.serviceUrl);
    await second.page.fill('restore-words', words.join(' '));
    await second.page.click('restore');
    await isSynced(second);
    await waitFor('the records to be back', async () => (await second.recordCount()) === 3);
    expect(await second.records()).toEqual(before);

    await first.show('sync');
    await first.page.click('sync-now');
    await says(first, 'health', 'Somebody used your recovery phrase');
    await says(first, 'devices-new', 'used your recovery phrase');
    await first.page.click('devices-known');
    await says(first, 'health', 'Recording.');
  });

  it('a device that is taken out reads nothing more; the keys are new', async () => {
    await second.show('sync');
    await second.page.click('sync-now');
    await waitFor('both devices', async () => (await second.page.count('device')) === 2);
    await second.page.click('device-remove');
    await second.page.click('confirm');
    await waitFor(
      'one device',
      async () => {
        if ((await second.page.count('device')) === 1) return true;
        throw new Error(
          `There are more: ${await second.page.evaluate('document.querySelector("#app").innerText')}`,
        );
      },
      { timeoutMs: 30_000 },
    );
    await isSynced(second);
    await second.visit('/after');
    await waitFor('the new record', async () => (await second.recordCount()) === 4);
    await second.show('sync');
    await second.page.click('sync-now');
    await isSynced(second);

    await first.show('sync');
    await first.page.click('sync-now');
    await says(first, 'sync-state', 'not part of the account any more');
    expect(await first.recordCount()).toBe(3);
  });

  it('the keys can be renewed on demand, and the words open the account then too', async () => {
    await second.show('health');
    await second.page.click('keys-renew');
    await second.page.click('confirm');
    await says(second, 'keys-said', 'The keys are new');
    // The other browser comes back with the words, as if it were another one.
    await first.show('sync');
    await first.page.click('sync-leave');
    await first.page.click('confirm');
    await waitFor('sync to be off', async () => (await first.state()) === 'off');
    await first.page.fill('restore-url', pair.serviceUrl);
    await first.page.fill('restore-words', words.join(' '));
    await first.page.click('restore');
    // It has records, so it is told first what comes and what goes.
    expect(await goesOn(first)).toContain('deleted: 0 records.');
    await waitFor(
      'all records',
      async () => {
        if ((await first.recordCount()) === 4) return true;
        throw new Error(
          `They have ${await first.records()} and ${await second.records()}; ${await first.state()}`,
        );
      },
      { timeoutMs: 30_000 },
    );
    expect(await first.records()).toEqual(await second.records());
  });

  it('neither the service nor a browser’s files have the words', async () => {
    const phrase = words.join(' ');
    for (const folder of [pair.dataDir, first.browser.profileDir, second.browser.profileDir])
      expect(searchBytes(filesBelow(folder), [phrase])).toEqual([]);
    expect(pair.logLines.join('\n')).not.toContain(words.slice(0, 3).join(' '));
  });
});
