/**
 * The other device deletes a site while this one is there, and this one is ended anywhere while it carries that out: in the end neither
 * has it, this one's keys for it are gone, everything else opens, and the other is told that this one has erased (its receipt).
 */
import { expect } from 'vitest';
import { dayOf } from '../../../src/base/clock.ts';
import type { TestPage } from '../browser.ts';
import { waitFor } from '../wait-for.ts';
import { expectWhole, found, keysOf, status, visit } from './holdings.ts';
import { type Aim, answered, type KillableBrowser, sendFrom } from './killable-browser.ts';
import type { Scenario } from './scenario.ts';

interface Elsewhere {
  /** A page of the other device. */
  readonly other: TestPage;
  /** Of a server of pages. */
  readonly port: number;
  /** Resolves when both devices have the same, with how many pages the other one finds. */
  foundThere(text: string): Promise<number>;
}

export function receiptScenario(killable: KillableBrowser, { other, port, foundThere }: Elsewhere): Scenario {
  let attempts = 0;
  /** Keys of the days that the visit may lie in: it may be midnight. */
  const keysSince = async (sinceMs: number): Promise<string[]> => {
    const keys = await keysOf(killable);
    const days = new Set([dayOf(sinceMs), dayOf(Date.now())]);
    return [...days].flatMap((day) => keys.get(`interactions/${day}`) ?? []);
  };
  return {
    name: 'receipt',
    nameOf: (step) => step || 'begun',
    async attempt(aim: Aim) {
      const word = `erased${++attempts}x`;
      const kept = `stays${attempts}x`;
      const startMs = Date.now();
      for (const one of [kept, word]) {
        const isStored = async () => (await found(killable, one)) === 1;
        await visit(killable, `http://${one}.example:${port}/`, isStored);
      }
      expect(await foundThere(word)).toBe(1);
      const [{ recordCount }, keys] = [await status(killable), await keysSince(startMs)];
      let erasing: Promise<void> | undefined;
      const erase = async () => {
        const target = { what: 'site', host: `${word}.example` } as const;
        expect(answered(await sendFrom(other, 'erase.run', { target })).count).toBe(1);
        answered(await sendFrom(other, 'erase.finish', {}));
        answered(await sendFrom(other, 'sync.now', {}));
      };
      const report = await killable.killedAt(aim, async () => {
        erasing = erase();
        await erasing;
        answered(await killable.send('sync.now', {}));
      });
      await erasing;
      if (report.killed) await killable.restart();
      await waitFor(
        'the receipt',
        async () => {
          answered(await killable.send('sync.now', {}));
          answered(await sendFrom(other, 'sync.now', {}));
          const [newest] = answered(await sendFrom(other, 'sync.deletions', {}));
          expect(newest?.atMs).toBeGreaterThanOrEqual(startMs);
          expect(newest?.devices.map(({ erasedMs }) => typeof erasedMs)).toEqual(['number', 'number']);
          return true;
        },
        { timeoutMs: 60_000, everyMs: 200 },
      );
      expect(await found(killable, word)).toBe(0);
      expect(await foundThere(word)).toBe(0);
      expect([await found(killable, kept), await foundThere(kept)]).toEqual([1, 1]);
      await expectWhole(killable, recordCount - 1);
      const left = await keysSince(startMs);
      expect(keys.filter((key) => left.includes(key))).toEqual([]);
      return report;
    },
  };
}
