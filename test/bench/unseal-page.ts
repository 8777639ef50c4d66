/** The page of scripts/bench-unseal.ts. */
import { ruleLate } from '../../src/capture/late-rules.ts';
import { setLock, unlock, unseal } from '../support/locking.ts';
import { openProfile } from '../support/store-profile.ts';

interface Times {
  readonly sealMs: number;
  readonly openMs: number;
}

declare global {
  /**
   * Ms to seal so many events, and to open them after unlocking. `whole`: as after a restart with sync on, when level and rules have
   * to be applied to each, and each goes to the outbox as well.
   */
  var benchUnseal: (events: number, whole: boolean) => Promise<Times>;
  /** What came of it, or what went wrong. */
  var unsealed: Times | string | undefined;
}

const RULES = Array.from({ length: 20 }, (_, n) => ({
  id: `rule-${n}`,
  host: `site${n}.example`,
  capture: 'no-query' as const,
}));

globalThis.benchUnseal = async (events, whole) => {
  const profile = await openProfile();
  await setLock(profile);
  const locked = await profile.reopenLocked();
  const startMs = performance.now();
  for (let n = 0; n < events; n += 64)
    await Promise.all(
      Array.from({ length: Math.min(64, events - n) }, (_, i) =>
        locked.append({
          event: {
            kind: 'visit',
            atMs: profile.nowMs + n + i,
            level: 'private',
            url: `https://site${(n + i) % 90}.example/page/${n + i}?q=${i}`,
            title: `Page ${n + i} about one thing and another`,
            transition: 'link',
          },
        }),
      ),
    );
  const sealMs = performance.now() - startMs;
  await unlock(profile, locked);
  const openingMs = performance.now();
  profile.store.syncing = whole;
  const policy = { level: 'private', rules: RULES } as const;
  const { events: opened } = await (whole
    ? unseal(profile, (event, visit) => ruleLate(event, policy, visit))
    : unseal(profile));
  const openMs = performance.now() - openingMs;
  if (opened !== events) throw new Error(`${opened} of ${events} events came back`);
  profile.store.close();
  return { sealMs, openMs };
};
