/**
 * The data blocks of a LevelDB table file (`*.ldb`), decompressed. Just enough of the formats to search what is inside:
 * https://github.com/google/leveldb/blob/main/doc/table_format.md and
 * https://github.com/google/snappy/blob/main/format_description.txt
 */

const FOOTER_BYTES = 48;
const MAGIC = 0xdb4775248b80fb57n;
/** After each block: one byte for the compression, four for the checksum. */
const SNAPPY = 1;

class Reader {
  constructor(
    private readonly bytes: Buffer,
    public offset: number,
  ) {}

  /** A little-endian base-128 number; exact up to 2^53. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.bytes.readUInt8(this.offset++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  }
}

/** The blocks with keys and values; `null` when the bytes are no LevelDB table. */
export function tableBlocks(file: Buffer): Buffer[] | null {
  if (file.length < FOOTER_BYTES || file.readBigUInt64LE(file.length - 8) !== MAGIC) return null;
  const footer = new Reader(file, file.length - FOOTER_BYTES);
  // Where the meta index is: not needed.
  footer.varint();
  footer.varint();
  const index = readBlock(file, footer.varint(), footer.varint());
  return blockValues(index).map((handle) => {
    const reader = new Reader(handle, 0);
    return readBlock(file, reader.varint(), reader.varint());
  });
}

function readBlock(file: Buffer, offset: number, sizeBytes: number): Buffer {
  const raw = file.subarray(offset, offset + sizeBytes);
  return file[offset + sizeBytes] === SNAPPY ? unsnappy(raw) : raw;
}

/** The values of a block's entries; keys share prefixes with their neighbours and are skipped. */
function blockValues(block: Buffer): Buffer[] {
  const restarts = block.readUInt32LE(block.length - 4);
  const end = block.length - 4 - 4 * restarts;
  const reader = new Reader(block, 0);
  const values: Buffer[] = [];
  while (reader.offset < end) {
    reader.varint();
    const keyBytes = reader.varint();
    const valueBytes = reader.varint();
    const start = reader.offset + keyBytes;
    values.push(block.subarray(start, start + valueBytes));
    reader.offset = start + valueBytes;
  }
  return values;
}

/** Raw snappy, without framing. @throws RangeError when the bytes are cut off. */
export function unsnappy(input: Buffer): Buffer {
  const reader = new Reader(input, 0);
  const output = Buffer.alloc(reader.varint());
  let written = 0;
  while (reader.offset < input.length) {
    const tag = input.readUInt8(reader.offset++);
    if ((tag & 3) === 0) {
      let length = tag >> 2;
      if (length >= 60) {
        const lengthBytes = length - 59;
        length = input.readUIntLE(reader.offset, lengthBytes);
        reader.offset += lengthBytes;
      }
      written += input.copy(output, written, reader.offset, reader.offset + length + 1);
      reader.offset += length + 1;
      continue;
    }
    const { length, distance } = readCopy(input, reader, tag);
    // Byte by byte: a copy may overlap what it writes.
    for (let i = 0; i < length; i++, written++)
      output.writeUInt8(output.readUInt8(written - distance), written);
  }
  return output;
}

function readCopy(input: Buffer, reader: Reader, tag: number): { length: number; distance: number } {
  if ((tag & 3) === 1)
    return { length: ((tag >> 2) & 7) + 4, distance: ((tag >> 5) << 8) | input.readUInt8(reader.offset++) };
  const distanceBytes = (tag & 3) === 2 ? 2 : 4;
  const distance = input.readUIntLE(reader.offset, distanceBytes);
  reader.offset += distanceBytes;
  return { length: (tag >> 2) + 1, distance };
}
