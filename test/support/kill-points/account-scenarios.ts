/**
 * New master keys of an account, made here or by the other device: ended anywhere, both devices have the same key and the same records
 * in the end, and each reads what the other writes from then on. What else is ended in an account is made here too.
 */
import { expect } from 'vitest';
import { startService } from '../../../server/src/service.ts';
import { type BrowserName, launchBrowser } from '../browser.ts';
import { newTemporaryFolder, removeFolder } from '../profile-folder.ts';
import { waitFor } from '../wait-for.ts';
import { expectWhole, found, keysOf, status, visit } from './holdings.ts';
import { type Aim, answered, type KillableBrowser, sendFrom } from './killable-browser.ts';
import { receiptScenario } from './receipt-scenario.ts';
import type { Scenario } from './scenario.ts';

/** Well below how many master keys an account may have (LIMITS.epochs); an attempt makes two at most. */
const ATTEMPTS_PER_ACCOUNT = 25;

export interface Account {
  /** The master key made here; made there, while this device moves to it; a deletion made there. */
  readonly scenarios: readonly Scenario[];
  /** Resolves when the other device has the same as this one, with how many pages it finds. */
  foundThere(text: string): Promise<number>;
  close(): Promise<void>;
}

/** `extensionDir`: of the other device, which is never killed. `port`: of a server of pages. */
export async function startAccount(
  killable: KillableBrowser,
  { name: otherName, extensionDir, port }: { name: BrowserName; extensionDir: string; port: number },
): Promise<Account> {
  const dataDir = newTemporaryFolder('service');
  const service = await startService({ host: '127.0.0.1', port: 0, dataDir });
  const otherBrowser = await launchBrowser(otherName, { extensionDir });
  const other = await otherBrowser.openExtensionPage('src/options/index.html#sync');
  answered(await sendFrom(other, 'consent.set', { accepted: true }));

  const settled = async () =>
    waitFor(
      'both devices to have the same',
      async () => {
        answered(await killable.send('sync.now', {}));
        answered(await sendFrom(other, 'sync.now', {}));
        const ours = await status(killable);
        const theirs = answered(await sendFrom(other, 'status.get', {}));
        const [one, two] = [ours, theirs].map(({ sync, recordCount, keysSinceMs }) =>
          JSON.stringify([sync.phase, sync.message, sync.devices?.length, recordCount, keysSinceMs]),
        );
        if (one === two && ours.sync.phase === 'synced' && ours.sync.devices?.length === 2) return ours;
        throw new Error(`${one} here, ${two} there`);
      },
      { timeoutMs: 60_000, everyMs: 100 },
    );
  const begin = async () => {
    answered(await killable.send('sync.create', { url: service.url }));
    const { secret } = answered(await killable.send('phrase.show', {}));
    answered(await killable.send('phrase.confirm', { secret }));
    const { code } = answered(await killable.send('sync.invite', {}));
    answered(await sendFrom(other, 'sync.join', { code }));
    answered(await sendFrom(other, 'sync.now', {}));
    // With records of its own it shows first what comes.
    const preview = answered(await sendFrom(other, 'sync.preview', {}));
    if (preview) answered(await sendFrom(other, 'sync.agree', { of: preview.deleted.of }));
    await settled();
  };
  const beginAnew = async () => {
    answered(await killable.send('sync.delete-account', { anyway: false, loseAway: false }));
    answered(await sendFrom(other, 'sync.leave', { anyway: true, loseAway: false }));
    await begin();
  };
  const foundThere = async (text: string): Promise<number> => {
    await settled();
    return answered(await sendFrom(other, 'records.search', { text, limit: 200 })).hits.length;
  };
  await begin();

  let attempts = 0;
  /**
   * `task` makes a new key; `theirs` is what the other device does for it, also when this one was killed. It is one step: devices call
   * each other whenever they have news, so a point may come before or after any of what is asked of them.
   */
  const scenario = (name: string, task: () => Promise<void>, theirs = async () => {}): Scenario => ({
    name,
    nameOf: () => 'begun',
    async attempt(aim: Aim) {
      if (++attempts % ATTEMPTS_PER_ACCOUNT === 0) await beginAnew();
      const word = `${name}${attempts}x`;
      const { keysSinceMs, recordCount } = await status(killable);
      const report = await killable.killedAt(aim, task);
      await theirs();
      if (report.killed) await killable.restart();
      await settled();
      if ((await status(killable)).keysSinceMs === keysSinceMs) {
        // It ended before anybody knew of it, and is begun anew.
        expect(report.killed).toBe(true);
        answered(await killable.send('keys.renew', {}));
      }
      expect((await settled()).keysSinceMs).not.toBe(keysSinceMs);
      await visit(
        killable,
        `http://${word}.example:${port}/`,
        async () => (await found(killable, word)) === 1,
      );
      expect(await foundThere(word)).toBe(1);
      await expectWhole(killable, recordCount + 1);
      await keysOf(killable);
      return report;
    },
  });
  const rotation = scenario('rotation', async () => {
    answered(await killable.send('keys.renew', {}));
    answered(await killable.send('sync.now', {}));
  });
  let renewing: Promise<void> | undefined;
  const moving = scenario(
    'moving',
    async () => {
      renewing = sendFrom(other, 'keys.renew', {}).then((answer) => void answered(answer));
      await renewing;
      answered(await killable.send('sync.now', {}));
    },
    async () => renewing,
  );
  return {
    scenarios: [rotation, moving, receiptScenario(killable, { other, port, foundThere })],
    foundThere,
    async close() {
      await otherBrowser.close();
      await service.close();
      removeFolder(dataDir);
    },
  };
}
