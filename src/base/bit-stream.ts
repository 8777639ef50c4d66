/**
 * Writing and reading single bits, lowest first, and columns of whole numbers in as few of them as is quickly done.
 * Over 300 lines, because a writer and its reader are read beside each other.
 */
import type { Bytes } from './bytes.ts';

/** A quotient of this many ones is none: the whole number follows in full. Keeps a column with one giant short. */
const ESCAPE = 24;
const FULL_BITS = 53;

export class BitWriter {
  #bytes: Bytes = new Uint8Array(1024);
  #length = 0;
  /** Bits that do not make a byte yet. */
  #held = 0;
  #count = 0;

  /** The lowest `count` bits of `value`; at most 24. */
  bits(value: number, count: number): void {
    this.#held |= value << this.#count;
    this.#count += count;
    while (this.#count >= 8) {
      if (this.#length === this.#bytes.length) this.#grow();
      this.#bytes[this.#length++] = this.#held & 0xff;
      this.#held >>>= 8;
      this.#count -= 8;
    }
  }

  #grow(): void {
    const grown = new Uint8Array(this.#bytes.length * 2);
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  /** A safe integer of zero or more in `count` bits; at most 53. */
  wide(value: number, count: number): void {
    let rest = value;
    let left = count;
    for (; left > 24; left -= 24) {
      this.bits(rest % 0x1000000, 24);
      rest = Math.floor(rest / 0x1000000);
    }
    this.bits(rest, left);
  }

  /** `value` of zero or more: its part above `k` bits as so many ones and a zero, then the `k` bits (Rice 1979). */
  rice(value: number, k: number): void {
    if (value < 0x40000000 && k <= 24) {
      const ones = value >>> k;
      if (ones < ESCAPE) {
        this.bits(2 ** ones - 1, ones + 1);
        this.bits(value & ((1 << k) - 1), k);
        return;
      }
    }
    const unit = 2 ** k;
    const ones = Math.floor(value / unit);
    if (ones >= ESCAPE) {
      this.bits(2 ** ESCAPE - 1, ESCAPE);
      this.wide(value, FULL_BITS);
      return;
    }
    this.bits(2 ** ones - 1, ones + 1);
    this.wide(value % unit, k);
  }

  /** Any size of number: six bits at a time, each group preceded by whether another follows. */
  count(value: number): void {
    let rest = value;
    while (rest >= 64) {
      this.bits(64 | (rest % 64), 7);
      rest = Math.floor(rest / 64);
    }
    this.bits(rest, 7);
  }

  /** How many bits were written. */
  get length(): number {
    return this.#length * 8 + this.#count;
  }

  bytes(): Bytes {
    const whole = new Uint8Array(this.#length + (this.#count > 0 ? 1 : 0));
    whole.set(this.#bytes.subarray(0, this.#length));
    if (this.#count > 0) whole[this.#length] = this.#held;
    return whole;
  }
}

/** 2^k. The operator takes as long as reading some numbers. */
const UNITS = Float64Array.from({ length: 32 }, (_, k) => 2 ** k);

/** @throws RangeError past the end. */
export class BitReader {
  #at: number;
  /** Of these, the bits above the lowest `#count` are zero. */
  #held = 0;
  #count = 0;

  /** `from`: where it begins, in bits. */
  constructor(
    private readonly source: Bytes,
    from = 0,
  ) {
    this.#at = from >>> 3;
    if ((from & 7) > 0) this.bits(from & 7);
  }

  /** At most 24 bits. */
  bits(count: number): number {
    while (this.#count < count) {
      if (this.#at >= this.source.length) throw new RangeError('read past the end');
      this.#held |= (this.source[this.#at++] as number) << this.#count;
      this.#count += 8;
    }
    const value = this.#held & ((1 << count) - 1);
    this.#held >>>= count;
    this.#count -= count;
    return value;
  }

  wide(count: number): number {
    let value = 0;
    let factor = 1;
    let left = count;
    for (; left > 24; left -= 24) {
      value += this.bits(24) * factor;
      factor *= 0x1000000;
    }
    return value + this.bits(left) * factor;
  }

  rice(k: number): number {
    while (this.#count <= 24 && this.#at < this.source.length) {
      this.#held |= (this.source[this.#at++] as number) << this.#count;
      this.#count += 8;
    }
    const zero = ~this.#held & (this.#held + 1);
    const ones = zero === 0 ? 32 : 31 - Math.clz32(zero);
    if (ones >= ESCAPE) {
      this.bits(ESCAPE);
      return this.wide(FULL_BITS);
    }
    if (ones >= this.#count) throw new RangeError('read past the end');
    // Two shifts: by 32 in one would be by none.
    this.#held = (this.#held >>> ones) >>> 1;
    this.#count -= ones + 1;
    return ones * (UNITS[k] as number) + (k <= 24 ? this.bits(k) : this.wide(k));
  }

  /** Fills `values`. With the state at hand, because nearly all that is stored is read here. */
  rices(values: Float64Array | Uint32Array, k: number): void {
    const { source } = this;
    let at = this.#at;
    let held = this.#held;
    let count = this.#count;
    const low = (1 << k) - 1;
    const unit = UNITS[k] as number;
    for (let i = 0; i < values.length; i++) {
      while (count <= 24 && at < source.length) {
        held |= (source[at++] as number) << count;
        count += 8;
      }
      const zero = ~held & (held + 1);
      const ones = zero === 0 ? 32 : 31 - Math.clz32(zero);
      if (ones < ESCAPE && ones < count) {
        // Two shifts: by 32 in one would be by none.
        held = (held >>> ones) >>> 1;
        count -= ones + 1;
        if (k <= count) {
          values[i] = ones * unit + (held & low);
          held >>>= k;
          count -= k;
          continue;
        }
      } else if (ones < ESCAPE) throw new RangeError('read past the end');
      [this.#at, this.#held, this.#count] = [at, held, count];
      if (ones >= ESCAPE) {
        this.bits(ESCAPE);
        values[i] = this.wide(FULL_BITS);
      } else values[i] = ones * unit + this.wide(k);
      [at, held, count] = [this.#at, this.#held, this.#count];
    }
    [this.#at, this.#held, this.#count] = [at, held, count];
  }

  /** Fills `values` with numbers of `width` bits each; at most 30. */
  fixeds(values: Float64Array, width: number): void {
    const { source } = this;
    let [at, held, count] = [this.#at, this.#held, this.#count];
    // In two steps, because 32 bits hold no more than 24 and what is left of a byte.
    const [lowWidth, highWidth] = [Math.min(width, 24), Math.max(0, width - 24)];
    const [low, high] = [(1 << lowWidth) - 1, (1 << highWidth) - 1];
    for (let i = 0; i < values.length; i++) {
      while (count < lowWidth) {
        if (at >= source.length) throw new RangeError('read past the end');
        held |= (source[at++] as number) << count;
        count += 8;
      }
      let value = held & low;
      held >>>= lowWidth;
      count -= lowWidth;
      if (highWidth > 0) {
        while (count < highWidth) {
          if (at >= source.length) throw new RangeError('read past the end');
          held |= (source[at++] as number) << count;
          count += 8;
        }
        value += (held & high) * 0x1000000;
        held >>>= highWidth;
        count -= highWidth;
      }
      values[i] = value;
    }
    [this.#at, this.#held, this.#count] = [at, held, count];
  }

  count(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const group = this.bits(7);
      value += (group & 63) * factor;
      if (group < 64) break;
      factor *= 64;
    }
    if (!Number.isSafeInteger(value)) throw new RangeError('a number that is too large');
    return value;
  }
}

/** No column of ours is longer: a damaged length must not ask for all memory. */
const MAX_COLUMN = 1 << 22;
const CONSTANT = 63;
/** Codes below this are Rice parameters, codes from here on say how many bits each number has. */
const FIXED = 32;

/** Of the Rice code for numbers of this mean (Kiely, "Selecting the Golomb Parameter in Rice Coding", 2004). */
export const parameterOf = (mean: number): number =>
  Math.max(0, Math.min(24, Math.floor(Math.log2(Math.LN2 * mean + 0.5))));

/** Bits that `values` take as Rice codes with `k`. */
function riceBits(values: ArrayLike<number>, k: number, small: boolean): number {
  if (small) {
    let sum = values.length * (k + 1);
    for (let i = 0; i < values.length; i++) {
      const ones = (values[i] as number) >>> k;
      sum += ones < ESCAPE ? ones : ESCAPE + FULL_BITS - k - 1;
    }
    return sum;
  }
  const unit = 2 ** k;
  let sum = values.length * (k + 1);
  for (let i = 0; i < values.length; i++) {
    const ones = Math.floor((values[i] as number) / unit);
    sum += ones < ESCAPE ? ones : ESCAPE + FULL_BITS - k - 1;
  }
  return sum;
}

/**
 * Whole numbers of zero or more, their number not included: all the same, or Rice codes, or as many bits as the largest
 * needs, whichever is shortest. The best parameter is near the logarithm of their mean (Kiely, "Selecting the Golomb
 * Parameter in Rice Coding", 2004): the neighbours are tried too.
 */
export function writeColumn(out: BitWriter, values: ArrayLike<number>): void {
  const { length } = values;
  if (length === 0) return;
  const first = values[0] as number;
  let [sum, largest, same] = [0, 0, true];
  for (let i = 0; i < length; i++) {
    const value = values[i] as number;
    if (value !== first) same = false;
    if (value > largest) largest = value;
    sum += value;
  }
  if (same) {
    out.bits(CONSTANT, 6);
    out.count(first);
    return;
  }
  const width = bitsOf(largest);
  const small = width <= 30;
  const near = Math.min(29, Math.max(0, Math.floor(Math.log2((Math.LN2 * sum) / length + 0.5))));
  let [k, best] = [near, riceBits(values, near, small)];
  for (const other of [near - 1, near + 1]) {
    if (other < 0 || other > 29) continue;
    const cost = riceBits(values, other, small);
    if (cost < best) [k, best] = [other, cost];
  }
  // Wider numbers have no code of their own: Rice takes them.
  if (small && width * length <= best) {
    out.bits(FIXED + width, 6);
    for (let i = 0; i < length; i++) out.wide(values[i] as number, width);
  } else {
    out.bits(k, 6);
    for (let i = 0; i < length; i++) out.rice(values[i] as number, k);
  }
}

const bitsOf = (value: number): number => (value < 1 ? 0 : Math.floor(Math.log2(value)) + 1);

/** Room for columns that are let go of together: making an array for each takes longer than reading most of them. */
export class ColumnRoom {
  #values = new Float64Array(16_384);
  #used = 0;

  /** What was taken before is taken anew from now on. */
  reset(): void {
    if (this.#values.length > MAX_KEPT) this.#values = new Float64Array(16_384);
    this.#used = 0;
  }

  /** @throws RangeError when nothing of ours has so many. */
  take(length: number): Float64Array {
    if (length > MAX_COLUMN) throw new RangeError('a column that is too long');
    // Columns that were taken before stay where they are.
    if (this.#used + length > this.#values.length) {
      this.#values = new Float64Array(Math.max(length, this.#values.length * 2));
      this.#used = 0;
    }
    this.#used += length;
    return this.#values.subarray(this.#used - length, this.#used);
  }
}
const MAX_KEPT = 1 << 18;

/** @throws RangeError when the bits are no such column. */
export function readColumn(from: BitReader, length: number, room?: ColumnRoom): Float64Array {
  if (length > MAX_COLUMN) throw new RangeError('a column that is too long');
  const values = room?.take(length) ?? new Float64Array(length);
  if (length === 0) return values;
  const code = from.bits(6);
  if (code === CONSTANT) values.fill(from.count());
  else if (code >= FIXED) from.fixeds(values, code - FIXED);
  else from.rices(values, code);
  return values;
}

/** Any safe integer below 2^52 in size as one of zero or more: small ones, of either sign, are small. */
export const zigzag = (value: number): number => (value < 0 ? -value * 2 - 1 : value * 2);
export const unzigzag = (value: number): number => (value % 2 === 1 ? -(value + 1) / 2 : value / 2);
