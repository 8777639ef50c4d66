import { describe, expect, it } from 'vitest';
import type { HeldObject, HeldPage } from '../../../src/model/held.ts';
import { withNews, withOlder } from '../../../src/options/held-pages.ts';
import { insideText, notShownText } from '../../../src/options/held-words.ts';
import { hexDump } from '../../../src/options/hex-dump.ts';

const object = (slot: string, seq: number): HeldObject => ({
  slot,
  etag: `${seq}`,
  size: 1,
  seq,
  atMs: seq,
  device: 'd',
});
const page = (objects: readonly HeldObject[], more: Partial<HeldPage> = {}): HeldPage => ({
  accountId: 'a',
  head: Math.max(0, ...objects.map(({ seq }) => seq)),
  objects,
  gone: [],
  names: {},
  ...more,
});
const shown = ({ objects }: { objects: readonly HeldObject[] }) =>
  objects.map(({ slot, seq }) => `${slot}${seq}`);

describe('the list of what is held', () => {
  const first = withNews(undefined, page([object('c', 9), object('a', 7)], { next: 7, names: { d: 'One' } }));

  it('goes on with older ones: none twice, and with the place of the last answer', () => {
    const more = withOlder(first, page([object('a', 3), object('b', 2)], { next: 2, names: { e: 'Two' } }));
    expect(shown(more)).toEqual(['c9', 'a7', 'b2']);
    expect(more).toMatchObject({ head: 9, next: 2, names: { d: 'One', e: 'Two' } });
    expect('next' in withOlder(more, page([]))).toBe(false);
  });

  it('takes news in front: what was written anew moves, what was emptied goes, older ones can still be asked for', () => {
    const news = withNews(
      first,
      page([object('a', 11), object('e', 10)], { gone: ['c'], names: { e: 'Two' } }),
    );
    expect(shown(news)).toEqual(['a11', 'e10']);
    expect(news).toMatchObject({ head: 11, next: 7, names: { d: 'One', e: 'Two' } });
    expect(shown(withNews(first, page([], { head: 9 })))).toEqual(['c9', 'a7']);
  });

  it('begins anew when more came than one answer has', () => {
    const news = withNews(first, page([object('z', 99)], { next: 95 }));
    expect(shown(news)).toEqual(['z99']);
    expect(news.next).toBe(95);
  });
});

describe('words', () => {
  it('shows bytes in lines of eight, as hexadecimal and as ASCII', () => {
    expect(hexDump(new TextEncoder().encode('AQ\u0001 title\n'))).toBe(
      '00000  41 51 01 20 74 69 74 6c  AQ. titl\n00008  65 0a                    e.',
    );
    expect(hexDump(new Uint8Array(0))).toBe('');
    expect(hexDump(new Uint8Array([0x7f, 0x20, 0x7e, 0xff]))).toBe('00000  7f 20 7e ff              . ~.');
  });

  it('says what an object is, and what of it is not shown', () => {
    expect(insideText({ kind: 'part', author: 'd', epoch: 1, day: '2026-03-01', events: 1 })).toMatch(
      /2026.*, 1 event$/,
    );
    expect(insideText({ kind: 'newer', author: 'd', epoch: 1 })).toBe(
      'Something that this version does not name',
    );
    expect(notShownText({ leftOut: 0, cut: 0, unknown: 0 })).toBe('');
    expect(notShownText({ leftOut: 2, unknown: 1, cut: 5 })).toMatch(
      /^Not shown: 2 events .* 1 event is .* 5 characters /,
    );
  });
});
