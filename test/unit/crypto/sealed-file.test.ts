/** A sealed file opens with its passphrase and is exactly what was sealed; whatever was done to it, it does not open. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bytes, concat, equalBytes, u32, utf8 } from '../../../src/base/bytes.ts';
import { type Kdf, newKdf } from '../../../src/crypto/kdf.ts';
import { passphraseKey } from '../../../src/crypto/passphrase.ts';
import {
  FileSealer,
  HEAD_BYTES,
  isSealedFile,
  parseHead,
  SealedFile,
  SealedFileDamaged,
} from '../../../src/crypto/sealed-file.ts';

const CHUNK = 64 * 1024;
const SEALED = CHUNK + 48;
/** What Argon2id would give; the format does not care where it comes from. */
const KEY = new Uint8Array(32).fill(7);
const bytesOf = (length: number, seed = 1): Bytes =>
  Uint8Array.from({ length }, (_, i) => (i * 7 + seed * 13 + (i >> 8)) & 0xff);

async function sealed(pieces: readonly Uint8Array[], key = KEY, kdf: Kdf = newKdf()): Promise<Bytes> {
  const parts: Bytes[] = [];
  const sealer = await FileSealer.begin(kdf, key, (bytes) => parts.push(bytes));
  for (const piece of pieces) await sealer.add(piece);
  await sealer.end();
  return concat(...parts);
}

const open = (file: Bytes, key = KEY) => {
  const head = parseHead(file.slice(0, HEAD_BYTES));
  if (!head) throw new SealedFileDamaged();
  const read = async (from: number, length: number) => file.slice(from, from + length);
  return SealedFile.open(head, key, { size: file.length, read });
};
/** All of it; `null` for another passphrase. */
const unsealed = async (file: Bytes, key = KEY): Promise<Bytes | null> => {
  const opened = await open(file, key);
  return opened ? opened.bytes(0, opened.size) : null;
};
/** In what way it does not open; `opens` when it does. */
const said = (file: Bytes) =>
  unsealed(file).then(
    (bytes) => (bytes ? 'opens' : 'other passphrase'),
    (error: unknown) => (error instanceof SealedFileDamaged ? 'damaged' : String(error)),
  );
const headLength = (file: Bytes) => parseHead(file.slice(0, HEAD_BYTES))?.bytes.length ?? 0;
/** The head, and each chunk. */
function partsOf(file: Bytes): [Bytes, ...Bytes[]] {
  const head = headLength(file);
  const chunks: Bytes[] = [];
  for (let at = head; at < file.length; at += SEALED) chunks.push(file.slice(at, at + SEALED));
  return [file.slice(0, head), ...chunks];
}

