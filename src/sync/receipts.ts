/**
 * Receipts: when each device had erased what a command means, its keys destroyed. Every device keeps its own and publishes them,
 * signed, on its card; the list of deletions puts them beside each other.
 */
import * as v from 'valibot';
import type { Deletion } from '../model/deletion.ts';
import { DamagedError } from '../storage/database.ts';
import type { LocalStore } from '../storage/local-store.ts';
import type { AccountState } from './account-state.ts';
import { daysMeant } from './away.ts';
import { type EraseCommand, type Erasure, isErasure, readCommands } from './erasures.ts';
import { daysOfRows, queueRecord, UNERASED } from './outbox.ts';

/** Of the newest commands: a card is read by every device each time it changes. */
const MOST = 256;
/** Deletions that are listed. */
const LISTED = 20;

const receiptsSchema = v.record(v.pipe(v.string(), v.maxLength(40)), v.pipe(v.number(), v.safeInteger()));
/** Id of a command -> when its device had carried it out, ms since 1970. */
export type Receipts = v.InferOutput<typeof receiptsSchema>;

export const cardSchema = v.object({
  name: v.pipe(v.string(), v.maxLength(60)),
  receipts: v.exactOptional(receiptsSchema),
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

export const ownCard = async (store: LocalStore, account: AccountState): Promise<Card> => ({
  name: account.deviceName,
  receipts: await readReceipts(store),
});

export const cardOf = (store: LocalStore, device: string): Promise<Card | undefined> =>
  readNamed(store, `card/${device}`, cardSchema);

/**
 * After everything that came was carried out: what has no receipt yet gets one, and the card is sent. Not so a command of which
 * damage keeps something here, nor one that days at the service wait to be filtered by.
 */
export async function noteReceipts(store: LocalStore, nowMs: number): Promise<void> {
  const commands = newest(things(await readCommands(store)), MOST);
  const before = await readReceipts(store);
  const without = commands.filter(({ id }) => before[id] === undefined);
  if (without.length === 0) return;
  const unerased = new Set((await store.db.get('metadata', UNERASED)) as readonly string[] | undefined);
  const away = await store.awayDays();
  const waiting = [...daysOfRows(await store.db.getAll('outbox'))].filter((day) => day in away);
  const done: Erasure[] = [];
  for (const command of without) {
    if (unerased.has(command.id)) continue;
    const meant = waiting.length > 0 ? await daysMeant(store, [command]) : [];
    if (!meant.some((day) => waiting.includes(day))) done.push(command);
  }
  if (done.length === 0) return;
  // First: a worker that is stopped in between sends a card with nothing new on it.
  await queueRecord(store, 'card');
  const kept = commands.flatMap(({ id }) => (before[id] === undefined ? [] : [[id, before[id]] as const]));
  await store.writeNamed(
    RECEIPTS,
    Object.fromEntries([...kept, ...done.map(({ id }) => [id, nowMs] as const)]),
  );
}

/**
 * What people deleted: without the records that are named beside a page, a site or a span (`MOST_NAMED`), which are erased with it.
 * Commands of one deletion have the beginning of their ids in common.
 */
function things(commands: readonly EraseCommand[]): Erasure[] {
  const nameOf = ({ id }: EraseCommand) => id.split('.')[0];
  const erasures = commands.filter(isErasure);
  const named = new Set(erasures.filter(({ target }) => target.what !== 'record').map(nameOf));
  return erasures.filter((one) => one.target.what !== 'record' || !named.has(nameOf(one)));
}

const newest = (commands: readonly Erasure[], count: number): Erasure[] =>
  [...commands].sort((a, b) => b.atMs - a.atMs || (a.id < b.id ? -1 : 1)).slice(0, count);

/**
 * The newest deletions of the account, newest first, each with what every listed device says of it. Commands that were given in one
 * moment are one deletion, and a device has carried it out when it has carried out all of them.
 */
export async function deletions(
  store: LocalStore,
  devices: readonly { readonly id: string; readonly name: string; readonly thisDevice: boolean }[],
): Promise<Deletion[]> {
  const groups = new Map<string, Erasure[]>();
  for (const command of newest(things(await readCommands(store)), MOST)) {
    const name = `${command.atMs} ${command.target.what}`;
    groups.set(name, [...(groups.get(name) ?? []), command]);
  }
  const receipts = await Promise.all(
    devices.map(async ({ id, thisDevice }) =>
      thisDevice ? readReceipts(store) : ((await cardOf(store, id))?.receipts ?? {}),
    ),
  );
  return [...groups.values()].slice(0, LISTED).map((commands): Deletion => {
    const [{ atMs, target }] = commands as [Erasure];
    return {
      atMs,
      what: target.what,
      count: commands.length,
      devices: devices.map(({ name, thisDevice }, index) => {
        const times = commands.map(({ id }) => receipts[index]?.[id]);
        const isDone = times.every((time) => time !== undefined);
        return { name, thisDevice, ...(isDone ? { erasedMs: Math.max(...(times as number[])) } : {}) };
      }),
    };
  });
}
