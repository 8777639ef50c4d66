import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captureClick, captureNavigation } from '../../../src/capture/capture.ts';
import { redactEvents } from '../../../src/capture/redact-events.ts';
import type { NewEvent } from '../../../src/model/interaction.ts';
import { hashForTests, readCorpus } from '../../support/sensitive-corpus.ts';

const POLICY = { level: 'private', rules: [] } as const;
const visitTo = (url: string, title = '') =>
  captureNavigation({ url, title, atMs: 0, transition: 'link' }, POLICY);
const redact = (events: readonly NewEvent[]) => redactEvents(events, hashForTests);
const stored = async (events: readonly NewEvent[]) =>
  decodeURIComponent(JSON.stringify((await redact(events)).events));

describe('events', () => {
  it('of a search keep none of it in the query, the title or the address, and count it once', async () => {
    const url = 'https://www.google.com/search?q=john.doe%40example.com+phone+%2B49+30+901820';
    const { events, pieces } = await redact(
      visitTo(url, 'john.doe@example.com phone +49 30 901820 - Google Search'),
    );
    expect(events.map(({ kind }) => kind)).toEqual(['visit', 'search']);
    const text = decodeURIComponent(JSON.stringify(events));
    expect(text).not.toMatch(/john|901820/);
    expect(pieces.map(({ kind }) => kind).sort()).toEqual(['email', 'phone']);
  });

  it('lose the query of an address that tells in its own way what the words do not any more', async () => {
    // What the words say is known by the words around it; here these are elsewhere.
    const [visit] = await visitTo('https://a.example/note?t=hunter2', 'password: hunter2');
    const { events } = await redact([visit as NewEvent]);
    expect(events[0]).toMatchObject({ url: 'https://a.example/note', title: 'password: [password or key]' });
    expect(await stored(visitTo('https://a.example/hunter-2/x', 'password: hunter2'))).not.toMatch(/hunter/);
  });

  it('of a click lose it in the text, the title, the link and the page', async () => {
    const click = captureClick(
      {
        pageUrl: 'https://a.example/?mail=jo@b.com',
        pageTitle: 'Inbox of jo@b.com',
        atMs: 0,
        role: 'link',
        text: 'Write to amy@b.com',
        target: 'https://c.example/write?to=amy@b.com',
      },
      POLICY,
    );
    const { events, pieces } = await redact(click);
    expect(JSON.stringify(events)).not.toMatch(/jo@|amy@|jo%40|amy%40/);
    expect(pieces.map(({ value }) => value)).toEqual(expect.arrayContaining(['jo@b.com', 'amy@b.com']));
  });

  it('of a referrer and of a title that came later lose it too', async () => {
    const visit = captureNavigation(
      {
        url: 'https://a.example/',
        title: '',
        atMs: 0,
        transition: 'link',
        referrer: 'https://b.example/x?iban=DE89370400440532013000',
      },
      POLICY,
    );
    const update: NewEvent = { kind: 'visit-update', visit: 'd.0.1', atMs: 0, title: 'PIN: 4711' };
    expect(await stored([...visit, update])).not.toMatch(/DE89|4711/);
  });

  it('that were cut at their limit do not end in a part of a number', async () => {
    const long = `${'word '.repeat(99)}4111 1111 1111 1111`;
    const [visit] = (await redact(visitTo('https://a.example/', long))).events;
    expect(visit).toMatchObject({ title: expect.stringMatching(/word …$/) });
    const click = captureClick(
      {
        pageUrl: 'https://a.example/',
        pageTitle: '',
        atMs: 0,
        role: 'button',
        text: `${'x'.repeat(70)} 4111 1111`.padEnd(80, ' 1'),
      },
      POLICY,
    );
    expect(await stored(click)).not.toMatch(/4111/);
  });

  it('that have nothing stay as they are', async () => {
    const events = visitTo('https://www.google.com/search?q=blue+whales', 'blue whales - Google Search');
    expect(await redact(events)).toEqual({ events, pieces: [] });
  });

  it('are the same the second time, within their limits, and nothing throws', async () => {
    const words = fc.array(
      fc.constantFrom(...readCorpus().map(({ text }) => text), ' ', 'x'.repeat(90), '\uD800'),
      { maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(words, words, async (a, b) => {
        const url = `https://www.google.com/search?q=${encodeURIComponent(b.join(' ').toWellFormed())}`;
        const events = [
          ...visitTo(url, a.join(' ')),
          ...captureClick(
            { pageUrl: url, pageTitle: b.join(''), atMs: 0, role: 'link', text: a.join(''), target: url },
            POLICY,
          ),
        ];
        const once = (await redact(events)).events;
        expect((await redact(once)).events).toEqual(once);
        for (const event of once) {
          if (event.kind === 'visit') expect(event.title.length).toBeLessThanOrEqual(500);
          if (event.kind === 'search') expect(event.query.length).toBeLessThanOrEqual(500);
          if (event.kind === 'click') expect(event.text.length).toBeLessThanOrEqual(80);
        }
      }),
      { numRuns: 150 },
    );
  });
});