describe('a sealed file', () => {
  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 77])(
    'of %i bytes opens',
    async (length) => {
      const plain = bytesOf(length);
      const file = await sealed([plain]);
      expect(isSealedFile(file.slice(0, 20))).toBe(true);
      const back = await unsealed(file);
      expect(back && equalBytes(back, plain)).toBe(true);
    },
  );

  it('is the same in whatever pieces it came, and is read at any place', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(90_000), { maxLength: 6 }),
        fc.array(fc.tuple(fc.nat(300_000), fc.nat(150_000)), { maxLength: 4 }),
        async (lengths, ranges) => {
          const plain = bytesOf(lengths.reduce((sum, one) => sum + one, 0));
          const ends = lengths.map((_, i) => lengths.slice(0, i + 1).reduce((sum, one) => sum + one, 0));
          const pieces = ends.map((end, i) => plain.subarray(ends[i - 1] ?? 0, end));
          const opened = await open(await sealed(pieces));
          expect(opened?.size).toBe(plain.length);
          for (const [from, length] of ranges) {
            const part = await opened?.bytes(from, length);
            expect(part && equalBytes(part, plain.subarray(from, from + length))).toBe(true);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('opens with no other passphrase', async () => {
    const file = await sealed([bytesOf(100)]);
    expect(await unsealed(file, new Uint8Array(32).fill(8))).toBeNull();
  });

  it('does not open when it was cut off anywhere, or when something follows', async () => {
    const file = await sealed([bytesOf(2 * CHUNK + 500)]);
    const [head, first = head, second = head, last = head] = partsOf(file);
    expect(await said(concat(head, first, second, last))).toBe('opens');
    const cuts = [
      concat(head, first, second),
      concat(head, first),
      head,
      file.slice(0, -1),
      file.slice(0, head.length + 10),
    ];
    for (const cut of cuts) expect(await said(cut)).not.toBe('opens');
    for (const more of [new Uint8Array(1), new Uint8Array(SEALED), last])
      expect(await said(concat(file, more))).not.toBe('opens');
  });

  it('does not open when chunks changed places, are missing, or are of another file of the same passphrase', async () => {
    const file = await sealed([bytesOf(3 * CHUNK + 500)]);
    const [head, a = head, b = head, c = head, last = head] = partsOf(file);
    const other = partsOf(await sealed([bytesOf(3 * CHUNK + 500, 2)]));
    for (const parts of [
      [head, b, a, c, last],
      [head, a, a, c, last],
      [head, a, c, last],
      [head, a, b, last],
      [head, a, other[2] ?? head, c, last],
      [head, a, b, c, other[4] ?? head],
    ])
      expect(await said(concat(...parts))).toBe('damaged');
    for (const parts of [
      [other[0], a, b, c, last],
      [head, other[1] ?? head, b, c, last],
    ])
      expect(await said(concat(...parts))).toBe('other passphrase');
  });

  it('does not open when any bit of it was changed', async () => {
    const file = await sealed([bytesOf(20)]);
    expect(await said(file)).toBe('opens');
    for (let bit = 0; bit < file.length * 8; bit++) {
      const changed = file.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(await said(changed), `bit ${bit}`).not.toBe('opens');
    }
  });
});

describe('the head of a sealed file', () => {
  const headOf = (header: unknown, version = 1) => {
    const bytes = utf8(typeof header === 'string' ? header : JSON.stringify(header));
    return concat(utf8('ARQFILE'), new Uint8Array([version]), u32(bytes.length), bytes);
  };
  const kdf = newKdf();

  it('is read when it is in order', () => {
    expect(parseHead(headOf({ kdf }))?.kdf).toEqual(kdf);
  });

  it.each([
    ['another version', headOf({ kdf }, 2)],
    ['too little memory', headOf({ kdf: { ...kdf, memory: 1024 } })],
    ['more memory than a device has', headOf({ kdf: { ...kdf, memory: 4 * 1024 * 1024 } })],
    ['passes for hours', headOf({ kdf: { ...kdf, passes: 1_000_000 } })],
    ['several lanes', headOf({ kdf: { ...kdf, lanes: 4 } })],
    ['another function', headOf({ kdf: { ...kdf, name: 'pbkdf2' } })],
    ['a short salt', headOf({ kdf: { ...kdf, salt: 'AAAA' } })],
    ['something more', headOf({ kdf, also: 1 })],
    ['no parameters', headOf({})],
    ['no JSON', headOf('{')],
    ['a header that is too long', headOf({ kdf, pad: 'x'.repeat(2000) })],
    ['a length that goes beyond the file', concat(utf8('ARQFILE'), new Uint8Array([1]), u32(900))],
    ['nothing', new Uint8Array(0)],
  ])('is refused with %s', (_what, bytes) => {
    expect(parseHead(bytes)).toBeNull();
  });
});

it('version 1 opens for ever', async () => {
  const file = new Uint8Array(readFileSync(join(import.meta.dirname, '../../vectors/sealed-file-1.arqx')));
  const kdf = parseHead(file.slice(0, HEAD_BYTES))?.kdf;
  if (!kdf) throw new Error('no head');
  const plain = await unsealed(file, await passphraseKey('correct horse battery staple', kdf));
  expect(plain).toEqual(Uint8Array.from({ length: CHUNK + 1000 }, (_, i) => (i * 7) % 251));
});
