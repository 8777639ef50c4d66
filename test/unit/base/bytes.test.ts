import fc from 'fast-check';
import { expect, it } from 'vitest';
import { equalBytes, fromBase64Url, lengthPrefixed, toBase64Url, utf8 } from '../../../src/base/bytes.ts';
import { Mutex } from '../../../src/base/mutex.ts';

it('base64url goes there and back, as Node has it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const text = toBase64Url(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64url'));
      expect(fromBase64Url(text)).toEqual(new Uint8Array(bytes));
    }),
  );
});

it.each(['A', 'AB==', 'A+', 'A/', 'AB', 'A B', 'ÄA'])('base64url refuses %j', (text) => {
  expect(fromBase64Url(text)).toBeNull();
});

it('length prefixes keep lists of fields apart', () => {
  expect(equalBytes(lengthPrefixed([utf8('a'), utf8('bc')]), lengthPrefixed([utf8('ab'), utf8('c')]))).toBe(
    false,
  );
});

it('a mutex runs tasks in order, also after one failed', async () => {
  const mutex = new Mutex();
  const seen: number[] = [];
  const task = (n: number, ms: number) =>
    mutex.run(async () => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      seen.push(n);
      if (n === 1) throw new Error('one');
      return n;
    });
  const results = await Promise.allSettled([task(1, 20), task(2, 5), task(3, 0)]);
  expect(seen).toEqual([1, 2, 3]);
  expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
});
