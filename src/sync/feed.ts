/**
 * What this device has read of the account's change feed, as hashes, and what has to come in it. One row, written in the same step as
 * the cursor. The service never shortens the feed, so every device reads it from its first entry and can name its hash.
 */
import { type Bytes, fromBase64Url, toBase64Url, utf8 } from '../base/bytes.ts';
import { ok, type Result } from '../base/result.ts';
import { sha256 } from '../crypto/primitives.ts';
import { hashOfFeed, hashOfNoFeed } from '../protocol/feed-hash.ts';
import type { AccountId } from '../protocol/ids.ts';
import { PATHS } from '../protocol/routes.ts';
import { type Change, type ChangesAnswer, changesAnswerSchema } from '../protocol/wire.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { inTransaction, STRICT } from '../storage/transaction.ts';
import type { Signer, Transport, TransportFailure } from './transport.ts';

/** An answer of more than a megabyte is not taken, and an entry of the feed may name a hundred slots. */
const PAGE = 100;
/** So many hashes are kept, the newest. What another device says of an earlier entry is compared by reading the feed again. */
export const KEPT_HASHES = 128;

export interface Feed {
  /** The newest entry that was read and carried out: the cursor. */
  readonly seq: number;
  /** Of the newest entries, oldest first, base64url; the last is that of `seq`. */
  readonly hashes: readonly string[];
  /** Batches of this device that the service said to have written, and that were not read yet: number, and hash of what was put. */
  readonly sent: readonly { readonly seq: number; readonly puts: string }[];
  /** Objects that were fetched in a newer version than the entries read so far name: by slot the etag that has to come. */
  readonly ahead: Readonly<Record<string, string>>;
}

export const FEED = 'feed';
export const CURSOR = 'cursor';

export const readCursor = async (store: LocalStore): Promise<number> =>
  ((await store.db.get('metadata', CURSOR)) as number | undefined) ?? 0;

const firstFeed = async (account: AccountId): Promise<Feed> => ({
  seq: 0,
  hashes: [toBase64Url(await hashOfNoFeed(account, { sha256 }))],
  sent: [],
  ahead: {},
});

/** The entries after `since`, as the service shows them: not checked. */
export const readPage = (
  transport: Transport,
  signer: Signer,
  since: number,
  limit = PAGE,
): Promise<Result<ChangesAnswer, TransportFailure>> =>
  transport.json(
    changesAnswerSchema,
    {
      method: 'GET',
      path: `${PATHS.changes}?since=${since}&limit=${Math.min(limit, transport.limits.changesPage)}`,
    },
    signer,
  );

/**
 * As it is kept. Where that is not of the entry that the cursor is at (an older version kept no hashes), the feed is read again up to
 * there. `null`: the service does not have that much any more.
 */
export async function openFeed(
  store: LocalStore,
  transport: Transport,
  signer: Signer,
): Promise<Result<Feed | null, TransportFailure>> {
  const cursor = await readCursor(store);
  const kept = (await store.db.get('metadata', FEED)) as Feed | undefined;
  if (kept?.seq === cursor && kept.hashes.length > 0) return ok(kept);
  const sent = (kept?.sent ?? []).filter(({ seq }) => seq > cursor);
  const again = await readAgain(transport, signer, cursor);
  if (!again.ok || !again.value) return again;
  const feed = { ...again.value, sent };
  await moveCursor(store, feed);
  return ok(feed);
}

/** The feed from its first entry to `upTo`, only to name its hashes. `null`: it is shorter, or has a gap. */
export async function readAgain(
  transport: Transport,
  signer: Signer,
  upTo: number,
): Promise<Result<Feed | null, TransportFailure>> {
  let feed = await firstFeed(signer.account);
  while (feed.seq < upTo) {
    const limit = Math.min(PAGE, upTo - feed.seq);
    const page = await readPage(transport, signer, feed.seq, limit);
    if (!page.ok) return page;
    const { changes } = page.value;
    if (changes.length === 0 || !follows(feed, changes)) return ok(null);
    feed = await extended(feed, changes);
  }
  return ok(feed);
}

/** Whether these are the next entries, without a gap. */
export const follows = (feed: Feed, changes: readonly Change[]): boolean =>
  changes.every(({ seq }, index) => seq === feed.seq + 1 + index);

/** The feed with the next entries read; the hashes of all of these are in it. */
export async function extended(feed: Feed, changes: readonly Change[]): Promise<Feed> {
  let hash = fromBase64Url(feed.hashes.at(-1) ?? '') as Bytes;
  const hashes: string[] = [];
  for (const change of changes) {
    hash = await hashOfFeed(hash, change, { sha256 });
    hashes.push(toBase64Url(hash));
  }
  const keep = Math.max(KEPT_HASHES, hashes.length);
  return {
    ...feed,
    seq: feed.seq + changes.length,
    hashes: [...feed.hashes, ...hashes].slice(-keep),
    ahead: stillAhead(feed.ahead, changes),
  };
}

function stillAhead(ahead: Feed['ahead'], changes: readonly Change[]): Feed['ahead'] {
  const left = { ...ahead };
  for (const { ops } of changes)
    for (const { slot, etag } of ops) if (etag !== null && left[slot] === etag) delete left[slot];
  return left;
}

/** The hash after an entry; `undefined` when it is not kept any more, or was not read yet. */
export const hashAt = ({ seq, hashes }: Feed, at: number): string | undefined =>
  at > seq ? undefined : hashes[hashes.length - 1 - (seq - at)];

/** Entries that the service said to be our own and are not, or have something else in them. */
export async function notAsSent(
  { sent }: Feed,
  device: string,
  changes: readonly Change[],
): Promise<number | undefined> {
  const said = new Map(sent.map((one) => [one.seq, one.puts]));
  for (const change of changes) {
    const puts = said.get(change.seq);
    if (puts === undefined) continue;
    if (change.device !== device || (await hashOfPuts(change.ops)) !== puts) return change.seq;
  }
  return undefined;
}

const hashOfPuts = async (
  ops: readonly { readonly slot: string; readonly etag: string | null }[],
): Promise<string> => {
  const puts = ops.flatMap(({ slot, etag }) => (etag === null ? [] : [`${slot} ${etag}`]));
  return toBase64Url(await sha256(utf8(puts.sort().join('\n'))));
};

/** In one step: the entries are carried out, and nobody is asked for them again. */
export async function moveCursor(store: LocalStore, feed: Feed): Promise<void> {
  const sent = feed.sent.filter(({ seq }) => seq > feed.seq);
  const row: Feed = { ...feed, hashes: feed.hashes.slice(-KEPT_HASHES), sent };
  await inTransaction(store.db.transaction('metadata', 'readwrite', STRICT), (tx, ask) => {
    ask(tx.store.put(row, FEED));
    ask(tx.store.put(feed.seq, CURSOR));
  });
}

/** The service said that it wrote these objects, in entry `seq`: they have to be there when it is read. */
export async function noteSent(
  store: LocalStore,
  seq: number,
  puts: readonly { readonly slot: string; readonly etag: string }[],
): Promise<void> {
  if (puts.length === 0) return;
  const hash = await hashOfPuts(puts);
  await inTransaction(store.db.transaction('metadata', 'readwrite', STRICT), async (tx, ask) => {
    const feed = (await tx.store.get(FEED)) as Feed | undefined;
    // A repeat of something that was read already.
    if (feed && seq > feed.seq && !feed.sent.some((one) => one.seq === seq))
      ask(tx.store.put({ ...feed, sent: [...feed.sent, { seq, puts: hash }] } satisfies Feed, FEED));
  });
}
