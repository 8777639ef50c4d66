/** What the service says that it holds of the account: one JSON object a line (`GET /v1/export`), taken without the sealed bodies. */
import { LIMITS } from '../protocol/limits.ts';
import { PATHS } from '../protocol/routes.ts';
import type { LocalStore } from '../storage/local-store.ts';
import type { Signer, Transport } from './transport.ts';

/** A body in base64url, and what is told of it. */
const MAX_LINE = Math.ceil((LIMITS.bodyBytes * 4) / 3) + 256 * 1024;

/** It did not answer, or not to its end. `message` is for the person. */
export class HoldingsMissing extends Error {
  override readonly name = 'HoldingsMissing';
}

const BROKE_OFF =
  'The sync service did not tell all that it holds: its answer broke off. The rest of the export is complete; export again for this part.';

/** @throws HoldingsMissing */
export async function* readHoldings(
  transport: Transport,
  signer: Signer,
): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const answer = await transport.stream({ method: 'GET', path: `${PATHS.export}?bodies=none` }, signer);
  if (!answer.ok)
    throw new HoldingsMissing(
      `What the sync service holds is not in this export. ${answer.error.message} The rest of the export is complete.`,
    );
  let ended = false;
  for await (const line of lines(answer.value)) {
    if (ended) throw new HoldingsMissing(BROKE_OFF);
    const held = parseLine(line);
    if (held.type === 'end') ended = true;
    else yield held;
  }
  if (!ended) throw new HoldingsMissing(BROKE_OFF);
}

/** Beside what the service tells of an object, what this device knows it to be: `here`. */
export async function* withKnown(
  store: LocalStore,
  held: ReturnType<typeof readHoldings>,
): ReturnType<typeof readHoldings> {
  for await (const one of held) {
    const { type, slot, etag } = one;
    const known =
      type === 'object' && typeof slot === 'string' ? await store.db.get('peers', slot) : undefined;
    if (known === undefined || known.etag !== etag) yield one;
    else {
      const { kind, day, epoch = 1 } = known;
      yield { ...one, here: { kind, epoch, ...(day === undefined ? {} : { day }) } };
    }
  }
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = stream
    .pipeThrough(new TextDecoderStream() as never)
    .getReader() as ReadableStreamDefaultReader<string>;
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => {
        throw new HoldingsMissing(BROKE_OFF);
      });
      if (done) break;
      const parts = (text + value).split('\n');
      text = parts.pop() ?? '';
      if (text.length > MAX_LINE) throw new HoldingsMissing(BROKE_OFF);
      yield* parts;
    }
    if (text !== '') throw new HoldingsMissing(BROKE_OFF);
  } finally {
    // Also when nobody wants the rest.
    await reader.cancel().catch(() => {});
  }
}

function parseLine(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError();
    // `here` is ours to say.
    const { body: _, here: __, ...told } = value as Record<string, unknown>;
    return told;
  } catch {
    throw new HoldingsMissing(BROKE_OFF);
  }
}
