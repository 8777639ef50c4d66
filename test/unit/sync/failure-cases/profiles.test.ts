/**
 * Failure cases S3, S14, S15 and S18 of the design: a device whose profile is older than its account, lacks its keys, opens empty, or was
 * away for long. What damage to single keys and rows costs is in `damage.test.ts` and `mend.test.ts`.
 *
 * Over 300 lines, because the ways in which a profile can be older are read beside each other.
 */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../../support/device-context.ts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { closedReport, fetchClosed } from '../../../../src/background/services/closed.ts';
import { DAY_MS } from '../../../../src/base/clock.ts';
import { readable } from '../../../support/damage.ts';
import { copyProfile, lose, putBack } from '../../../support/profile-copy.ts';
import { Oracle } from '../../../support/sync-oracle.ts';
import { SERVICE_URL, SyncWorld } from '../../../support/sync-world.ts';
import { WholeDevice } from '../../../support/whole-device.ts';

let world: SyncWorld;
let oracle: Oracle;
afterEach(() => {
  vi.restoreAllMocks();
  for (const device of world.devices) (device as WholeDevice).close();
  world.end();
});
async function pair(): Promise<[WholeDevice, WholeDevice]> {
  world = await SyncWorld.paired(2, {}, WholeDevice);
  oracle = new Oracle(world);
  return world.devices as [WholeDevice, WholeDevice];
}

const healthOf = async (device: WholeDevice) => (await device.run(() => device.services.status())).health;
/** Slots that were deleted at the service since an entry of the feed. */
const deletedSince = async (seq: number) =>
  (await world.changes()).slice(seq).flatMap(({ ops }) => ops.filter(({ etag }) => etag === null));
const entries = async () => (await world.changes()).length;

describe('S3: a profile whose databases were put back to an older state uses no number twice', () => {
  it('when what lies outside of the databases is newer: it begins another life at once', async () => {
    const [a, b] = await pair();
    await oracle.visit(b, 'one.example', '/before');
    await world.settle();
    const copy = await copyProfile(b);
    await oracle.visit(b, 'one.example', '/sent');
    await world.settle();
    // Whatever is opened says how far it is.
    await b.restart();
    const { incarnation } = b.store.vault;
    await putBack(b, copy, 'databases');
    expect(b.store.vault.incarnation).not.toBe(incarnation);
    expect(await healthOf(b)).toMatchObject({
      code: 'storage-lost',
      message: expect.stringMatching(/^The browser lost the last records before/),
    });
    // Before it has heard of what it sent.
    await oracle.visit(b, 'one.example', '/after');
    await world.settle();
    await oracle.check();
    expect(await a.urls()).toHaveLength(3);
  });

  it('also in the same run of the browser', async () => {
    const [a, b] = await pair();
    const copy = await copyProfile(b);
    await oracle.visit(b, 'one.example', '/sent');
    await world.settle();
    await b.restart();
    const memory = new Map(b.context.session);
    await putBack(b, copy, 'databases');
    for (const [key, value] of memory) b.context.session.set(key, value);
    await b.restart();
    await oracle.visit(b, 'one.example', '/after');
    await world.settle();
    await oracle.check();
    expect(await a.urls()).toHaveLength(2);
  });

  // The whole folder, from a backup: nothing on this device tells.
  it('nor when all of it is older, whether or not it has heard of what it sent', async () => {
    const [a, b] = await pair();
    await oracle.visit(b, 'one.example', '/before');
    await world.settle();
    const copy = await copyProfile(b);
    for (const path of ['/sent', '/sent too']) await oracle.visit(b, 'one.example', path);
    await world.settle();
    const ids = new Set(await b.eventIds());
    await putBack(b, copy, 'all');
    for (const path of ['/offline', '/offline too']) await oracle.visit(b, 'one.example', path);
    expect((await b.eventIds()).filter((id) => ids.has(id))).toHaveLength(1);
    await world.settle();
    await oracle.visit(b, 'one.example', '/after');
    await world.settle();
    await oracle.check();
    expect(await a.urls()).toHaveLength(6);
  });

  it('nor when it was put back while what it sent was not read yet by the others', async () => {
    const [a, b] = await pair();
    const copy = await copyProfile(b);
    await oracle.visit(b, 'one.example', '/sent');
    await world.settle([b]);
    await putBack(b, copy, 'all');
    await oracle.visit(b, 'one.example', '/offline');
    await world.settle([b]);
    await world.settle();
    await oracle.check();
    expect(await a.urls()).toHaveLength(2);
  });

  it('nor when copy and original go on beside each other', async () => {
    const [, b] = await pair();
    await oracle.visit(b, 'one.example', '/before');
    await world.settle();
    const twin = (await world.device('twin of b')) as WholeDevice;
    await putBack(twin, await copyProfile(b), 'all');
    for (const round of [1, 2, 3]) {
      for (const device of [b, twin]) await oracle.visit(device, 'one.example', `/${device.name} ${round}`);
      // Both send before either has heard of the other.
      await Promise.all([b.round(), twin.round()]);
      await world.settle();
    }
    await oracle.check();
  });

  it('and what was chosen under one number twice is chosen twice: the stricter is in force everywhere', async () => {
    const [, b] = await pair();
    await b.set({ rules: [{ id: 'r', host: 'other.example', capture: 'skip' }] });
    await world.settle();
    const copy = await copyProfile(b);
    await b.set({ rules: [{ id: 'r1', host: 'one.example', capture: 'skip' }], level: 'anonymous' });
    await world.settle();
    await putBack(b, copy, 'all');
    await b.set({ rules: [{ id: 'r2', host: 'one.example', capture: 'domain' }], level: 'public' });
    await world.settle();
    await oracle.check();
    expect(b.settings()).toMatchObject({
      level: 'anonymous',
      rules: [{ host: 'one.example', capture: 'skip' }],
    });
  });
});

