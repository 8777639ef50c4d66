/** Level and rules of the account: what the person changes here, and what comes from their other devices. */
import { Mutex } from '../../base/mutex.ts';
import { changeShared, readShared } from '../../model/shared-settings.ts';
import { DamagedError } from '../../storage/database.ts';
import { actorOf, readSharedSettings, settingsCame, settingsTaken } from '../../sync/account-state.ts';
import { shareSettings } from '../../sync/outbox.ts';
import type { InAccount } from './sync-account.ts';

export class SyncSettings {
  /** Why what is in force here cannot be told to the others, in a sentence. */
  problem: string | undefined;
  /** One at a time: what the person changes, and what comes from other devices. */
  readonly #turns = new Mutex();

  constructor(private readonly sync: InAccount) {}

  /** What was changed here right before the worker was stopped. Where others' settings wait to be put in force, they do. */
  async open(): Promise<void> {
    if (!(await settingsCame(this.sync.profile.store))) await this.#turns.run(() => this.#share());
  }

  /** Settings that came from other devices, if any did, are put in force here. */
  async take(): Promise<void> {
    const { profile } = this.sync;
    if (!(await settingsCame(profile.store))) return;
    await this.#turns.run(async () => {
      const { level, rules } = readShared(await readSharedSettings(profile.store));
      await profile.change({ rules, ...(level === undefined ? {} : { level }) });
      await settingsTaken(profile.store);
    });
  }

  /**
   * The person changes level or rules here: `change` puts it in force, then the others are told. What comes from them waits
   * meanwhile, or it would undo a choice that they do not know of yet.
   */
  change<T>(change: () => Promise<T>): Promise<T> {
    return this.#turns.run(async () => {
      const changed = await change();
      await this.#share();
      return changed;
    });
  }

  /** Nothing is queued when the others know it all. */
  async #share(): Promise<void> {
    const account = this.sync.account();
    if (!account) return;
    const { profile } = this.sync;
    const { store, settings, clock } = profile;
    const actor = actorOf(store, account);
    try {
      const isNew = await shareSettings(store, (shared) =>
        changeShared(shared, actor, settings, clock.nowMs()),
      );
      this.problem = undefined;
      if (isNew) this.sync.changed();
    } catch (error) {
      // What is in force here stays so, and records go on; nothing that others wrote is written over.
      if (!(error instanceof DamagedError)) throw error;
      this.problem = error.message;
      profile.changed();
    }
  }
}
