/** What is promised of a profile with a passphrase: closed to everybody, and nothing that comes is lost. */

import { setLock, unlock, unseal } from '../support/locking.ts';
import { type Check, equal, rejects } from './check.ts';
import { titlesOf, visitEvent } from './durability.ts';

const OTHER_KEY = new Uint8Array(32).fill(8);

export const LOCK_CHECKS: readonly Check[] = [
  {
    name: 'a locked profile opens with its passphrase and with no other, and has everything of before',
    async run(both) {
      const { profile } = both;
      await profile.store.append({ event: visitEvent('before', profile.nowMs) });
      await setLock(profile);
      await profile.store.append({ event: visitEvent('after', profile.nowMs + 1) });
      const locked = await profile.reopenLocked();
      await rejects(unlock(profile, locked, OTHER_KEY), ({ message }) =>
        message.includes('not the passphrase'),
      );
      await unlock(profile, locked);
      equal(await titlesOf(both), ['before', 'after']);
    },
  },
  {
    name: 'what comes while it is locked is there once and in order, whatever is repeated and restarted',
    async run(both) {
      const { profile } = both;
      await setLock(profile);
      let locked = await profile.reopenLocked();
      const names: string[] = [];
      for (let n = 0; n < 40; n++) {
        const append = { event: visitEvent(`p${n}`, profile.nowMs + n), nonce: `nonce-${n}` };
        names.push(`p${n}`);
        await locked.append(append);
        equal(await locked.append(append), null, 'a repeat');
        if (n % 15 !== 14) continue;
        locked.close();
        locked = await profile.reopenLocked();
      }
      await unlock(profile, locked);
      equal(await unseal(profile), { events: 40, broken: 0 });
      equal(await titlesOf(both), names);
      await profile.store.pack(true);
      await profile.reopen();
      equal(await unseal(profile), { events: 0, broken: 0 });
      equal(await titlesOf(both), names);
    },
  },
];
