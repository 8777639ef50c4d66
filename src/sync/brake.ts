/**
 * The brake for mass deletions: what other devices delete is carried out here without asking, but not when it means very much of what is
 * here. Then nothing is taken, sent or deleted until the person has seen what it is and agreed, or left the account: a device that was
 * taken over, or a mistake on one, does not empty all of them (docs/decisions/0021).
 */
import * as v from 'valibot';
import { type Clock, DAY_MS } from '../base/clock.ts';
import type { InteractionRecord } from '../model/interaction.ts';
import type { Deleter, PreviewPart } from '../model/join-preview.ts';
import type { DeviceId } from '../protocol/ids.ts';
import { DamagedError } from '../storage/database.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { type EraseCommand, readCommands } from './erasures.ts';
import { meantHere } from './meant.ts';
import type { ObjectScope } from './objects.ts';
import { cardOf } from './receipts.ts';

/** So many records within a day, or this share of all that are here, if it is more than a few. */
const MANY = 500;
const SHARE = 0.3;
const FEW = 50;

export interface Brake {
  /** How many records the person has just agreed to lose, as the account's commands mean them now. */
  readonly agreed: number;
  /** Records that are in memory only. */
  inMemory(): Promise<readonly InteractionRecord[]>;
  /** What the person is to be asked about, when the round ends with `MASS_DELETION`. */
  asks(deleted: PreviewPart, by: readonly Deleter[]): void;
}

/** Code of the failure that a round ends with. */
export const MASS_DELETION = 'mass-deletion';

export const BRAKED = {
  ok: false,
  error: {
    code: MASS_DELETION,
    status: 200,
    message: 'Another device deletes much of what is here. Nothing was deleted yet.',
  },
} as const;

interface Braked {
  readonly store: LocalStore;
  readonly scope: ObjectScope;
  readonly brake: Brake;
  readonly clock: Clock;
}

/** `commands`: some that were not given here. Those that are known already were let through, or carried out. */
export async function isMassDeletion(
  { store, scope, brake, clock }: Braked,
  commands: readonly EraseCommand[],
  authors: CommandAuthors,
): Promise<boolean> {
  const fresh = await unknownOf(store, commands);
  if (fresh.length === 0) return false;
  const deleted = await meantHere(store, await brake.inMemory(), fresh, scope.keys.naming);
  if (deleted.records <= brake.agreed) return false;
  const before = (await readTally(store, clock.nowMs()))?.records ?? 0;
  const most = Math.min(MANY, Math.max(FEW, ((await store.recordCount()) + before) * SHARE));
  if (deleted.records + before <= most) return false;
  brake.asks(deleted, await deletersOf(store, fresh, authors));
  return true;
}

/** By the ids of commands. */
export type CommandAuthors = ReadonlyMap<string, DeviceId>;

export async function unknownOf(
  store: LocalStore,
  commands: readonly EraseCommand[],
): Promise<EraseCommand[]> {
  const known = new Set((await readCommands(store)).map(({ id }) => id));
  return commands.filter(({ id }) => !known.has(id));
}

/** Who gave these commands, and when last. */
export async function deletersOf(
  store: LocalStore,
  commands: readonly EraseCommand[],
  authors: CommandAuthors,
): Promise<Deleter[]> {
  const last = new Map<DeviceId, number>();
  for (const { id, atMs } of commands) {
    const author = authors.get(id);
    if (author !== undefined) last.set(author, Math.max(atMs, last.get(author) ?? 0));
  }
  const found = [...last].map(async ([author, atMs]): Promise<Deleter> => {
    const name = (await cardOf(store, author))?.name;
    return { atMs, ...(name === undefined ? {} : { name }) };
  });
  return (await Promise.all(found)).sort((a, b) => b.atMs - a.atMs);
}

/** How many records went within a day because others deleted them, so that many small deletions do not get past it. */
const TALLY = 'deleted-by-others';
const tallySchema = v.strictObject({ fromMs: v.number(), records: v.number() });
type Tally = v.InferOutput<typeof tallySchema>;

/** `undefined`: nothing did. Damaged, it begins anew. */
async function readTally(store: LocalStore, nowMs: number): Promise<Tally | undefined> {
  const read = await store.readNamed(TALLY).catch((error: unknown) => {
    if (error instanceof DamagedError) return undefined;
    throw error;
  });
  const parsed = v.safeParse(tallySchema, read);
  // A clock that was set back begins anew, too.
  const isOf = (fromMs: number) => nowMs >= fromMs && nowMs - fromMs < DAY_MS;
  return parsed.success && isOf(parsed.output.fromMs) ? parsed.output : undefined;
}

export async function countDeleted(store: LocalStore, records: number, nowMs: number): Promise<void> {
  const { fromMs = nowMs, records: before = 0 } = (await readTally(store, nowMs)) ?? {};
  await store.writeNamed(TALLY, { fromMs, records: before + records });
}

/** The person was asked: from here on it is counted anew. */
export const forgetDeleted = (store: LocalStore): Promise<void> => store.forgetNamed(TALLY);
