/** The way in for other extensions: who is taken for whom, and what is understood. What they are told: background/plugins.test.ts. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { describe, expect, it } from 'vitest';
import {
  EXTERNAL_SIZE,
  externalHandler,
  externalSender,
  parseExternal,
} from '../../../src/messaging/external.ts';

const OWN = 'a'.repeat(32);
const OTHER = 'b'.repeat(32);
const ROOT = `chrome-extension://${OWN}/`;
const origin = `chrome-extension://${OTHER}`;
const page = { id: OTHER, url: `${origin}/page.html`, origin };

describe('senders in Chromium', () => {
  it.each([
    ['a page of another extension', page, OTHER],
    ['its worker', { ...page, url: `${origin}/worker.js` }, OTHER],
    ['its page in a tab', { ...page, tab: { id: 1 } }, OTHER],
    [
      'its content script',
      { id: OTHER, url: 'https://site.example/', origin: 'https://site.example', tab: { id: 1 } },
      null,
    ],
    ['its content script that claims an address', { ...page, origin: 'https://site.example' }, null],
    ['its content script that claims an origin', { ...page, url: 'https://site.example/' }, null],
    ['its sandboxed page', { ...page, origin: 'null' }, null],
    ['a page of a third extension under its id', { ...page, id: 'c'.repeat(32) }, null],
    ['an address that only begins like it', { ...page, url: `${origin}.evil.example/` }, null],
    ['a sender without an id', { url: page.url, origin }, null],
    ['a sender without an address', { id: OTHER, origin }, null],
    ['a sender without an origin', { id: OTHER, url: page.url }, null],
    ['nobody', {}, null],
    ['our own id', { id: OWN, url: `${ROOT}page.html`, origin: ROOT.slice(0, -1) }, null],
    ['another id with our address', { id: OTHER, url: `${ROOT}page.html`, origin: ROOT.slice(0, -1) }, null],
    ['a web page', { url: 'https://site.example/', origin: 'https://site.example', tab: { id: 1 } }, null],
    ['a program', { ...page, nativeApplication: 'org.example.program' }, null],
    ['an id that no browser gives', { ...page, id: '__proto__' }, null],
    ['an id that is no text', { ...page, id: 7 }, null],
  ])('%s', (_name, sender, expected) => {
    expect(externalSender(sender as never, OWN, ROOT)).toBe(expected);
  });
});

describe('senders in Firefox', () => {
  const own = 'moz-extension://11111111-1111-1111-1111-111111111111';
  const other = 'moz-extension://22222222-2222-2222-2222-222222222222';
  const theirs = { id: 'other@some.example', url: `${other}/page.html`, origin: other };
  it.each([
    ['a page of another extension', theirs, 'other@some.example'],
    [
      'one with a braced id',
      { ...theirs, id: '{33333333-3333-3333-3333-333333333333}' },
      '{33333333-3333-3333-3333-333333333333}',
    ],
    ['its content script', { ...theirs, url: 'https://site.example/', origin: 'https://site.example' }, null],
    ['its content script that claims an address', { ...theirs, origin: 'https://site.example' }, null],
    ['another id with our address', { ...theirs, url: `${own}/page.html`, origin: own }, null],
    ['our own id', { ...theirs, id: 'context@arq.example' }, null],
    ['a sender without an origin', { id: theirs.id, url: theirs.url }, null],
  ])('%s', (_name, sender, expected) => {
    expect(externalSender(sender as never, 'context@arq.example', `${own}/`)).toBe(expected);
  });
});

describe('messages', () => {
  const request = { name: 'Name', fields: ['title', 'host'], reason: 'Because.' };

  it('are understood', () => {
    for (const query of [
      { kind: 'access' },
      { kind: 'visits' },
      { kind: 'searches', words: 'blue', limit: 50, from: 0, to: 3_600_000 },
      { kind: 'counts', from: 0 },
    ])
      expect(parseExternal({ arq: 1, query })).toEqual({ arq: 1, query });
    // Fields in the order of the list, each once.
    expect(parseExternal({ arq: 1, request: { ...request, fields: ['title', 'host', 'title'] } })).toEqual({
      arq: 1,
      request: { ...request, fields: ['host', 'title'] },
    });
  });

  it('show names and reasons as one plain line', () => {
    const told = parseExternal({ arq: 1, request: { ...request, name: 'A\u202egoog\u0000le\n  x' } });
    expect(told).toMatchObject({ request: { name: 'A goog le x' } });
  });

  it.each([
    ['nothing', undefined, 'bad-message'],
    ['null', null, 'bad-message'],
    ['a function', () => {}, 'bad-message'],
    ['what refers to itself', circular(), 'bad-message'],
    ['a big integer', { arq: 1n }, 'bad-message'],
    ['no version', { query: { kind: 'access' } }, 'bad-message'],
    ['another version', { arq: 2, query: { kind: 'access' } }, 'unknown-version'],
    ['a version in letters', { arq: '1', query: { kind: 'access' } }, 'bad-message'],
    ['neither query nor request', { arq: 1 }, 'bad-message'],
    ['both', { arq: 1, query: { kind: 'access' }, request }, 'bad-message'],
    ['a further key', { arq: 1, query: { kind: 'access' }, more: 1 }, 'bad-message'],
    ['a further key inside', { arq: 1, query: { kind: 'access', fields: ['url'] } }, 'bad-message'],
    ['an unknown query', { arq: 1, query: { kind: 'erase' } }, 'bad-message'],
    ['clicks', { arq: 1, query: { kind: 'clicks' } }, 'bad-message'],
    ['a name of the language', { arq: 1, query: { kind: '__proto__' } }, 'bad-message'],
    ['a limit of none', { arq: 1, query: { kind: 'visits', limit: 0 } }, 'bad-message'],
    ['a limit of too many', { arq: 1, query: { kind: 'visits', limit: 51 } }, 'bad-message'],
    ['a limit of a part', { arq: 1, query: { kind: 'visits', limit: 1.5 } }, 'bad-message'],
    ['words that are too long', { arq: 1, query: { kind: 'visits', words: 'x'.repeat(201) } }, 'bad-message'],
    ['broken words', { arq: 1, query: { kind: 'visits', words: '\ud800' } }, 'bad-message'],
    ['a time that is none', { arq: 1, query: { kind: 'visits', from: Number.NaN } }, 'bad-message'],
    ['a request for nothing', { arq: 1, request: { ...request, fields: [] } }, 'bad-message'],
    ['a request for an unknown field', { arq: 1, request: { ...request, fields: ['dwell'] } }, 'bad-message'],
    ['a request without a name', { arq: 1, request: { ...request, name: ' \u200b ' } }, 'bad-message'],
    ['a request with a long name', { arq: 1, request: { ...request, name: 'x'.repeat(61) } }, 'bad-message'],
    ['a request without a reason', { arq: 1, request: { name: 'x', fields: ['host'] } }, 'bad-message'],
    [
      'what is too large',
      { arq: 1, query: { kind: 'visits', words: 'x'.repeat(EXTERNAL_SIZE) } },
      'too-large',
    ],
  ])('%s is refused', (_name, message, code) => {
    expect(parseExternal(message)).toBe(code);
  });
});

describe('the handler', () => {
  // As the fake browser has it.
  const sender = { id: OTHER, url: `${origin}/page.html`, origin };

  it('answers nothing when the background cannot, and never rejects', async () => {
    const handler = externalHandler({ nowMs: () => 0, answer: () => Promise.reject(new Error('no store')) });
    expect(await handler({ arq: 1, query: { kind: 'access' } }, sender)).toBeUndefined();
  });

  it('hears an extension 20 times a second, without letting it speak over others', async () => {
    let nowMs = 0;
    const heard: string[] = [];
    const handler = externalHandler({
      nowMs: () => nowMs,
      async answer(id) {
        heard.push(id);
        return undefined;
      },
    });
    for (let i = 0; i < 100; i++) await handler({}, sender);
    expect(heard).toHaveLength(20);
    const third = `chrome-extension://${'c'.repeat(32)}`;
    await handler({}, { id: 'c'.repeat(32), url: `${third}/`, origin: third });
    expect(heard.at(-1)).toBe('c'.repeat(32));
    nowMs = 1000;
    await handler({}, sender);
    expect(heard).toHaveLength(22);
  });
});

function circular(): object {
  const self: Record<string, unknown> = { arq: 1 };
  self.self = self;
  return self;
}
