/** Bytes that need not be read as a whole. */
import { type Bytes, concat } from '../../base/bytes.ts';

export interface ByteSource {
  readonly size: number;
  /** From one place to before another. @throws RangeError past the end. */
  read(from: number, to: number): Promise<Bytes>;
}

/** In pieces of `pieceBytes` each, but the last; `piece` gives one. */
export function piecewise(
  size: number,
  pieceBytes: number,
  piece: (index: number) => Promise<Bytes>,
): ByteSource {
  return {
    size,
    async read(from, to) {
      if (from < 0 || to > size || from > to) throw new RangeError('read past the end');
      const first = Math.floor(from / pieceBytes);
      const count = Math.max(1, Math.ceil(to / pieceBytes) - first);
      const pieces = await Promise.all(Array.from({ length: count }, (_, i) => piece(first + i)));
      const start = first * pieceBytes;
      const [only] = pieces;
      const whole = pieces.length === 1 && only ? only : concat(...pieces);
      if (whole.length < to - start) throw new RangeError('a piece that is too short');
      return whole.subarray(from - start, to - start);
    },
  };
}

export const wholeSource = (bytes: Bytes): ByteSource =>
  piecewise(bytes.length, Math.max(1, bytes.length), async () => bytes);
