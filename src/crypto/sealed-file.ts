/**
 * A file that a passphrase opens, version 1:
 *
 *     0   8  "ARQFILE" and 1, the version
 *     8   4  n, big-endian: length of the header, at most 1,024
 *     12  n  header, JSON: {"kdf": …}, parameters of Argon2id (kdf.ts), range-checked before they are used
 *     ..     chunks: envelopes (envelope.ts) of 64 KiB of plaintext each; the last one of at most that, perhaps of nothing
 *
 * The key is HKDF(Argon2id(passphrase), "arq/v1/sealed-file", SHA-256 of all that comes before the chunks); its salt is random, so each
 * file has its own. The additional data of a chunk is that hash, its number and whether it is the last one: a file that was cut off,
 * put in another order, mixed with another one, or whose header was changed does not open (the idea of STREAM: Hoang, Reyhanitabar,
 * Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015; here with random nonces).
 * The length of the file tells that of what is in it. Frozen in test/vectors/sealed-file-1.arqx.
 */
import * as v from 'valibot';
import { type Bytes, concat, equalBytes, fromUtf8, lengthPrefixed, u32, u64, utf8 } from '../base/bytes.ts';
import { type AeadKey, aeadKey, ENVELOPE_BYTES, open, seal } from './envelope.ts';
import { type Kdf, kdfSchema } from './kdf.ts';
import { hkdf, sha256 } from './primitives.ts';

const MAGIC = new Uint8Array([...utf8('ARQFILE'), 1]);
const START = MAGIC.length + 4;
const MAX_HEADER = 1024;
const CHUNK = 64 * 1024;
const SEALED_CHUNK = CHUNK + ENVELOPE_BYTES;
/** Enough of a file to know what it is and what it asks for. */
export const HEAD_BYTES = START + MAX_HEADER;

const headerSchema = v.strictObject({ kdf: kdfSchema });

interface Keys {
  readonly key: AeadKey;
  /** SHA-256 of all that comes before the chunks. */
  readonly file: Bytes;
}

async function keysOf(head: Bytes, passphraseKey: Bytes): Promise<Keys> {
  const file = await sha256(head);
  return { key: await aeadKey(await hkdf(passphraseKey, 'arq/v1/sealed-file', file)), file };
}

const chunkAad = (file: Bytes, index: number, isLast: boolean): Bytes =>
  lengthPrefixed([utf8('arq/sealed-file/1'), file, u64(index), new Uint8Array([isLast ? 1 : 0])]);

/** Seals bytes that come in pieces of any length; `sink` gets what belongs into the file, in order. */
export class FileSealer {
  #waiting: Uint8Array[] = [];
  #length = 0;
  #index = 0;

  private constructor(
    private readonly keys: Keys,
    private readonly sink: (bytes: Bytes) => void,
  ) {}

  /** @param passphraseKey what `kdf` made of the passphrase: 32 bytes. `kdf` must be new: its salt makes the key this file's own. */
  static async begin(kdf: Kdf, passphraseKey: Bytes, sink: (bytes: Bytes) => void): Promise<FileSealer> {
    const header = utf8(JSON.stringify({ kdf }));
    const head = concat(MAGIC, u32(header.length), header);
    sink(head);
    return new FileSealer(await keysOf(head, passphraseKey), sink);
  }

