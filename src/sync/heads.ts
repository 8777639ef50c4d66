/**
 * Heads: each device says, under its signature and with whatever it sends anyway, how far it has read the feed, the hash of that, and
 * which device list it knew. Whoever reads it compares with what the service showed them. A service that tells two devices different
 * things has to keep everything that either sends from the other from then on (docs/decisions/0018).
 */
import * as v from 'valibot';
import type { Clock } from '../base/clock.ts';
import { ok, type Result } from '../base/result.ts';
import { sha256 } from '../crypto/primitives.ts';
import { type CheckedChain, hashOfSigned } from '../protocol/device-list.ts';
import { seqSchema } from '../protocol/wire.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { type AccountState, DEVICES_SEEN, deviceIdOf, signerOf } from './account-state.ts';
import { type Attestation, attest } from './attested.ts';
import { type Feed, hashAt, openFeed, readAgain } from './feed.ts';
import { type Evidence, keepEvidence, type LieKind, lied, type SaidHead } from './service-lie.ts';
import type { Transport, TransportFailure } from './transport.ts';

const hash32 = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/));

export const headSchema = v.object({
  /** The newest entry that the device has read, and the feed's hash after it (protocol/feed-hash.ts). */
  seq: seqSchema,
  hash: hash32,
  /** The newest device list that it has seen: version and hash of its signed bytes. */
  list: v.object({ version: v.pipe(v.number(), v.safeInteger(), v.minValue(1)), hash: hash32 }),
  /** By its clock, ms since 1970. */
  atMs: seqSchema,
});
export type Head = v.InferOutput<typeof headSchema>;

/** Of each device the newest one that was read, with its signature. */
type Heads = Readonly<Record<string, Head & { readonly said: Attestation }>>;

export const HEADS = 'heads';

export const readHeads = async (store: LocalStore): Promise<Heads> =>
  ((await store.db.get('metadata', HEADS)) as Heads | undefined) ?? {};

/** Who compares, with what. */
export interface HeadSession {
  readonly store: LocalStore;
  readonly transport: Transport;
  readonly account: AccountState;
  readonly clock: Clock;
  /** Devices in the account's list: what others say is heard, and counts for nothing. */
  readonly authors: ReadonlySet<string>;
}

/** This device's own, to be signed; `null` before anything is known of the device list. */
export async function ownHead(store: LocalStore, feed: Feed, atMs: number): Promise<Head | null> {
  const list = (await store.db.get('metadata', DEVICES_SEEN)) as Head['list'] | undefined;
  const hash = hashAt(feed, feed.seq);
  return list && hash !== undefined ? { seq: feed.seq, hash, list, atMs } : null;
}

/** Heads of listed devices that lie beyond what was read: the feed has to come that far. */
export const headsBeyond = async (
  { store, authors }: Pick<HeadSession, 'store' | 'authors'>,
  seq: number,
): Promise<readonly (readonly [string, Heads[string]])[]> =>
  Object.entries(await readHeads(store)).filter(([device, head]) => authors.has(device) && head.seq > seq);

/** The first of the heads that were waited for and do not fit the entries read since `since`. */
export async function contradicted(
  session: HeadSession,
  since: number,
  feed: Feed,
): Promise<string | undefined> {
  const reached = (await headsBeyond(session, since)).filter(([, { seq }]) => seq <= feed.seq);
  return reached.find(([, { seq, hash }]) => hashAt(feed, seq) !== hash)?.[0];
}

/** Takes over what a device says, unless it does not fit what was read here: then the service is not to be trusted any more. */
export async function takeHead(
  session: HeadSession,
  device: string,
  head: Head,
  said: Attestation,
  feed: Feed,
): Promise<Result<null, TransportFailure>> {
  const { store, authors } = session;
  if (!authors.has(device)) return ok(null);
  const heads = await readHeads(store);
  const before = heads[device];
  const there = { device, ...said };
  if (before && (head.seq < before.seq || head.list.version < before.list.version))
    return stopFor(session, feed, { what: 'went-back', at: head.seq, there });
  if (head.seq <= feed.seq) {
    let here = hashAt(feed, head.seq);
    if (here === undefined) {
      const again = await againUpTo(session, feed, head.seq);
      if (!again.ok) return again;
      if (again.value === null) return stopFor(session, feed, { what: 'altered', at: head.seq });
      here = again.value;
    }
    if (here !== head.hash) return stopFor(session, feed, { what: 'forked', at: head.seq, there });
  }
  await store.db.put('metadata', { ...heads, [device]: { ...head, said } } satisfies Heads, HEADS);
  return ok(null);
}

/** The hash at an entry that it is not kept of. `null`: what the service shows now does not lead to what it showed before. */
async function againUpTo(
  { store, transport, account }: HeadSession,
  feed: Feed,
  at: number,
): Promise<Result<string | null, TransportFailure>> {
  const signer = signerOf(store, account.account);
  const oldest = feed.seq - feed.hashes.length + 1;
  const upTo = await readAgain(transport, signer, at);
  if (!upTo.ok) return upTo;
  const whole = await readAgain(transport, signer, oldest);
  if (!whole.ok) return whole;
  const leads = whole.value !== null && hashAt(whole.value, oldest) === hashAt(feed, oldest);
  return ok(upTo.value !== null && leads ? (hashAt(upTo.value, at) ?? null) : null);
}

/** Whether the device list that the service shows has all that listed devices have seen of it. */
export async function checkList(
  session: HeadSession,
  { signed, versions }: Pick<CheckedChain, 'signed' | 'versions'>,
): Promise<Result<null, TransportFailure>> {
  const hashOf = async (version: number): Promise<string | undefined> =>
    version === versions.length ? hashOfSigned(signed, { sha256 }) : versions[version]?.previous;
  for (const [device, { list, said }] of Object.entries(await readHeads(session.store))) {
    if (!session.authors.has(device) || (await hashOf(list.version)) === list.hash) continue;
    const { store, transport, account } = session;
    const feed = await openFeed(store, transport, signerOf(store, account.account));
    if (!feed.ok) return feed;
    return stopFor(session, feed.value, {
      what: 'device-list',
      at: list.version,
      there: { device, ...said },
    });
  }
  return ok(null);
}

/** Keeps what proves it. Nothing is sent or taken in this account any more. */
export async function stopFor(
  { store, account, clock }: Pick<HeadSession, 'store' | 'account' | 'clock'>,
  feed: Feed | null,
  found: { readonly what: LieKind; readonly at: number; readonly there?: SaidHead },
): Promise<Result<never, TransportFailure>> {
  const foundMs = clock.nowMs();
  const seen = feed && (await ownHead(store, feed, foundMs));
  const here = await attest(
    'evidence',
    account.account,
    deviceIdOf(store),
    store.vault.device.sign.privateKey,
    // Also the hash at the place in question, which need not be the newest one.
    { ...seen, at: found.at, hashAt: feed ? hashAt(feed, found.at) : undefined },
  );
  const evidence: Evidence = {
    ...found,
    here: { device: deviceIdOf(store), ...here },
    foundMs,
  };
  await keepEvidence(store, evidence);
  return lied(evidence);
}
