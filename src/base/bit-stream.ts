/** Writing and reading single bits, and Golomb-Rice codes: as short as gaps between random places can be written (Rice 1979). */
import type { Bytes } from './bytes.ts';

export class BitWriter {
  #bytes: Bytes = new Uint8Array(1024);
  #bits = 0;

  /** Whole bytes so far. */
  get length(): number {
    return this.#bits >> 3;
  }

  #room(bits: number): void {
    const needed = ((this.#bits + bits) >> 3) + 2;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  /** At the beginning of a byte. */
  u8(value: number): void {
    this.#room(8);
    this.#bytes[this.#bits >> 3] = value;
    this.#bits += 8;
  }

  /** `value` of zero or more: its part above `k` bits as so many ones and a zero, then the `k` bits, lowest first. */
  rice(value: number, k: number): void {
    const ones = value >>> k;
    this.#room(ones + 1 + k);
    for (let i = 0; i < ones; i++, this.#bits++)
      (this.#bytes[this.#bits >> 3] as number) |= 1 << (this.#bits & 7);
    this.#bits += 1;
    for (let bit = 0; bit < k; bit++, this.#bits++)
      if ((value >>> bit) & 1) (this.#bytes[this.#bits >> 3] as number) |= 1 << (this.#bits & 7);
  }

  /** Fills the last byte with ones, which are the beginning of a code that never ends: so readers know. */
  fill(): void {
    const used = this.#bits & 7;
    if (used === 0) return;
    (this.#bytes[this.#bits >> 3] as number) |= (0xff << used) & 0xff;
    this.#bits += 8 - used;
  }

  /** Call `fill` first. */
  bytes(): Bytes {
    return this.#bytes.slice(0, this.#bits >> 3);
  }
}

export class BitReader {
  #bits = 0;

  constructor(private readonly source: Bytes) {}

  /** Whether another code follows. */
  hasMore(): boolean {
    const left = this.source.length * 8 - this.#bits;
    if (left >= 8) return true;
    // What fills the last byte is ones.
    return left > 0 && (this.source.at(-1) as number) >> (8 - left) !== 2 ** left - 1;
  }

  /** @throws RangeError past the end. */
  rice(k: number): number {
    const { source } = this;
    const end = source.length * 8;
    let at = this.#bits;
    let ones = 0;
    for (;;) {
      if (at >= end) throw new RangeError('read past the end');
      const one = ((source[at >> 3] as number) >> (at & 7)) & 1;
      at += 1;
      if (one === 0) break;
      ones += 1;
    }
    if (at + k > end) throw new RangeError('read past the end');
    let low = 0;
    for (let bit = 0; bit < k; bit++, at++) low |= (((source[at >> 3] as number) >> (at & 7)) & 1) << bit;
    this.#bits = at;
    return (ones << k) | low;
  }
}

/** The `k` that is best for gaps of this mean (Kiely, "Selecting the Golomb Parameter in Rice Coding", 2004). */
export const riceParameter = (mean: number): number =>
  mean < 1 ? 0 : Math.max(0, Math.min(24, Math.floor(Math.log2(Math.LN2 * mean + 0.5))));
