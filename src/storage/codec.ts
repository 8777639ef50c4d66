/**
 * Events outside of the store: in what is sent (sync/drafts.ts) and in archives. One byte says the format; then JSON in UTF-8, deflated
 * (RFC 1951). Format 0 is the list of events; format 1, which is written, has its fields as columns (event-columns.ts): a tenth
 * smaller. The format's byte is inside the envelope.
 */
import { type Bytes, concat, fromUtf8, utf8 } from '../base/bytes.ts';
import type { InteractionEvent } from '../model/interaction.ts';
import { DamagedError } from './database.ts';
import { columnsOf, eventsOfColumns } from './event-columns.ts';

const [LIST, COLUMNS] = [0, 1];

async function pipe(bytes: Bytes, through: ReadableWritablePair<Uint8Array, BufferSource>): Promise<Bytes> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(through)).arrayBuffer());
}

export async function encodeEvents(events: readonly InteractionEvent[]): Promise<Bytes> {
  const json = utf8(JSON.stringify(columnsOf(events)));
  return concat(new Uint8Array([COLUMNS]), await pipe(json, new CompressionStream('deflate-raw')));
}

/** @throws DamagedError for an unknown format or bytes that do not inflate. */
export async function decodeEvents(bytes: Bytes): Promise<InteractionEvent[]> {
  const [format] = bytes;
  if (format !== LIST && format !== COLUMNS)
    throw new DamagedError('Written by a newer version of ARQ Context: update this one to read it.');
  try {
    const plain = await pipe(bytes.subarray(1), new DecompressionStream('deflate-raw'));
    const value: unknown = JSON.parse(fromUtf8(plain));
    return (format === LIST ? value : eventsOfColumns(value)) as InteractionEvent[];
  } catch {
    throw new DamagedError('A part of the stored data is damaged and was left out.');
  }
}