describe('S3: a choice on a profile that was put back', () => {
  it('stays beside what was chosen after another of that number, which it never saw', async () => {
    const [a, b] = await pair();
    await b.set({ level: 'public' });
    await world.settle();
    const copy = await copyProfile(b);
    world.pass(1000);
    await b.set({ level: 'private' });
    await world.settle();
    world.pass(1000);
    await a.set({ level: 'public' });
    await world.settle();
    await putBack(b, copy, 'all');
    world.pass(1000);
    // Offline, where nothing tells that its numbers are used.
    await b.set({ level: 'anonymous' });
    await world.settle();
    await oracle.check();
    for (const device of [a, b]) {
      expect(device.settings()).toMatchObject({ level: 'anonymous' });
      expect(await device.run(() => device.sync.settings.conflicts())).toHaveLength(1);
    }
  });
});

describe('S14: records whose keys are missing here are left alone, and what helps is offered', () => {
  const rowsOf = (device: WholeDevice) =>
    device.run(async () => ({
      journal: await device.store.db.getAll('journal'),
      packs: await device.store.db.getAll('interactions'),
    }));

  it.each(['pairing', 'the recovery phrase'])('with no key left at all: %s brings them back', async (how) => {
    const [a, b] = await pair();
    await oracle.visit(b, 'one.example', '/old');
    world.pass(2 * DAY_MS);
    await oracle.visit(a, 'one.example', '/a');
    await world.settle();
    await b.run(() => b.store.pack());
    await oracle.visit(b, 'one.example', '/new');
    await world.settle();
    const [rows, seq] = [await rowsOf(b), await entries()];
    expect(rows.journal.length).toBeGreaterThan(0);
    expect(rows.packs.length).toBeGreaterThan(0);
    await lose(b, 'arq-keys-');
    expect(await healthOf(b)).toEqual({
      code: 'storage-lost',
      message: expect.stringMatching(/If another of your devices has them, sync with it again\.$/),
    });
    expect(b.sync.state()).toEqual({ phase: 'off' });
    expect(await readable(b)).toEqual([]);
    expect(await rowsOf(b)).toEqual(rows);
    if (how === 'pairing') await world.join(a, b);
    else {
      const secret = a.store.vault.recoverySecret();
      if (!secret) throw new Error('no phrase');
      expect(await b.run(() => b.sync.restore(SERVICE_URL, secret, 'b again'))).toMatchObject({ ok: true });
    }
    await world.settle();
    expect((await readable(b)).toSorted()).toEqual(oracle.urls());
    expect(await a.urls()).toEqual(oracle.urls());
    // Neither what does not open here, nor what lies at the service of it, was taken away.
    expect((await rowsOf(b)).journal).toEqual(expect.arrayContaining(rows.journal));
    expect((await rowsOf(b)).packs).toEqual(expect.arrayContaining(rows.packs));
    expect(await deletedSince(seq)).toEqual([]);
  });

  it('with the keys of all days gone: it says which, and the account has them', async () => {
    const [, b] = await pair();
    await b.run(() => b.profile.change({ consent: 'accepted' }));
    await oracle.visit(b, 'one.example', '/old');
    world.pass(2 * DAY_MS);
    await oracle.visit(b, 'one.example', '/new');
    await world.settle();
    await b.run(() => b.store.pack(true));
    const [rows, seq] = [await rowsOf(b), await entries()];
    await b.run(() => b.store.keys.rewrite([]));
    await b.restart();
    const parts = { profile: b.profile, sync: b.sync };
    const report = await b.run(() => closedReport(parts));
    expect(report.days).toHaveLength(2);
    for (const { open, needs } of report.days) {
      expect(open).toBe(0);
      expect(needs.map(({ why }) => why)).toContain('missing');
    }
    expect(await healthOf(b)).toMatchObject({
      message: expect.stringMatching(
        /^Some stored records are damaged and cannot be read. They are left alone/,
      ),
    });
    expect(await rowsOf(b)).toEqual(rows);
    // What it goes on sending does not take the published keys away.
    world.pass(DAY_MS);
    await oracle.visit(b, 'one.example', '/later');
    expect((await b.round()).phase).toBe('synced');
    expect(await b.run(() => fetchClosed(parts))).toMatchObject({ ok: true, value: { days: [] } });
    await world.settle();
    await oracle.check();
    expect(await deletedSince(seq)).toEqual([]);
  });
});

