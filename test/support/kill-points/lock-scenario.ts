/**
 * A passphrase is set, the profile locked, something recorded, unlocked, and the passphrase removed; ended anywhere, the profile opens
 * with the passphrase and only with it, or, where none is in force, by itself; and all is there that was stored.
 */
import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import type { Kdf } from '../../../src/crypto/kdf.ts';
import { expectWhole, found, keysOf, status, visit } from './holdings.ts';
import { type Aim, answered, type KillableBrowser } from './killable-browser.ts';
import type { Scenario } from './scenario.ts';

export const newKey = (): string => randomBytes(32).toString('base64url');
/** What it costs is tested elsewhere: here stands what a passphrase gave. */
export const KDF: Kdf = { name: 'argon2id', memory: 19 * 1024, passes: 2, lanes: 1, salt: 'A'.repeat(22) };

/** `port`: of a server of pages; `kept`: a word and how many pages have it. */
export function lockScenario(
  killable: KillableBrowser,
  port: number,
  kept: { readonly word: string; readonly pages: number },
): Scenario {
  let attempts = 0;
  return {
    name: 'lock',
    nameOf: (step) => step || 'set',
    async attempt(aim: Aim) {
      const word = `locked${++attempts}x`;
      const key = newKey();
      const records = (await status(killable)).recordCount;
      /** Steps that are over. */
      const done = new Set<string>();
      const step = async (name: string, task: () => Promise<unknown>) => {
        if (name !== 'set') await killable.step(name);
        await task();
        done.add(name);
      };
      const sealed = async () => (await status(killable)).lock?.sealed ?? 0;
      const report = await killable.killedAt(aim, async () => {
        await step('set', async () => answered(await killable.send('lock.set', { kdf: KDF, key })));
        await step('lock', async () => answered(await killable.send('lock.now', {})));
        await step('record', () =>
          visit(killable, `http://${word}.example:${port}/`, async () => (await sealed()) > 0),
        );
        await step('unlock', async () => answered(await killable.send('lock.unlock', { key })));
        await step('remove', async () =>
          answered(await killable.send('lock.remove', { current: key, off: true })),
        );
      });
      if (report.killed) await killable.restart();
      const { lock } = await status(killable);
      if (done.has('remove')) expect(lock).toBeUndefined();
      // What was said to be set holds until it is said to be removed, or was about to be.
      else if (done.has('set') && !done.has('unlock')) expect(lock?.state).toBe('locked');
      if (lock) {
        expect(lock.state).toBe('locked');
        const before = await sealed();
        await visit(
          killable,
          `http://after.example:${port}/${attempts}`,
          async () => (await sealed()) > before,
        );
        expect(await killable.send('records.search', { text: kept.word, limit: 10 })).toMatchObject({
          ok: false,
          error: { code: 'locked' },
        });
        expect(await killable.send('lock.unlock', { key: newKey() })).toMatchObject({
          ok: false,
          error: { code: 'wrong-passphrase' },
        });
        answered(await killable.send('lock.unlock', { key }));
      }
      const recorded = await found(killable, word);
      // Of a visit that was not acknowledged yet nobody knows.
      if (done.has('record')) expect(recorded).toBe(1);
      expect(recorded).toBeLessThanOrEqual(1);
      expect(await found(killable, kept.word)).toBe(kept.pages);
      await expectWhole(killable, records + recorded + (lock ? 1 : 0));
      if (lock) answered(await killable.send('lock.remove', { current: key, off: true }));
      // One ring, with no way in but by itself.
      await keysOf(killable);
      return report;
    },
  };
}
