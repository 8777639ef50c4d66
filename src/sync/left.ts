/**
 * What a device goes on remembering of the account that it left, for the case that it comes back with the same profile: what was
 * erased here meanwhile, named as erase commands name it. Nobody is told of it. It lies beside what this device had sent before
 * it left and has no key for any more: of that it takes over what was not erased but only moved into a file, because other
 * devices may have that day at the service only (away.ts).
 */
import * as v from 'valibot';
import type { InteractionRecord } from '../model/interaction.ts';
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
  erasedBy,
  isErasure,
  readCommands,
} from './erasures.ts';
import type { ObjectScope } from './objects.ts';

const LEFT = 'sync-left';
const leftSchema = v.object({ account: accountIdSchema, erased: v.array(commandSchema) });
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

/** Whether an account was left that this device may come back to. */
export const hasLeft = async (store: LocalStore): Promise<boolean> => (await readLeft(store)) !== null;

/**
 * From now on what is erased here is noted. Coming back and leaving again forgets nothing, nor what was erased in the account:
 * perhaps the service was never told.
 */
export const noteLeft = (store: LocalStore, account: AccountId): Promise<void> =>
  store.exclusive(async () => {
    const before = await readLeft(store);
    const all = [
      ...(before?.account === account ? before.erased : []),
      ...(await readCommands(store)).filter(isErasure),
    ];
    const erased = [...new Map(all.map((command) => [command.id, command])).values()];
    await store.writeNamed(LEFT, { account, erased });
  });

/** Another account has another master key: the hashes mean nothing with it. */
export const forgetLeft = (store: LocalStore, joined: AccountId): Promise<void> =>
  store.exclusive(async () => {
    if ((await readLeft(store))?.account !== joined) await store.writeNamed(LEFT, null);
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

/** A test for "was erased here while this device was out of the account". */
export async function isErasedOutside(
  store: LocalStore,
  scope: ObjectScope,
): Promise<(record: InteractionRecord) => Promise<boolean>> {
  const left = await readLeft(store);
  return erasedBy(left?.account === scope.account ? left.erased : [], scope.keys.naming);
}
