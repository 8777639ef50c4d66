/**
 * What a hostile service may do, by name: security.md T9, and what the protocol has beyond it.
 *
 * Of T9 two have no counterpart. KDF lies: the service keeps no parameters of key derivation, and devices take none from anybody; what a
 * passphrase opens never leaves the device. A gzip bomb is seen behind `fetch`, which inflates: there it is a body that goes on and on.
 */
import { ANSWER_ATTACKS } from './answer-attacks.ts';
import { FEED_ATTACKS } from './feed-attacks.ts';
import { MEMBER_ATTACKS } from './member-attacks.ts';
import { OBJECT_ATTACKS } from './object-attacks.ts';
import type { Attack } from './stage.ts';

export const ATTACKS: readonly Attack[] = [
  ...FEED_ATTACKS,
  ...OBJECT_ATTACKS,
  ...ANSWER_ATTACKS,
  ...MEMBER_ATTACKS,
];