describe('S15: a store that the browser gives back', () => {
  it('empty is told, filled again from the account, and nothing is deleted there', async () => {
    const [a, b] = await pair();
    await oracle.visit(a, 'one.example', '/a');
    await oracle.visit(b, 'one.example', '/b');
    await a.set({ rules: [{ id: 'r', host: 'rule.example', capture: 'skip' }] });
    await world.settle();
    const seq = await entries();
    await lose(b);
    expect(await healthOf(b)).toEqual({
      code: 'storage-lost',
      message: expect.stringMatching(
        /^The browser lost its store: what was recorded before .* is gone from here/,
      ),
    });
    expect(await b.urls()).toEqual([]);
    // It is shown until it was read, and recording goes on.
    await b.restart();
    expect((await healthOf(b)).code).toBe('storage-lost');
    await oracle.visit(b, 'one.example', '/meanwhile');
    await world.settle([a]);
    expect(await a.urls()).toHaveLength(2);
    await world.join(a, b);
    await world.settle();
    await oracle.check();
    expect(await deletedSince(seq)).toEqual([]);
  });

  it('short is told, has again what was sent, and nothing is deleted at the service', async () => {
    const [a, b] = await pair();
    await oracle.visit(b, 'one.example', '/kept');
    await world.settle();
    const copy = await copyProfile(b);
    await oracle.visit(b, 'one.example', '/sent');
    await oracle.visit(a, 'one.example', '/a');
    await a.set({ level: 'anonymous' });
    await world.settle();
    // Nobody else has this one.
    await b.visit('one.example', '/not-sent');
    await b.restart();
    const seq = await entries();
    await putBack(b, copy, 'databases');
    expect(await healthOf(b)).toEqual({
      code: 'storage-lost',
      message: expect.stringMatching(/^The browser lost the last records before .*sync with it again/),
    });
    expect(await b.urls()).toEqual(['https://one.example/kept']);
    await world.settle();
    await oracle.check();
    expect(b.settings().level).toBe('anonymous');
    expect(await deletedSince(seq)).toEqual([]);
  });
});

/**
 * Design 3.9 would end deletions after 90 days and ask a device that comes back later. In the product they are commands that stay in the
 * account for ever and mean what was recorded up to their time, whoever brings it and whenever (docs/protocol.md, "Commands";
 * docs/decisions/0016), so there is no horizon and nothing to ask.
 */
it.each([91, 800])(
  'S18: a device that was away for %i days comes back, brings what it has and nothing that was deleted',
  async (days) => {
    const [a, b] = await pair();
    for (const page of ['/a', '/b']) await oracle.visit(a, 'one.example', page);
    await oracle.visit(b, 'gone.example', '/sent');
    await world.settle();
    b.network.down();
    // What it records without the others hearing of it.
    await oracle.visit(b, 'gone.example', '/not-sent');
    await oracle.visit(b, 'kept.example', '/not-sent');
    await b.set({ rules: [{ id: 'b', host: 'b.example', capture: 'skip' }] });
    await b.round();
    for (let part = 0; part < 4; part++) {
      world.pass((days * DAY_MS) / 4);
      await oracle.visit(a, 'one.example', `/${part}`);
      if (part === 0) await oracle.erase(a, { what: 'page', url: 'https://one.example/a' });
      if (part === 1) await oracle.erase(a, { what: 'site', host: 'gone.example' });
      if (part === 2) await a.rotate();
      if (part === 3) await a.set({ level: 'anonymous' });
      await a.run(() => a.store.pack());
      expect((await a.round()).phase).toBe('synced');
    }
    await oracle.visit(b, 'gone.example', '/after-it-was-deleted');
    const seq = await entries();
    b.network.up();
    await b.restart();
    await world.settle();
    await oracle.check();
    expect(oracle.urls()).toContain('https://kept.example/not-sent');
    expect(oracle.urls().filter((url) => url.includes('gone'))).toEqual([
      'https://gone.example/after-it-was-deleted',
    ]);
    expect(b.settings()).toEqual({
      level: 'anonymous',
      rules: [{ id: 'b', host: 'b.example', capture: 'skip' }],
    });
    expect(b.epoch).toBe(a.epoch);
    // It brings what it recorded, and the account lost nothing by it but what it had of the deleted site itself.
    expect((await world.changes()).slice(seq).some(({ device }) => device === b.store.vault.deviceId)).toBe(
      true,
    );
  },
);
