/** What the parts of sync know of the account that this device is in, and of what they tell it. */
import type { AccountState } from '../../sync/account-state.ts';
import type { Profile } from './profile.ts';

export interface InAccount {
  readonly profile: Profile;
  /** `null`: sync is off, or what is known of the account does not open. */
  account(): AccountState | null;
  /** There is an account, but what is known of it does not open. */
  isDamaged(): boolean;
  /** Something is to be told: a round starts within five seconds. */
  changed(): void;
}
