/** What came while the profile was locked moves into the store: when it is opened, and where there is no room then, each minute. */
import { dayOf } from '../../base/clock.ts';
import { ruleLate } from '../../capture/late-rules.ts';
import type { InteractionRecord } from '../../model/interaction.ts';
import { eraseSealed, type Opening, unseal } from '../../storage/sealed.ts';
import { isInAccount } from '../../sync/account-state.ts';
import { readGate } from './gate.ts';
import { takeOver } from './lock.ts';
import type { Profile } from './profile.ts';
import { noteSealedGap } from './sealed-gap.ts';

export class Unsealing {
  #isDone = false;

  constructor(private readonly profile: Profile) {}

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Never rejects: what was recorded before can be read all the same. Resolves with whether all of it is in the store. */
  async open(): Promise<boolean> {
    try {
      await this.settle();
    } catch (error) {
      console.error('what came while it was locked is not in the store yet', error);
    }
    return this.#isDone;
  }

  /**
   * Of what still waits, for want of room: what a deletion means goes, or it would come back with the rest. Resolves with whether
   * nothing waits any more.
   */
  erase(isMeant: (record: InteractionRecord) => boolean): Promise<boolean> {
    return eraseSealed(this.profile.store, isMeant, this.#opening());
  }

  /** A deletion waits for it: it means what is still sealed too. @throws what stands in the way. */
  async settle(): Promise<void> {
    if (this.#isDone) return;
    if (this.profile.store.vault.lock) await this.profile.storing(() => this.#takeIn());
    this.#isDone = true;
  }

  async #takeIn(): Promise<void> {
    const { profile } = this;
    const { store } = profile;
    await takeOver(profile, await readGate());
    // Sync is opened later, and what comes into the journal now is to be sent all the same.
    store.syncing = await isInAccount(store);
    const today = dayOf(profile.clock.nowMs());
    await unseal(store, today, this.#opening());
  }

  #opening(): Opening {
    const { settings, sensitive } = this.profile;
    return {
      rule: (event, visit) => ruleLate(event, settings, visit),
      noted: noteSealedGap,
      counted: (kinds) => sensitive.count(kinds.map((kind) => ({ kind }))),
    };
  }
}
