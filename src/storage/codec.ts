/** Segment format 0: one byte version, then JSON in UTF-8, deflated (RFC 1951). The version byte is inside the envelope. */
import { type Bytes, concat, fromUtf8, utf8 } from '../base/bytes.ts';
import type { InteractionEvent } from '../model/interaction.ts';
import { DamagedError } from './database.ts';

const FORMAT = 0;

async function pipe(bytes: Bytes, through: ReadableWritablePair<Uint8Array, BufferSource>): Promise<Bytes> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(through)).arrayBuffer());
}

export async function encodeEvents(events: readonly InteractionEvent[]): Promise<Bytes> {
  const deflated = await pipe(utf8(JSON.stringify(events)), new CompressionStream('deflate-raw'));
  return concat(new Uint8Array([FORMAT]), deflated);
}

/** @throws DamagedError for an unknown format or bytes that do not inflate. */
export async function decodeEvents(bytes: Bytes): Promise<InteractionEvent[]> {
  if (bytes[0] !== FORMAT)
    throw new DamagedError('Written by a newer version of ARQ Context: update this one to read it.');
  try {
    return JSON.parse(
      fromUtf8(await pipe(bytes.subarray(1), new DecompressionStream('deflate-raw'))),
    ) as InteractionEvent[];
  } catch {
    throw new DamagedError('A part of the stored data is damaged and was left out.');
  }
}
