/**
 * Receipts: when each device had erased what a deletion means, its keys destroyed. Every device keeps its own and publishes them,
 * signed, on its card; the list of deletions puts them beside each other.
 */
import * as v from 'valibot';
import type { Deletion } from '../model/deletion.ts';
import { DamagedError } from '../storage/database.ts';
import type { LocalStore } from '../storage/local-store.ts';
import type { AccountState } from './account-state.ts';
import { daysMeant } from './away.ts';
import {
  type CommandedDeletion,
  deletionsOf,
  type Erasure,
  isErasure,
  kindOf,
  namedBy,
  readCommands,
} from './erasures.ts';
import { daysOfRows, queueRecord } from './outbox.ts';
import { readUnerased } from './unerased.ts';

/** Of the newest deletions: a card is read by every device each time it changes. */
export const MOST_RECEIPTS = 256;
/** So many more or fewer records are told of. */
const MANY = 20;
/** Deletions that are listed. */
const LISTED = 20;

const receiptsSchema = v.record(v.pipe(v.string(), v.maxLength(40)), v.pipe(v.number(), v.safeInteger()));
/** Name of a deletion (erasures.ts), on older cards the id of each of its commands -> when its device had carried it out, ms since 1970. */
export type Receipts = v.InferOutput<typeof receiptsSchema>;

export const cardSchema = v.object({
  name: v.pipe(v.string(), v.maxLength(60)),
  receipts: v.exactOptional(receiptsSchema),
  /** About how many records it had. */
  records: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
});
export type Card = v.InferOutput<typeof cardSchema>;

const RECEIPTS = 'receipts';

/** What is damaged is written anew: the times are then those of now. */
async function readNamed<T>(
  store: LocalStore,
  name: string,
  schema: v.GenericSchema<unknown, T>,
): Promise<T | undefined> {
  try {
    const parsed = v.safeParse(schema, await store.readNamed(name));
    return parsed.success ? parsed.output : undefined;
  } catch (error) {
    if (error instanceof DamagedError) return undefined;
    throw error;
  }
}

export const readReceipts = async (store: LocalStore): Promise<Receipts> =>
  (await readNamed(store, RECEIPTS, receiptsSchema)) ?? {};

/** Those of another account mean nothing in this one. */
export const forgetReceipts = (store: LocalStore): Promise<void> => store.writeNamed(RECEIPTS, {});

export async function ownCard(store: LocalStore, account: AccountState): Promise<Card> {
  const records = await readNamed(store, TOLD_RECORDS, countSchema);
  return {
    name: account.deviceName,
    receipts: await readReceipts(store),
    ...(records === undefined ? {} : { records }),
  };
}

/** How many records the card says that this device has. */
const TOLD_RECORDS = 'told-records';
const countSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** From the next card on it says as many as there are now. */
export const tellRecords = async (store: LocalStore): Promise<void> =>
  store.writeNamed(TOLD_RECORDS, await store.recordCount());

/** A card is not sent for each record, but when there are very many more, or fewer, than it said. */
export async function tellRecordsAnew(store: LocalStore): Promise<void> {
  const told = (await readNamed(store, TOLD_RECORDS, countSchema)) ?? 0;
  if (Math.abs((await store.recordCount()) - told) < Math.max(MANY, told / 4)) return;
  await tellRecords(store);
  await queueRecord(store, 'card');
}

export const cardOf = (store: LocalStore, device: string): Promise<Card | undefined> =>
  readNamed(store, `card/${device}`, cardSchema);

/** When a device had carried out all of a deletion; `undefined` while it has not, or does not know all of it. */
function erasedMs({ name, commands, isWhole }: CommandedDeletion, receipts: Receipts): number | undefined {
  if (receipts[name] !== undefined) return receipts[name];
  const times = commands.map((command) => receipts[command.id]);
  return isWhole && times.every((time) => time !== undefined) ? Math.max(...times) : undefined;
}

/**
 * After everything that came was carried out: a deletion that has no receipt yet gets one, and the card is sent. Not so one of which
 * a command is still to come, or was not carried out, or is waited with by days at the service that are to be filtered.
 */
export async function noteReceipts(store: LocalStore, nowMs: number): Promise<void> {
  const known = newest(deletionsOf((await readCommands(store)).filter(isErasure)), MOST_RECEIPTS);
  const before = await readReceipts(store);
  const without = known.filter((one) => erasedMs(one, before) === undefined);
  if (without.length === 0) return;
  const unerased = await readUnerased(store);
  const away = await store.awayDays();
  const waiting = [...daysOfRows(await store.db.getAll('outbox'))].filter((day) => day in away);
  const done = new Set<CommandedDeletion>();
  for (const one of without) {
    if (!one.isWhole || one.commands.some(({ id }) => unerased.has(id))) continue;
    const meant = waiting.length > 0 ? await daysMeant(store, one.commands) : [];
    if (!meant.some((day) => waiting.includes(day))) done.add(one);
  }
  if (done.size === 0) return;
  // First: a worker that is stopped in between sends a card with nothing new on it.
  await queueRecord(store, 'card');
  const receipts = known.flatMap((one) => {
    const ms = done.has(one) ? nowMs : erasedMs(one, before);
    return ms === undefined ? [] : [[one.name, ms] as const];
  });
  await store.writeNamed(RECEIPTS, Object.fromEntries(receipts));
}

export const newest = (deletions: readonly CommandedDeletion[], count: number): CommandedDeletion[] =>
  [...deletions].sort((a, b) => b.atMs - a.atMs || (a.name < b.name ? -1 : 1)).slice(0, count);

/** The newest deletions of the account, newest first, each with what every listed device says of it. */
export async function deletions(
  store: LocalStore,
  devices: readonly { readonly id: string; readonly name: string; readonly thisDevice: boolean }[],
): Promise<Deletion[]> {
  const receipts = await Promise.all(
    devices.map(async ({ id, thisDevice }) =>
      thisDevice ? readReceipts(store) : ((await cardOf(store, id))?.receipts ?? {}),
    ),
  );
  const known = newest(deletionsOf((await readCommands(store)).filter(isErasure)), LISTED);
  return known.map((one): Deletion => {
    const [first] = one.commands as [Erasure];
    const { what } = first.target;
    const alike = one.commands.flatMap(({ target }) => (target.what === what ? [target] : []));
    return {
      atMs: one.atMs,
      what: kindOf(first),
      // What names a deletion's records is its last command: it comes first while the others are not here.
      count: alike.reduce((sum, target) => sum + (target.what === 'records' ? namedBy(target).length : 1), 0),
      devices: devices.map(({ name, thisDevice }, index) => {
        const ms = erasedMs(one, receipts[index] ?? {});
        return { name, thisDevice, ...(ms === undefined ? {} : { erasedMs: ms }) };
      }),
    };
  });
}
