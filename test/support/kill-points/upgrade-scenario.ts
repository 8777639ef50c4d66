/**
 * A profile as an older version left it is opened by this one, and what it has to move moves; ended at any write until the first new
 * record is stored, the next start goes on, and everything old is there. Which moves there are does not matter here: whatever is written
 * on the way is a point. Today: the recovery phrase, from the account's record into the key ring (services/sync.ts).
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parseAccountId } from '../../../src/protocol/ids.ts';
import { writeAccount } from '../../../src/sync/account-state.ts';
import { type FrozenDatabase, freezeDatabases, thawDatabases } from '../frozen-profile.ts';
import { rowsInPage } from '../rows-in-page.ts';
import { openProfile } from '../store-profile.ts';
import { expectWhole, found, keysOf, status, visit } from './holdings.ts';
import { type Aim, answered, type KillableBrowser } from './killable-browser.ts';
import type { Scenario } from './scenario.ts';
import { thawInPage } from './thaw-in-page.ts';

const FROZEN = join(import.meta.dirname, '../../vectors/profile-1.json');
/** A service that nobody reaches. */
const NOWHERE = 'http://127.0.0.1:9';
const ACCOUNT = 'sync-account';

interface OldProfile {
  readonly databases: readonly FrozenDatabase[];
  readonly records: number;
  readonly secret: string;
}

/** The frozen profile, with the settings and the account that such a version would have had. */
async function oldProfile(): Promise<OldProfile> {
  const frozen = JSON.parse(readFileSync(FROZEN, 'utf8')) as {
    readonly nowMs: number;
    readonly databases: readonly FrozenDatabase[];
    readonly records: Readonly<Record<string, readonly unknown[]>>;
  };
  const secret = randomBytes(16).toString('base64url');
  const account = parseAccountId(randomBytes(16).toString('base64url'));
  if (account === null) throw new Error('That is no account.');
  await thawDatabases(frozen.databases);
  const { store } = await openProfile(frozen.nowMs);
  await store.writeNamed('settings', {
    consent: 'accepted',
    level: 'private',
    pause: { kind: 'none' },
    rules: [],
  });
  await writeAccount(store, { url: NOWHERE, account, deviceName: 'Old', joined: 'once', recovery: secret });
  store.close();
  const records = Object.values(frozen.records).flat().length;
  return { databases: await freezeDatabases(), records, secret };
}

/** @param killable one whose background has not made anything yet. It ends here, and lives in the attempts. */
export async function upgradeScenario(
  killable: KillableBrowser,
  port: number,
): Promise<Scenario & { end(): void }> {
  const { databases, records, secret } = await oldProfile();
  await killable.page.evaluate(thawInPage, databases);
  const account = async () => {
    const all = JSON.parse(await killable.page.evaluate(rowsInPage, 'arq-data')) as {
      'arq-data': { profiles: { value: { name: string; box: { $bytes: string } } }[] };
    };
    return all['arq-data'].profiles.find(({ value }) => value.name === ACCOUNT)?.value.box.$bytes;
  };
  const old = await account();
  await killable.browser.close({ keepProfile: true });
  const saved = killable.saveProfile();
  return {
    name: 'upgrade',
    nameOf: (step) => step,
    async attempt(aim: Aim) {
      await saved.put();
      let isStored = false;
      const report = await killable.restartKilledAt(aim, async () => {
        // Answered when all that moves has moved.
        await status(killable);
        await killable.step('opened');
        await visit(
          killable,
          `http://newword.example:${port}/`,
          async () => (await found(killable, 'newword')) > 0,
        );
        isStored = true;
      });
      if (report.killed) await killable.restart();
      const fresh = await found(killable, 'newword');
      if (isStored) expect(fresh).toBe(1);
      expect(fresh).toBeLessThanOrEqual(1);
      expect(await found(killable, 'middle')).toBe(44);
      expect(await found(killable, 'blue whales')).toBe(1);
      await expectWhole(killable, records + fresh, /^Recording\. Your recovery phrase is not written down/);
      expect(answered(await killable.send('phrase.show', {})).secret).toBe(secret);
      expect((await status(killable)).sync.phrase).toBe('waits');
      // Where it was, it is no more.
      expect(await account()).not.toBe(old);
      await keysOf(killable);
      await killable.browser.kill();
      return report;
    },
    end: saved.remove,
  };
}
