/** The page of scripts/bench-unseal.ts. */
import { setLock, unlock, unseal } from '../support/locking.ts';
import { openProfile } from '../support/store-profile.ts';

interface Times {
  readonly sealMs: number;
  readonly openMs: number;
}

declare global {
  /** Ms to seal so many events, and to open them after unlocking. */
  var benchUnseal: (events: number) => Promise<Times>;
  /** What came of it, or what went wrong. */
  var unsealed: Times | string | undefined;
}

globalThis.benchUnseal = async (events) => {
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
  const { events: opened } = await unseal(profile);
  const openMs = performance.now() - openingMs;
  if (opened !== events) throw new Error(`${opened} of ${events} events came back`);
  profile.store.close();
  return { sealMs, openMs };
};
