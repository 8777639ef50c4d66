/**
 * What the service says that it holds of the account: one JSON object a line (`GET /v1/export`), taken without the sealed bodies unless the
 * person asks for them; then each is beside what it opens to here.
 */
import { fromBase64Url } from '../base/bytes.ts';
import { parseSlot } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import { PATHS } from '../protocol/routes.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { scopeOf, signerOf } from './account-state.ts';
import { openedOf } from './held-object.ts';
import type { PullSession } from './parts.ts';
import type { Signer, Transport } from './transport.ts';

/** A body in base64url, and what is told of it. */
const MAX_LINE = Math.ceil((LIMITS.bodyBytes * 4) / 3) + 256 * 1024;

/** It did not answer, or not to its end. `message` is for the person. */
export class HoldingsMissing extends Error {
  override readonly name = 'HoldingsMissing';
}

const BROKE_OFF =
  'The sync service did not tell all that it holds: its answer broke off. The rest of the export is complete; export again for this part.';

/** `bodies`: with the sealed bytes of each object, base64url. @throws HoldingsMissing */
export async function* readHoldings(
  transport: Transport,
  signer: Signer,
  bodies = false,
): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const answer = await transport.stream(
    { method: 'GET', path: bodies ? PATHS.export : `${PATHS.export}?bodies=none` },
    signer,
  );
  if (!answer.ok)
    throw new HoldingsMissing(
      `What the sync service holds is not in this export. ${answer.error.message} The rest of the export is complete.`,
    );
  let ended = false;
  for await (const line of lines(answer.value)) {
    if (ended) throw new HoldingsMissing(BROKE_OFF);
    const held = parseLine(line, bodies);
    if (held.type === 'end') ended = true;
    else yield held;
  }
  if (!ended) throw new HoldingsMissing(BROKE_OFF);
}

/** Beside what the service tells of an object, what this device knows it to be: `here`. */
async function* withKnown(
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

/** `bodies`: with the bytes of each object and what opens of it here; else with what is known of it here. @throws HoldingsMissing */
export async function* holdingsOf(
  session: Omit<PullSession, 'scope'>,
  bodies = false,
): ReturnType<typeof readHoldings> {
  const { store, transport, account } = session;
  const told = readHoldings(transport, signerOf(store, account.account), bodies);
  if (bodies) {
    const scope = await scopeOf(store, account.account);
    yield* withKnown(store, withOpened({ ...session, scope }, told));
  } else yield* withKnown(store, told);
}

/** Beside the bytes of an object, what opens of it here: `opened`. What was deleted, or is about to be, is not in it, and no keys. */
async function* withOpened(
  session: PullSession,
  held: ReturnType<typeof readHoldings>,
): ReturnType<typeof readHoldings> {
  for await (const one of held) {
    const body = typeof one.body === 'string' ? fromBase64Url(one.body) : null;
    const slot = typeof one.slot === 'string' ? parseSlot(one.slot) : null;
    if (!body || !slot) {
      yield one;
      continue;
    }
    const opened = await openedOf(session, slot, body);
    if (!opened.ok) throw new HoldingsMissing(BROKE_OFF);
    yield { ...one, opened: opened.value };
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

function parseLine(line: string, bodies: boolean): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError();
    // `here` and `opened` are ours to say.
    const { body, here: _, opened: __, ...told } = value as Record<string, unknown>;
    return bodies && body !== undefined ? { ...told, body } : told;
  } catch {
    throw new HoldingsMissing(BROKE_OFF);
  }
}
