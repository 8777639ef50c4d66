import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';

vi.mock('webextension-polyfill', () => ({ default: {} }));
const { parseMessage, senderClass } = await import('../../../src/messaging/router.ts');

const ROOT = 'chrome-extension://abc/';
const ORIGIN = 'chrome-extension://abc';
const tab = { id: 1, incognito: false } as never;

describe('senders', () => {
  it.each([
    ['a page of ours', { id: 'abc', url: `${ROOT}src/popup/index.html`, origin: ORIGIN }, 'page'],
    [
      'a page of ours in a tab',
      { id: 'abc', url: `${ROOT}src/options/index.html#x`, origin: ORIGIN, tab },
      'page',
    ],
    [
      'a content script',
      { id: 'abc', url: 'https://site.example/', origin: 'https://site.example', tab },
      'content',
    ],
    [
      'a content script that claims our address',
      { id: 'abc', url: ROOT, origin: 'https://site.example', tab },
      null,
    ],
    ['a page without an origin', { id: 'abc', url: `${ROOT}x.html` }, null],
    ['another extension', { id: 'other', url: `${ROOT}x.html`, origin: ORIGIN }, null],
    ['nobody', {}, null],
    ['a worker of ours', { id: 'abc', url: 'https://site.example/' }, null],
  ])('%s', (_name, sender, expected) => {
    expect(senderClass(sender as never, 'abc', ROOT)).toBe(expected);
  });
});

const screenOf = (width: number, theme = 'dark') => ({ width, height: 800, theme });

describe('messages', () => {
  const click = { type: 'event.click', body: { role: 'link', text: 'x', nonce: 'A'.repeat(22) } };

  it('are accepted from who may send them', () => {
    expect(parseMessage(click, 'content')).toEqual(click);
    expect(parseMessage({ type: 'status.get', body: {} }, 'page')).not.toBeNull();
    expect(parseMessage({ type: 'device.seen', body: screenOf(99_999) }, 'page')).not.toBeNull();
  });

  it.each([
    ['a click from a page', click, 'page'],
    ['a question from a content script', { type: 'status.get', body: {} }, 'content'],
    ['an erasure from a content script', { type: 'erase.run', body: { target: { what: 'all' } } }, 'content'],
    ['a look at the figures by a content script', { type: 'health.get', body: {} }, 'content'],
    ['a compaction by a content script', { type: 'compact.run', body: {} }, 'content'],
    ['a screen from a content script', { type: 'device.seen', body: screenOf(800) }, 'content'],
    ['a screen without width', { type: 'device.seen', body: screenOf(0) }, 'page'],
    ['a screen of parts of pixels', { type: 'device.seen', body: screenOf(0.5) }, 'page'],
    ['a screen larger than any', { type: 'device.seen', body: screenOf(100_000) }, 'page'],
    ['an appearance that there is not', { type: 'device.seen', body: screenOf(800, 'pink') }, 'page'],
    ['anything from anybody else', { type: 'status.get', body: {} }, null],
    ['an unknown type', { type: 'nothing', body: {} }, 'page'],
    ['a name of the language', { type: '__proto__', body: {} }, 'page'],
    ['another', { type: 'constructor', body: {} }, 'page'],
    ['a further key', { type: 'status.get', body: {}, more: 1 }, 'page'],
    ['a further key inside', { type: 'status.get', body: { more: 1 } }, 'page'],
    ['a long text', { ...click, body: { ...click.body, text: 'x'.repeat(81) } }, 'content'],
    ['broken text', { ...click, body: { ...click.body, text: '\ud800' } }, 'content'],
    ['a nonce of another form', { ...click, body: { ...click.body, nonce: 'x' } }, 'content'],
    [
      'a number that is none',
      { type: 'erase.run', body: { target: { what: 'range', fromMs: Number.NaN, toMs: 1 } } },
      'page',
    ],
    [
      'a body that is too large',
      { type: 'records.search', body: { text: 'x'.repeat(70_000), limit: 1 } },
      'page',
    ],
    ['a body that refers to itself', { type: 'status.get', body: circular() }, 'page'],
  ] as const)('%s is dropped', (_name, message, from) => {
    expect(parseMessage(message, from)).toBeNull();
  });

  it('of any shape never throw', () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom('page', 'content', null), (message, from) => {
        expect(parseMessage(message, from)).toBeNull();
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(
        fc.constantFrom('event.click', 'erase.run', 'records.search', 'rules.set'),
        fc.anything(),
        (type, body) => {
          parseMessage({ type, body }, type === 'event.click' ? 'content' : 'page');
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

function circular(): object {
  const self: Record<string, unknown> = {};
  self.self = self;
  return self;
}
