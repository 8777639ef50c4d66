/** Raw deflate (RFC 1951) by the browser. Driven by hand: a Blob and a Response around it take twice the time. */
import { type Bytes, concat } from '../../base/bytes.ts';

/** Nothing of ours inflates to more; a bomb is refused. */
const MAX_BYTES = 64 * 1024 * 1024;

async function through(stream: GenericTransformStream, bytes: Bytes): Promise<Bytes> {
  const writer = stream.writable.getWriter() as WritableStreamDefaultWriter<Bytes>;
  // A failure reaches the reader; here it would only be reported as unhandled.
  writer.write(bytes).catch(() => {});
  writer.close().catch(() => {});
  const reader = stream.readable.getReader() as ReadableStreamDefaultReader<Bytes>;
  const parts: Bytes[] = [];
  let length = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    parts.push(value);
    length += value.length;
    if (length > MAX_BYTES) {
      await reader.cancel();
      throw new RangeError('inflates to more than 64 MiB');
    }
  }
  return parts.length === 1 && parts[0] ? parts[0] : concat(...parts);
}

export const deflate = (bytes: Bytes): Promise<Bytes> => through(new CompressionStream('deflate-raw'), bytes);

/** @throws TypeError or RangeError when the bytes are no deflate stream, or a bomb. */
export const inflate = (bytes: Bytes): Promise<Bytes> =>
  through(new DecompressionStream('deflate-raw'), bytes);
