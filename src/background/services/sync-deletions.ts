/** Deletions, and rules for what is stored, between this device and the others of its account. */
import type { EraseTarget } from '../../model/selector.ts';
import type { AccountId } from '../../protocol/ids.ts';
import { scopeOf } from '../../sync/account-state.ts';
import { queueMeant } from '../../sync/away.ts';
import { dropCovered } from '../../sync/covered-commands.ts';
import {
  addCommands,
  type CommandNames,
  commandsOf,
  type EraseCommand,
  erasedBy,
  isErasure,
  readCommands,
} from '../../sync/erasures.ts';
import { erasedOutside, isErasedOutside, leftAccount } from '../../sync/left.ts';
import { giveCommands, queueRecord } from '../../sync/outbox.ts';
import { carriedOut } from '../../sync/unerased.ts';
import type { Erased } from './history-import.ts';
import type { InAccount } from './sync-account.ts';

/** Beyond so many in an account nothing more is deleted page by page: every device keeps all of them, in one record. */
const MOST_COMMANDS = 20_000;

export class SyncDeletions {
  constructor(private readonly sync: InAccount) {}

  /**
   * Erases something here, after the commands were kept that tell the others, and newcomers. `erase` resolves with whether nothing
   * of it is left: until then this device says to nobody that it has carried them out, and each round tries it. May be repeated
   * with the same `as`.
   */
  async erasing(
    targets: readonly EraseTarget[],
    erase: () => Promise<boolean>,
    as: CommandNames,
  ): Promise<void> {
    const { sync } = this;
    const { store } = sync.profile;
    // Damaged: what is deleted waits like what is recorded.
    const account = sync.account()?.account ?? (sync.isDamaged() ? await leftAccount(store) : undefined);
    if (account === undefined) {
      await erasedOutside(store, targets, as);
      await erase();
      return;
    }
    const { keys } = await scopeOf(store, account);
    const commands = await commandsOf(targets, keys.naming, as);
    // First: a round that runs now may send the commands before they are looked at again.
    await queueMeant(store, commands);
    await giveCommands(store, commands);
    sync.changed();
    const isErased = await erase();
    // A day may have left meanwhile.
    await queueMeant(store, commands);
    if (!isErased) return;
    await carriedOut(
      store,
      commands.map(({ id }) => id),
    );
    // A list that stays long keeps nobody from deleting.
    await dropCovered(store).catch((error: unknown) =>
      console.error('commands were not gone through', error),
    );
    sync.changed();
  }

  /** Whether the account takes so many more commands: all devices keep all of them. */
  async takes(count: number): Promise<boolean> {
    if (!this.sync.account()) return true;
    const { store } = this.sync.profile;
    const hasRoom = async () => (await readCommands(store)).length + count <= MOST_COMMANDS;
    if (await hasRoom()) return true;
    await dropCovered(store);
    return hasRoom();
  }

  /** What the account's deletions mean: it is not taken in again by an import. `null` while sync is off. */
  async erased(): Promise<Erased | null> {
    return (await this.#erasedInAccount()) ?? this.#erasedBeforeLeaving();
  }

  async #erasedInAccount(): Promise<Erased | null> {
    const account = this.sync.account();
    if (!account) return null;
    const { store } = this.sync.profile;
    const { keys } = await scopeOf(store, account.account);
    return erasedBy(await readCommands(store), keys.naming);
  }

  /** What the account's other devices had deleted when it was left does not come back with a file either. */
  async #erasedBeforeLeaving(): Promise<Erased | null> {
    const { store } = this.sync.profile;
    const left = await leftAccount(store);
    return left === undefined ? null : isErasedOutside(store, await scopeOf(store, left));
  }

  /** How level and rules that are applied to what is stored reach the other devices (stored-rules.ts). */
  readonly rules = {
    account: (): AccountId | null => this.sync.account()?.account ?? null,
    /** Days that are at the service only come back, reduced, and go there again. */
    reducing: async (command: EraseCommand): Promise<void> => {
      if (!this.sync.account()) return;
      const { store } = this.sync.profile;
      await addCommands(store, [command]);
      await queueMeant(store, [command]);
    },
    reduced: async (command: EraseCommand): Promise<void> => {
      if (!this.sync.account()) return;
      await this.rules.reducing(command);
      await queueRecord(this.sync.profile.store, `erase/${command.id}`);
      this.sync.changed();
    },
    reductions: async (): Promise<readonly EraseCommand[]> =>
      this.sync.account()
        ? (await readCommands(this.sync.profile.store)).filter((one) => !isErasure(one))
        : [],
    erased: () => this.#erasedInAccount(),
  };
}
