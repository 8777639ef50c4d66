/**
 * A passphrase is lost and the person begins anew: ended anywhere, it is the old profile, still locked, which records, or a new one that
 * has nothing of it; and it can be used.
 */
import { expect } from 'vitest';
import { expectWhole, found, importVisits, keysOf, status, visit, visitDaysAgo } from './holdings.ts';
import { type Aim, answered, type KillableBrowser } from './killable-browser.ts';
import { KDF, newKey } from './lock-scenario.ts';
import type { Scenario } from './scenario.ts';

/** `port`: of a server of pages. Whatever the profile has goes with the first attempt. */
export function startOverScenario(killable: KillableBrowser, port: number): Scenario {
  const startOver = async () => answered(await killable.send('lock.start-over', { word: 'DELETE' }));
  return {
    name: 'start over',
    nameOf: (step) => step || 'open',
    async attempt(aim: Aim) {
      answered(await killable.send('consent.set', { accepted: true }));
      await importVisits(killable, [visitDaysAgo(3, 'lostword', '1'), visitDaysAgo(2, 'lostword', '2')]);
      const lock = async () => {
        answered(await killable.send('lock.set', { kdf: KDF, key: newKey() }));
        answered(await killable.send('lock.now', {}));
      };
      const sealed = async () => (await status(killable)).lock?.sealed ?? 0;
      const report = await killable.killedAt(aim, async () => {
        await lock();
        await killable.step('locked');
        await startOver();
      });
      if (report.killed) await killable.restart();
      const isBegun = (await status(killable)).health.code === 'no-consent';
      if (!isBegun) {
        // The first lock of a profile: also one that was not set to its end has something to seal for.
        const before = await sealed();
        const isLocked = (await status(killable)).lock?.state === 'locked';
        if (isLocked && (await status(killable)).consent === 'accepted')
          await visit(killable, `http://sealed.example:${port}/`, async () => (await sealed()) > before);
        if (!isLocked) await lock();
        await startOver();
      }
      expect(await status(killable)).toMatchObject({ recordCount: 0, health: { code: 'no-consent' } });
      expect((await status(killable)).lock).toBeUndefined();
      answered(await killable.send('consent.set', { accepted: true }));
      const isHere = async () => (await found(killable, 'newword')) === 1;
      await visit(killable, `http://newword.example:${port}/`, isHere);
      expect(await found(killable, 'lostword')).toBe(0);
      await expectWhole(killable, 1);
      await keysOf(killable);
      return report;
    },
  };
}
