/** Level and rules of the account: what the person changes here, and what comes from their other devices. */

import { canonical } from '../../base/canonical.ts';
import { Mutex } from '../../base/mutex.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Chosen, changeShared, readShared } from '../../model/shared-settings.ts';
import { conflictsOf, type Resolution, resolved, type SyncConflict } from '../../model/sync-conflict.ts';
import { DamagedError } from '../../storage/database.ts';
import {
  actorOf,
  deviceIdOf,
  readSharedSettings,
  SettingsFullError,
  settingsCame,
  settingsTaken,
} from '../../sync/account-state.ts';
import { shareSettings } from '../../sync/outbox.ts';
import type { InAccount } from './sync-account.ts';

const CHANGED_MEANWHILE = fail(
  'changed-meanwhile',
  'Somebody chose meanwhile, here or on another device. Look at it again.',
);

export class SyncSettings {
  /** Why what is in force here cannot be told to the others, in a sentence. */
  problem: string | undefined;
  /** What was in force before a choice that is not on its way to the others yet: there was no room for it on the disk. */
  #untold: Chosen | undefined;
  /** One at a time: what the person changes, and what comes from other devices. */
  readonly #turns = new Mutex();

  constructor(private readonly sync: InAccount) {}

  /** What was changed here right before the worker was stopped. Where others' settings wait to be put in force, they do. */
  async open(): Promise<void> {
    if (!(await settingsCame(this.sync.profile.store))) await this.#turns.run(() => this.#share());
  }

  /** Settings that came from other devices, if any did, are put in force here; after what was chosen here before. */
  async take(): Promise<void> {
    const { profile } = this.sync;
    if (!this.#untold && !(await settingsCame(profile.store))) return;
    await this.#turns.run(async () => {
      if (this.#untold) await this.#tell(this.#untold);
      if (!(await settingsCame(profile.store))) return;
      await this.#unlessDamaged(async () => {
        await this.#putInForce();
        await settingsTaken(profile.store);
      });
    });
  }

  async #putInForce(): Promise<void> {
    const { profile } = this.sync;
    const { level = profile.settings.level, rules } = readShared(await readSharedSettings(profile.store));
    if (canonical(this.#inForce()) !== canonical({ level, rules })) await profile.change({ level, rules });
  }

  #inForce(): Chosen {
    const { level, rules } = this.sync.profile.settings;
    return { level, rules };
  }

  /**
   * The person changes level or rules here: `change` puts it in force, then the others are told. What comes from them waits
   * meanwhile, or it would undo a choice that they do not know of yet; nor does the choice undo what the person has not seen.
   */
  change<T>(change: () => Promise<T>): Promise<T> {
    return this.#turns.run(async () => {
      const before = this.#untold ?? this.#inForce();
      const changed = await change();
      await this.#tell(before);
      return changed;
    });
  }

  async #tell(before: Chosen): Promise<void> {
    this.#untold = before;
    await this.#share(before);
    this.#untold = undefined;
  }

  /** What devices chose without knowing of each other, and nobody has decided yet. */
  async conflicts(): Promise<SyncConflict[]> {
    const { store } = this.sync.profile;
    return this.sync.account() ? conflictsOf(await readSharedSettings(store), deviceIdOf(store)) : [];
  }

  /** The person decides, having seen `state`. It is in force here at once, and on the others when they hear of it. */
  resolve(choice: {
    readonly name: string;
    readonly state: string;
    readonly resolution: Resolution;
  }): Promise<Result<null>> {
    return this.#turns.run(async () => {
      const account = this.sync.account();
      if (!account) return CHANGED_MEANWHILE;
      const { store, clock } = this.sync.profile;
      const actor = actorOf(store, account);
      const shared = await shareSettings(
        store,
        (now) => resolved(now, choice, actor, clock.nowMs()) ?? now,
      ).then(ok, (error: unknown) => {
        if (error instanceof SettingsFullError) return fail('settings-full', error.message);
        throw error;
      });
      if (!shared.ok) return shared;
      if (!shared.value) return CHANGED_MEANWHILE;
      await this.#putInForce();
      this.sync.changed();
      return ok(null);
    });
  }

  /** Nothing is queued when the others know it all. `before`: what was in force when the person chose. */
  async #share(before?: Chosen): Promise<void> {
    const account = this.sync.account();
    if (!account) return;
    const { profile } = this.sync;
    const { store, settings, clock } = profile;
    const actor = actorOf(store, account);
    await this.#unlessDamaged(async () => {
      const isNew = await shareSettings(store, (shared) =>
        changeShared(shared, actor, settings, clock.nowMs(), before),
      );
      // Of rules that were chosen at once on several devices another one may be in force by the new level.
      if (before && isNew) await this.#putInForce();
      this.problem = undefined;
      if (isNew) this.sync.changed();
    });
  }

  /** What is in force here stays so, and records go on; nothing that others wrote is written over. */
  async #unlessDamaged(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      if (!(error instanceof DamagedError || error instanceof SettingsFullError)) throw error;
      this.problem = error.message;
      this.sync.profile.changed();
    }
  }
}
