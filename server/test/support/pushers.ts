/** Devices that write as fast as they may, and remember what they sent and what they were told. */
import * as v from 'valibot';
import { type Bytes, toBase64Url } from '../../../src/base/bytes.ts';
import type { Etag, Slot } from '../../../src/protocol/ids.ts';
import { batchAnswerSchema } from '../../../src/protocol/wire.ts';
import { etagOf } from '../../src/auth/digest.ts';
import type { ClientWrite, TestClient } from './client.ts';
import { randomBytes } from './identity.ts';

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Sent {
  readonly device: string;
  /** What the change feed says of it when it was written. */
  readonly ops: readonly { readonly slot: Slot; readonly etag: Etag | null; readonly size: number }[];
  readonly writes: readonly ClientWrite[];
  /** `null` = sent as a single write, which has no key. */
  readonly key: string | null;
  /** `number` = acknowledged with this sequence number; `refused` = surely not written; `unknown` = no answer came. */
  outcome: number | 'refused' | 'unknown';
}

/** One account as its devices know it. */
export interface Shared {
  readonly slots: readonly Slot[];
  /** What each slot held by the last answer. */
  readonly held: Map<Slot, Etag>;
  readonly bodies: Map<Etag, Bytes>;
  readonly sent: Sent[];
}

export const newShared = (slots: number): Shared => ({
  slots: Array.from({ length: slots }, () => toBase64Url(randomBytes(32)) as Slot),
  held: new Map(),
  bodies: new Map(),
  sent: [],
});

async function nextWrites(shared: Shared, random: () => number): Promise<Pick<Sent, 'writes' | 'ops'>> {
  const count = 1 + Math.floor(random() * 4);
  const chosen = new Set<Slot>();
  while (chosen.size < count) chosen.add(shared.slots[Math.floor(random() * shared.slots.length)] as Slot);
  const writes: ClientWrite[] = [];
  const ops: Sent['ops'][number][] = [];
  for (const slot of chosen) {
    const ifMatch = shared.held.get(slot) ?? null;
    // Never a delete alone: it has no etag of its own by which to tell it from another one.
    if (writes.length > 0 && ifMatch !== null && random() < 0.1) {
      writes.push({ op: 'delete', slot, ifMatch });
      ops.push({ slot, etag: null, size: 0 });
      continue;
    }
    const body = randomBytes(16 + Math.floor(random() * 4_000));
    const etag = await etagOf(body);
    shared.bodies.set(etag, body);
    writes.push({ op: 'put', slot, ifMatch, body });
    ops.push({ slot, etag, size: body.length });
  }
  return { writes, ops };
}

function learn(shared: Shared, slot: Slot, etag: Etag | null): void {
  if (etag === null) shared.held.delete(slot);
  else shared.held.set(slot, etag);
}

async function refused(sent: Sent, response: Response): Promise<void> {
  await response.arrayBuffer();
  sent.outcome = 'refused';
  if (response.status === 429) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** One write, alone or in a batch of up to four. @throws TypeError of `fetch` when no answer came. */
async function push(client: TestClient, shared: Shared, random: () => number): Promise<void> {
  const { writes, ops } = await nextWrites(shared, random);
  const [first] = writes;
  const alone = writes.length === 1 && first?.op === 'put';
  const key = alone ? null : toBase64Url(randomBytes(16));
  const sent: Sent = { device: client.device.id, ops, writes, key, outcome: 'unknown' };
  shared.sent.push(sent);
  if (alone) {
    const response = await client.put(first.slot, first.body, first.ifMatch);
    if (response.status === 200) sent.outcome = ((await response.json()) as { seq: number }).seq;
    else await refused(sent, response);
    const etag = response.status === 412 ? response.headers.get('etag')?.slice(1, -1) : ops[0]?.etag;
    if (response.status === 200 || response.status === 412)
      learn(shared, first.slot, (etag ?? null) as Etag | null);
    return;
  }
  const response = await client.batch(writes, { key: key as string, atomic: true });
  if (response.status !== 200) return refused(sent, response);
  const { seq, results } = v.parse(batchAnswerSchema, await response.json());
  sent.outcome = results.every(({ ok }) => ok) ? seq : 'refused';
  for (const [index, { etag }] of results.entries()) learn(shared, (writes[index] as ClientWrite).slot, etag);
}

/** Writes until the service is gone. Being told to slow down is no end. `answered` is called at once after each answer. */
export async function pushOn(
  client: TestClient,
  shared: Shared,
  random: () => number,
  answered: () => void,
): Promise<void> {
  for (;;) {
    try {
      await push(client, shared, random);
      answered();
    } catch (error) {
      // `fetch` failed or the body broke off: nobody knows what became of it.
      if (error instanceof TypeError) return;
      throw error;
    }
  }
}
