/** What a page does by itself, faster than anybody looks at it. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { droppedMessages } from '../../../src/background/services/drops.ts';
import { Worker } from '../../support/worker.ts';

let worker: Worker;
beforeEach(async () => {
  worker = await Worker.start();
});
afterEach(() => worker.end());

const SITE = 'https://flood.example/';
const view = (tabId: number, name: string) =>
  worker.visit(tabId, `${SITE}${name}`, { sameDocument: true, title: '' });
const titlesOf = async () =>
  (await worker.events()).filter((event) => 'title' in event && event.title !== '');

describe('addresses within a document', () => {
  it('beyond fifty at once and two a second are left out and counted; other tabs and documents are not', async () => {
    const before = await droppedMessages();
    await worker.visit(1, SITE, { title: '' });
    for (let i = 0; i < 200; i++) await view(1, `first${i}`);
    expect(await worker.ofKind('visit')).toHaveLength(51);
    expect((await droppedMessages()) - before).toBe(150);
    worker.pass(5_000);
    for (let i = 0; i < 200; i++) await view(1, `second${i}`);
    expect(await worker.ofKind('visit')).toHaveLength(61);
    await view(2, 'another-tab');
    await worker.visit(1, `${SITE}normal`, { title: 'Normal' });
    expect((await worker.ofKind('visit')).map(({ url }) => url)).toEqual(
      expect.arrayContaining([`${SITE}another-tab`, `${SITE}normal`]),
    );
  });

  it('that are left out take no title and no time with them to the page before', async () => {
    await worker.visit(1, SITE, { title: 'First' });
    for (let i = 0; i < 60; i++) await view(1, `view${i}`);
    await worker.title(1, 'Title of what was left out');
    expect(JSON.stringify(await worker.records())).not.toContain('left out');
  });
});

describe('titles', () => {
  it('of one visit are recorded ten times, then once in ten seconds; the next page has its own', async () => {
    await worker.visit(1, SITE, { title: '' });
    for (let i = 0; i < 300; i++) await worker.title(1, `Title ${i}`);
    expect(await titlesOf()).toHaveLength(10);
    worker.pass(10_000);
    for (let i = 300; i < 600; i++) await worker.title(1, `Title ${i}`);
    expect(await titlesOf()).toHaveLength(11);
    expect((await worker.ofKind('visit'))[0]?.title).toBe('Title 300');
    await worker.visit(1, `${SITE}next`, { title: 'Next' });
    expect((await worker.ofKind('visit'))[1]?.title).toBe('Next');
  });
});
