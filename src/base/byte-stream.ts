/** Writing and reading compact binary formats: LEB128 varints, zigzag for signed numbers, counted text and bytes. */
import { type Bytes, fromUtf8, utf8 } from './bytes.ts';

export class ByteWriter {
  #bytes: Bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  u8(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  /** A safe integer of zero or more. Numbers above 32 bits are divided, because bit operations cut them. */
  varint(value: number): void {
    this.#room(8);
    let rest = value;
    while (rest > 0x7fffffff) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Big-endian. */
  u32(value: number): void {
    this.#room(4);
    this.#view.setUint32(this.#length, value);
    this.#length += 4;
  }

  /** Any safe integer below 2^52 in size: small ones, of either sign, are short. */
  signed(value: number): void {
    this.varint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  /** IEEE 754, big-endian: for numbers that need not be whole. */
  f64(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.#length, value);
    this.#length += 8;
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Bytes preceded by their number. */
  counted(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  text(value: string): void {
    if (!this.#asciiText(value)) this.counted(utf8(value));
  }

  /** A few bytes of others: copied by hand, which is faster for so few. */
  part(bytes: Uint8Array, from: number, to: number): void {
    this.#room(to - from);
    for (let i = from; i < to; i++) this.#bytes[this.#length++] = bytes[i] as number;
  }

  /** Without its length. */
  plain(value: string): void {
    this.#room(value.length);
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) {
        this.raw(utf8(value));
        return;
      }
      this.#bytes[this.#length + i] = code;
    }
    this.#length += value.length;
  }

  /** Short texts are mostly ASCII, and writing them here is several times faster than an encoder of their own. */
  #asciiText(value: string): boolean {
    const { length } = value;
    if (length > 0x7f) return false;
    this.#room(length + 1);
    const start = this.#length + 1;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      this.#bytes[start + i] = code;
    }
    this.#bytes[this.#length] = length;
    this.#length = start + length;
    return true;
  }

  bytes(): Bytes {
    return this.#bytes.slice(0, this.#length);
  }

  /** The same without a copy: until the next write. */
  view(): Bytes {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Begins anew with the memory that it has. */
  clear(): void {
    this.#length = 0;
  }
}

/** @throws RangeError when it is read past its end: whoever reads stored bytes turns that into "damaged". */
export class ByteReader {
  #offset = 0;

  constructor(private readonly source: Bytes) {}

  get left(): number {
    return this.source.length - this.#offset;
  }

  u8(): number {
    const value = this.source[this.#offset];
    if (value === undefined) throw new RangeError('read past the end');
    this.#offset += 1;
    return value;
  }

  varint(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw new RangeError('a number of more than 56 bits');
  }

  u32(): number {
    const bytes = this.raw(4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  f64(): number {
    const bytes = this.raw(8);
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0);
  }

  /** A view, not a copy. */
  raw(length: number): Bytes {
    if (length > this.left) throw new RangeError('read past the end');
    this.#offset += length;
    return this.source.subarray(this.#offset - length, this.#offset);
  }

  counted(): Bytes {
    return this.raw(this.varint());
  }

  text(): string {
    return fromUtf8(this.counted());
  }
}