  /** One call after another. */
  async add(bytes: Uint8Array): Promise<void> {
    this.#waiting.push(bytes);
    this.#length += bytes.length;
    // What fills a chunk exactly may be the last of all.
    while (this.#length > CHUNK) {
      const all = concat(...this.#waiting);
      this.#waiting = [all.subarray(CHUNK)];
      this.#length -= CHUNK;
      await this.#seal(all.subarray(0, CHUNK), false);
    }
  }

  async end(): Promise<void> {
    await this.#seal(concat(...this.#waiting), true);
  }

  async #seal(chunk: Bytes, isLast: boolean): Promise<void> {
    this.sink(await seal(this.keys.key, chunk, chunkAad(this.keys.file, this.#index++, isLast)));
  }
}

/** By its first bytes. Says nothing about whether it opens. */
export const isSealedFile = (start: Bytes): boolean =>
  start.length >= MAGIC.length &&
  equalBytes(start.subarray(0, MAGIC.length - 1), MAGIC.subarray(0, MAGIC.length - 1));

export interface Head {
  readonly kdf: Kdf;
  /** All that comes before the chunks. */
  readonly bytes: Bytes;
}

/** From the first `HEAD_BYTES` of a file, or all of a shorter one. `null`: damaged, of another version, or with parameters that nobody should follow. */
export function parseHead(start: Bytes): Head | null {
  if (start.length < START || !equalBytes(start.subarray(0, MAGIC.length), MAGIC)) return null;
  const length = new DataView(start.buffer, start.byteOffset).getUint32(MAGIC.length);
  if (length > MAX_HEADER || start.length < START + length) return null;
  try {
    const { kdf } = v.parse(headerSchema, JSON.parse(fromUtf8(start.subarray(START, START + length))));
    return { kdf, bytes: start.slice(0, START + length) };
  } catch {
    return null;
  }
}

/** Reads `length` bytes from `from` on. */
export type ReadBytes = (from: number, length: number) => Promise<Bytes>;

/** It is not what was sealed. */
export class SealedFileDamaged extends Error {
  override readonly name = 'SealedFileDamaged';
}

/** What is in a sealed file, to be read at any place: one chunk is open at a time. */
export class SealedFile {
  #open: { readonly index: number; readonly bytes: Promise<Bytes> } | undefined;

  private constructor(
    private readonly keys: Keys,
    private readonly read: ReadBytes,
    private readonly start: number,
    private readonly sealedBytes: number,
  ) {}

  /** `null`: the passphrase is another one. @throws SealedFileDamaged */
  static async open(
    head: Head,
    passphraseKey: Bytes,
    file: { readonly size: number; readonly read: ReadBytes },
  ): Promise<SealedFile | null> {
    const keys = await keysOf(head.bytes, passphraseKey);
    const start = head.bytes.length;
    const opened = new SealedFile(keys, file.read, start, file.size - start);
    if (opened.#last < 0 || opened.size < 0) throw new SealedFileDamaged();
    return (await opened.#isKey()) ? opened : null;
  }

  /** In bytes. */
  get size(): number {
    return this.sealedBytes - (this.#last + 1) * ENVELOPE_BYTES;
  }

  get #last(): number {
    return Math.ceil(this.sealedBytes / SEALED_CHUNK) - 1;
  }

  async #isKey(): Promise<boolean> {
    const opened = await this.#tryChunk(0);
    if (!opened.ok && opened.why !== 'other-key') throw new SealedFileDamaged();
    return opened.ok;
  }

  async #tryChunk(index: number) {
    const at = index * SEALED_CHUNK;
    const sealed = await this.read(this.start + at, Math.min(SEALED_CHUNK, this.sealedBytes - at));
    return open(this.keys.key, sealed, chunkAad(this.keys.file, index, index === this.#last));
  }

  #chunk(index: number): Promise<Bytes> {
    if (this.#open?.index === index) return this.#open.bytes;
    const bytes = this.#tryChunk(index).then((opened) => {
      if (!opened.ok) throw new SealedFileDamaged();
      return opened.plaintext;
    });
    this.#open = { index, bytes };
    return bytes;
  }

  /** Fewer bytes only where the file ends. @throws SealedFileDamaged */
  async bytes(from: number, length: number): Promise<Bytes> {
    const parts: Bytes[] = [];
    const end = Math.min(from + length, this.size);
    for (let at = from; at < end; ) {
      const index = Math.floor(at / CHUNK);
      const part = (await this.#chunk(index)).subarray(at - index * CHUNK, end - index * CHUNK);
      parts.push(part);
      at += part.length;
    }
    return concat(...parts);
  }
}
