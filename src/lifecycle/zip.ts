/** ZIP files: written as a stream, and read with distrust. By zip.js, with the browser's own deflate; no threads of its own. */
import {
  configure,
  Reader,
  type WritableWriter,
  ZipReader,
  ZipWriter,
} from '@zip.js/zip.js/lib/zip-core-native.js';
import { type Bytes, utf8 } from '../base/bytes.ts';

configure({ useWebWorkers: false, useCompressionStream: true });

/** Files one after another; `sink` gets the bytes in order, and is waited for. */
export class ZipStream {
  readonly #zip: ZipWriter<unknown>;
  #file:
    | { readonly writer: WritableStreamDefaultWriter<Uint8Array>; readonly added: Promise<unknown> }
    | undefined;

  constructor(
    private readonly madeAt: Date,
    sink: (bytes: Uint8Array) => Promise<void> | void,
  ) {
    const out: WritableWriter = {
      writable: new WritableStream<Uint8Array>({ write: (bytes) => sink(bytes) }),
    };
    this.#zip = new ZipWriter(out, {
      bufferedWrite: false,
      extendedTimestamp: false,
      dataDescriptor: true,
      lastModDate: this.madeAt,
    });
  }

  /** The file before is complete. */
  async begin(name: string): Promise<void> {
    await this.#finish();
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const added = this.#zip.add(name, readable);
    // Told when the file is finished, or by the next write.
    added.catch((error: unknown) => void writer.abort(error).catch(() => {}));
    const writer = writable.getWriter();
    writer.closed.catch(() => {});
    this.#file = { writer, added };
  }

  async write(text: string): Promise<void> {
    if (!this.#file) throw new Error('no file was begun');
    await this.#file.writer.write(utf8(text));
  }

  async #finish(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (!file) return;
    await file.writer.close();
    await file.added;
  }

  async end(): Promise<void> {
    await this.#finish();
    await this.#zip.close();
  }
}

/** Bytes that can be read at any place. */
export interface ZipSource {
  readonly size: number;
  bytes(from: number, length: number): Promise<Bytes>;
}

class SourceReader extends Reader<ZipSource> {
  constructor(private readonly source: ZipSource) {
    super(source);
  }
  override async init(): Promise<void> {
    this.size = this.source.size;
  }
  override readUint8Array(from: number, length: number): Promise<Uint8Array> {
    return this.source.bytes(from, length);
  }
}

export interface ZipEntry {
  readonly name: string;
  /** As the file says; only what comes tells. */
  readonly size: number;
  /** Ends with an error when a checksum is wrong, or when more than `maxBytes` came. */
  bytes(maxBytes: number): ReadableStream<Bytes>;
}

/**
 * What is listed in a ZIP file. @throws when it is none, when it says two things, lists more than `maxEntries`, or one that is
 * encrypted. Entries are read one at a time and within bounds, so that some which share their bytes gain nothing.
 */
export async function readZip(source: ZipSource, maxEntries: number): Promise<ZipEntry[]> {
  const zip = new ZipReader(new SourceReader(source), {
    strictness: 'strict',
    checkSignature: true,
  });
  const entries: ZipEntry[] = [];
  for await (const entry of zip.getEntriesGenerator()) {
    if (entries.length >= maxEntries) throw new Error('too many entries');
    if (entry.directory || entry.encrypted) throw new Error('no plain file');
    entries.push({
      name: entry.filename,
      size: entry.uncompressedSize,
      bytes(maxBytes) {
        let length = 0;
        const counted = new TransformStream<Bytes, Bytes>({
          transform(chunk, controller) {
            length += chunk.length;
            if (length > maxBytes) throw new Error('larger than it may be');
            controller.enqueue(chunk);
          },
        });
        // Its failure is that of the stream.
        entry
          .getData(counted.writable)
          .catch((error: unknown) => void counted.writable.abort(error).catch(() => {}));
        return counted.readable;
      },
    });
  }
  return entries;
}
