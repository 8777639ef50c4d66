import { expect, it } from 'vitest';
import { deletionText, pendingOf, receiptText } from '../../../src/options/deletion-words.ts';

const device = { name: 'Laptop', thisDevice: false };

it('says what was deleted, and how much at once', () => {
  const one = { atMs: 0, devices: [] };
  expect(deletionText({ ...one, what: 'site', count: 1 })).toBe('A site');
  expect(deletionText({ ...one, what: 'record', count: 12 })).toBe('12 records');
});

it('says of each device whether it has erased it', () => {
  expect(receiptText(device)).toBe('Laptop: pending');
  expect(receiptText({ ...device, thisDevice: true, erasedMs: 0 })).toMatch(
    /^Laptop \(this one\): erased .*19(69|70)/,
  );
});

it('a deletion is pending while one device has not carried it out', () => {
  const of = (...erased: readonly (number | undefined)[]) => ({
    atMs: 0,
    what: 'site' as const,
    count: 1,
    devices: erased.map((erasedMs) => ({ ...device, ...(erasedMs === undefined ? {} : { erasedMs }) })),
  });
  expect(pendingOf([of(1, 2), of(1, undefined), of(undefined)])).toBe(2);
});
