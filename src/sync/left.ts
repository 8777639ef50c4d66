/**
 * What a device goes on remembering of the account that it left, for the case that it comes back with the same profile: what was
 * erased here meanwhile, named as erase commands name it. Nobody is told of it. It lies beside what this device had sent before
 * it left and has no key for any more: of that it takes over what was not erased but only moved into a file, because other
 * devices may have that day at the service only (away.ts). Which account it is, is noted from the joining on: damage may keep the
 * device from knowing it by other means when it has to leave.
 */

import * as v from 'valibot';
import { carryOn } from '../crypto/account-keys.ts';
import type { InteractionRecord } from '../model/interaction.ts';
import type { MeantAs } from '../model/links.ts';
import type { EraseTarget } from '../model/selector.ts';
import type { AccountId } from '../protocol/ids.ts';
import { accountIdSchema } from '../protocol/wire.ts';
import { DamagedError } from '../storage/database.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { scopeOf } from './account-state.ts';
import {
  type CommandNames,
  commandSchema,
  commandsOf,
  type EraseCommand,
  isErasure,
  type MeantUntil,
  meantUntil,
  readCommands,
} from './erasures.ts';
import type { ObjectScope } from './objects.ts';

const LEFT = 'sync-left';
const leftSchema = v.object({
  account: accountIdSchema,
  erased: v.array(commandSchema),
  /** Commands that were given in the account and did not reach it, because damage kept this device from it. */
  untold: v.exactOptional(v.array(commandSchema)),
});
type Left = v.InferOutput<typeof leftSchema>;

async function readLeft(store: LocalStore): Promise<Left | null> {
  try {
    const parsed = v.safeParse(leftSchema, await store.readNamed(LEFT));
    return parsed.success ? parsed.output : null;
  } catch (error) {
    // Nothing may keep a person from erasing.
    if (error instanceof DamagedError) return null;
    throw error;
  }
}

/** The account that this device may come back to. */
export const leftAccount = async (store: LocalStore): Promise<AccountId | undefined> =>
  (await readLeft(store))?.account;

/**
 * From now on what is erased here is noted. Coming back and leaving again forgets nothing, nor what was erased in the account:
 * perhaps the service was never told. `untold`: ids of commands that are to be told when this device comes back.
 */
export const noteLeft = (
  store: LocalStore,
  account: AccountId,
  untold: ReadonlySet<string> = new Set(),
): Promise<void> =>
  store.exclusive(async () => {
    const left = await readLeft(store);
    const before = left?.account === account ? left : { erased: [], untold: [] };
    const commands = await readCommands(store);
    await store.writeNamed(LEFT, {
      account,
      erased: once([...before.erased, ...commands.filter(isErasure)]),
      untold: once([...(before.untold ?? []), ...commands.filter(({ id }) => untold.has(id))]),
    } satisfies Left);
    // Under another master key, too, deletions are named as this account names them.
    const { vault } = store;
    const { number, carried } = vault.epoch;
    if (carried) return;
    const { naming } = await carryOn(vault.masterKey(), account, number);
    await vault.adoptMaster(vault.masterKey(), { ...vault.epoch, carried: { naming, older: [] } });
  });

const once = (commands: readonly EraseCommand[]): EraseCommand[] => [
  ...new Map(commands.map((command) => [command.id, command])).values(),
];

/** Coming back: what the account was not told. `tell` keeps it, to be sent. */
export async function tellUntold(
  store: LocalStore,
  account: AccountId,
  tell: (commands: readonly EraseCommand[]) => Promise<void>,
): Promise<void> {
  const left = await readLeft(store);
  if (left?.account !== account || !left.untold?.length) return;
  await tell(left.untold);
  await store.exclusive(() => store.writeNamed(LEFT, { account, erased: left.erased } satisfies Left));
}

/** This account may be left. What is noted of another one goes: it has another master key, and the hashes mean nothing with this one. */
export const noteJoined = (store: LocalStore, account: AccountId): Promise<void> =>
  store.exclusive(async () => {
    if ((await readLeft(store))?.account !== account) await store.writeNamed(LEFT, { account, erased: [] });
  });

/** Before something is erased here, while this device is in no account. */
export async function erasedOutside(
  store: LocalStore,
  targets: readonly EraseTarget[],
  as: CommandNames,
): Promise<void> {
  const left = await readLeft(store);
  if (!left) return;
  const { keys } = await scopeOf(store, left.account);
  const commands = await commandsOf(targets, keys.naming, as);
  await store.exclusive(async () => {
    const now = await readLeft(store);
    if (!now) return;
    const fresh = commands.filter(({ id }) => !now.erased.some((command) => command.id === id));
    await store.writeNamed(LEFT, { ...now, erased: [...now.erased, ...fresh] });
  });
}

/** Until when something is meant that was erased here while this device was out of the account. */
export async function erasedOutsideUntil(store: LocalStore, scope: ObjectScope): Promise<MeantUntil> {
  const left = await readLeft(store);
  return meantUntil(left?.account === scope.account ? left.erased : [], scope.keys.naming);
}

/** The same as a test. */
export async function isErasedOutside(
  store: LocalStore,
  scope: ObjectScope,
): Promise<(record: InteractionRecord, as?: MeantAs) => Promise<boolean>> {
  const until = await erasedOutsideUntil(store, scope);
  return async (record, as) => (await until(record, as)) !== undefined;
}
