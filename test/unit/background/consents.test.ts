/** The privacy policy, and what was agreed to: dated, ended, and nothing but what is enforced. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toBase64Url } from '../../../src/base/bytes.ts';
import { DAY_MS } from '../../../src/base/clock.ts';
import type { PrivacyLevel } from '../../../src/model/privacy.ts';
import { parseSettings } from '../../../src/model/settings.ts';
import { consentsFile } from '../../../src/options/consent-words.ts';
import { SOME_KDF, SOME_KEY } from '../../support/locking.ts';
import { ID, PluginAsker } from '../../support/plugin-asker.ts';
import { START_MS } from '../../support/worker.ts';

let asker: PluginAsker;
beforeEach(async () => {
  asker = await PluginAsker.start();
  await asker.worker.send('consent.set', { accepted: true });
});
afterEach(() => asker.worker.end());
const report = () => asker.worker.send('privacy.get', {});
const listed = async () =>
  (await report()).consents.map(({ use, to, givenMs, withdrawnMs }) => [use, to, givenMs, withdrawnMs]);

describe('consents', () => {
  it('are listed with the time they were given and ended, and withdrawing one ends what it allowed', async () => {
    asker.worker.pass(1_000);
    await asker.turn(true);
    await asker.allow(['host', 'title']);
    expect(await asker.query({ kind: 'access' })).toMatchObject({ ok: true });
    expect((await report()).policy.sharingConsent).toEqual([`plugin:${ID}`]);
    asker.worker.pass(5_000);
    const endedMs = Date.now();
    await asker.worker.send('privacy.withdraw', { use: 'plugin', to: ID });
    expect(await asker.query({ kind: 'access' })).toBeUndefined();
    asker.worker.pass(5_000);
    await asker.worker.restart();
    expect(await listed()).toEqual([
      ['plugin', ID, START_MS + 1_000, endedMs],
      ['recording', '', START_MS, undefined],
    ]);
    expect((await report()).policy.sharingConsent).toEqual([]);
  });

  it('that are given again, or with other terms, are others', async () => {
    await asker.turn(true);
    await asker.allow(['host']);
    asker.worker.pass(1_000);
    await asker.allow(['host', 'url']);
    asker.worker.pass(1_000);
    await asker.turn(false);
    asker.worker.pass(1_000);
    await asker.turn(true);
    expect((await listed()).filter(([use]) => use === 'plugin')).toEqual([
      ['plugin', ID, START_MS + 3_000, undefined],
      ['plugin', ID, START_MS + 1_000, START_MS + 2_000],
      ['plugin', ID, START_MS, START_MS + 1_000],
    ]);
  });

  it('that run out ended then, however late somebody looks', async () => {
    await asker.turn(true);
    await asker.worker.send('plugins.allow', {
      id: ID,
      name: 'x',
      fields: ['host'],
      untilMs: START_MS + DAY_MS,
    });
    asker.worker.pass(3 * DAY_MS);
    expect((await listed()).find(([use]) => use === 'plugin')?.at(-1)).toBe(START_MS + DAY_MS);
    expect(await asker.query({ kind: 'access' })).toBeUndefined();
  });

  it('to be recorded can be withdrawn: nothing more is recorded, and no extension answered', async () => {
    await asker.turn(true);
    await asker.allow(['host']);
    asker.worker.pass(1_000);
    await asker.worker.send('privacy.withdraw', { use: 'recording', to: '' });
    await asker.worker.visit(1, 'https://a.example/');
    expect(await asker.worker.records()).toEqual([]);
    expect(await asker.query({ kind: 'access' })).toBeUndefined();
    expect((await listed()).every(([, , , ended]) => ended === START_MS + 1_000)).toBe(true);
  });

  it('go into a file with dates that anybody can read', async () => {
    await asker.turn(true);
    await asker.allow(['host']);
    const { policy, consents } = await report();
    expect(JSON.parse(consentsFile(policy, consents))).toMatchObject({
      policy: { encryption: 'medium' },
      consents: [{ use: 'plugin', to: ID, given: new Date(START_MS).toISOString() }, { use: 'recording' }],
    });
  });
});

describe('the policy', () => {
  const policy = async () => (await report()).policy;
  it('says what is true: of the passphrase, of the level', async () => {
    expect(await policy()).toMatchObject({
      encryption: 'medium',
      anonymization: false,
      retentionDays: null,
      autoDelete: false,
    });
    await asker.worker.send('level.set', { level: 'anonymous' });
    expect(await policy()).toMatchObject({ encryption: 'medium', anonymization: true });
    await asker.worker.send('level.set', { level: 'ephemeral' });
    expect(await policy()).toMatchObject({ encryption: 'none', anonymization: false });
    await asker.worker.send('level.set', { level: 'private' });
    await asker.worker.send('lock.set', { kdf: SOME_KDF, key: toBase64Url(SOME_KEY) });
    expect(await policy()).toMatchObject({ encryption: 'strong' });
  });

  it('knows rules that say another level than the global one', async () => {
    const rule = (level: PrivacyLevel) =>
      asker.worker.send('rules.set', { host: 'rule.example', capture: 'full', level });
    await asker.worker.send('level.set', { level: 'anonymous' });
    await rule('private');
    expect(await policy()).toMatchObject({ encryption: 'medium', anonymization: false });
    await asker.worker.send('level.set', { level: 'ephemeral' });
    expect(await policy()).toMatchObject({ encryption: 'medium', anonymization: false });
    await rule('anonymous');
    expect(await policy()).toMatchObject({ encryption: 'medium', anonymization: true });
    await rule('ephemeral');
    expect(await policy()).toMatchObject({ encryption: 'none', anonymization: false });
  });

  it('keeps the days that were chosen, and what is none costs nothing else', async () => {
    await asker.worker.set({ retention: { levels: { private: 90 }, sites: [] } });
    await asker.worker.restart();
    expect(await policy()).toMatchObject({ retentionDays: 90, autoDelete: true });
    const { settings } = asker.worker.services.profile;
    expect(parseSettings({ ...settings, retention: { levels: { private: 31 }, sites: [] } })).toEqual({
      ...settings,
      retention: { levels: {}, sites: [] },
    });
  });
});
