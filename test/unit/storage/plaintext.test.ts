/** What SECURITY.md says of the plaintext in the store, as a list: every field of every row that is not sealed. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { attempt } from '../../../src/background/services/attempts.ts';
import { writeGate } from '../../../src/background/services/gate.ts';
import { LockedProfile } from '../../../src/background/services/locked-profile.ts';
import { Profile } from '../../../src/background/services/profile.ts';
import { noteSealedGap } from '../../../src/background/services/sealed-gap.ts';
import { ContextStorage } from '../../../src/context/context-storage.ts';
import { setLock } from '../../../src/storage/lock.ts';
import { SEALED_BROKEN, SEALED_DROPPED } from '../../../src/storage/locked-store.ts';
import { prepareToLock } from '../../../src/storage/sealed.ts';
import { noteSettings } from '../../../src/sync/account-state.ts';
import { FEED, type Feed } from '../../../src/sync/feed.ts';
import { wishRenewal } from '../../../src/sync/rotation.ts';
import { keepEvidence } from '../../../src/sync/service-lie.ts';
import { writeUnread } from '../../../src/sync/unread.ts';
import { SOME_KDF, SOME_KEY } from '../../support/locking.ts';
import { SyncWorld, type TestDevice } from '../../support/sync-world.ts';

let world: SyncWorld;
let device: TestDevice;
beforeEach(async () => {
  world = await SyncWorld.paired(2);
  device = world.devices[0] as TestDevice;
});
afterEach(() => world.end());

/** Paths of what is not bytes, e.g. `tabId`, or `(value)` of a row that is no object. `*`: names that are many. */
function fieldsOf(value: unknown, path = ''): string[] {
  if (value instanceof Uint8Array) return [];
  if (value instanceof Object)
    return Object.entries(value).flatMap(([name, inner]) =>
      fieldsOf(inner, Array.isArray(value) ? `${path}[]` : path === '' ? name : `${path}.${name}`),
    );
  return [path === '' ? '(value)' : path];
}

const EXPECTED: Record<string, readonly string[]> = {
  // Named by a random UUID; the time is a day.
  contexts: ['generation', 'name', 'timestamp', 'userId'],
  interactions: ['date', 'generation', 'seq', 'type', 'userId'],
  journal: ['day', 'generation', 'n', 'records', 'type'],
  // Whether a key was there when what unlocks, or the master key, was last changed.
  'key ring': ['day', 'generation', 'retired', 'store'],
  metadata: [
    // How many records each day has that is at the service only.
    'away.*',
    'cache_stats.l1.hits',
    'cache_stats.l1.misses',
    'cache_stats.l2.hits',
    'cache_stats.l2.misses',
    'counter',
    'cursor',
    'deleted-until',
    'devices-seen.hash',
    'devices-seen.version',
    'epoch-settled.epoch',
    'epoch-settled.seq',
    'erasing',
    'erasure',
    'feed.ahead.*',
    'feed.hashes[]',
    'feed.sent[].puts',
    'feed.sent[].seq',
    'feed.seq',
    // Of each device; the same signed in `said`.
    'heads.*',
    // To the hour.
    'last_sync',
    'locked-from',
    'parts',
    // A day.
    'parts-gathered',
    // Which master key of the account is to be replaced.
    'renewal-wished',
    'retry.failures',
    'retry.nextAtMs',
    'sealed-broken',
    'sealed-dropped',
    'seen/*',
    'service-lie.at',
    'service-lie.foundMs',
    // Numbers, hashes and times of the feed, signed.
    'service-lie.here.device',
    'service-lie.here.signature',
    'service-lie.here.text',
    'service-lie.there.device',
    'service-lie.there.signature',
    'service-lie.there.text',
    'service-lie.what',
    'settings-came',
    'unread.*',
    'version',
  ],
  models: ['generation', 'name', 'userId'],
  outbox: ['day', 'generation', 'key', 'n', 'name', 'type', 'what'],
  packs: [
    'date',
    'days[].day',
    'days[].events',
    'days[].records[]',
    'generation',
    'key',
    'seq',
    'sizeBytes',
    'userId',
  ],
  peers: ['day', 'epoch', 'etag', 'kind', 'note', 'own', 'slot', 'version'],
  profiles: ['name', 'userId'],
  sealed: ['day', 'n', 'records', 'ruled', 'seal', 'type'],
  // Its key is a hash of something random, its value the time, ten minutes exact (journal.test.ts).
  seen: ['(value)'],
  'storage.local': [
    // With a passphrase: what recording while locked has to know.
    'gate.consent',
    'gate.level',
    'gate.pause.kind',
    'sealed-gap.dropped',
    'sealed-gap.missing',
    'sentinel.atMs',
    'sentinel.counter',
    'sentinel.keyring',
    'sentinel.userId',
    'unlock-attempts.untilMs',
    'unlock-attempts.wrong',
  ],
  tables: ['date', 'part', 'piece', 'seq', 'userId'],
  tabs: ['day', 'keepsTitle', 'tabId', 'visit'],
};

it('every field that is not sealed is known', async () => {
  const other = world.devices[1] as TestDevice;
  const common = {
    atMs: device.clock.nowMs(),
    level: 'private' as const,
    url: 'https://secretword.example/',
  };
  const visit = { ...common, kind: 'visit' as const, title: 'Secretword', transition: 'link' as const };
  const found = new Map<string, Set<string>>();
  const collect = async () =>
    device.run(async () => {
      const { db } = device.store;
      for (const name of db.objectStoreNames) {
        const fields = found.get(name) ?? new Set();
        found.set(name, fields);
        for (
          let cursor = await db.transaction(name).store.openCursor();
          cursor;
          cursor = await cursor.continue()
        ) {
          const key = String(cursor.key).replace(/\/.*/, '/*');
          const value = cursor.value as unknown;
          if (name === 'metadata')
            for (const field of fieldsOf(value, key))
              fields.add(field.replace(/^(unread|feed\.ahead|heads|away)\..*/, '$1.*'));
          else for (const field of fieldsOf(value)) fields.add(field);
          expect(JSON.stringify([cursor.key, value])).not.toMatch(/secretword/i);
        }
      }
      for (const [key, value] of device.context.area) {
        const fields = found.get('storage.local') ?? new Set();
        found.set('storage.local', fields);
        for (const field of fieldsOf(value, key)) fields.add(field);
      }
      const keys = found.get('key ring') ?? new Set();
      found.set('key ring', keys);
      for (const row of await device.store.keys.ring()) for (const field of fieldsOf(row)) keys.add(field);
    });
  await device.run(() =>
    device.store.append({
      event: visit,
      also: [{ ...common, kind: 'search', engine: 'Engine', query: 'Secretword' }],
      tab: { tabId: 7, keepsTitle: true },
      nonce: 'page:1',
    }),
  );
  await collect();
  await other.visit('other.example', '/secretword');
  await device.set({ level: 'public', rules: [{ id: 'r', host: 'secretword.example', capture: 'skip' }] });
  await device.erase({ what: 'record', id: 'x' });
  device.network.fate = (_index, { method }) => (method === 'GET' ? 'ok' : 'lost-request');
  await device.round();
  await collect();
  device.network.up();
  world.pass();
  await device.rotate();
  await world.settle();
  // Of months that are over: one is archived, one packed.
  const ancient = { ...visit, atMs: Date.UTC(2001, 0, 2), id: `${'O'.repeat(22)}.1.2` };
  await device.run(() => device.store.addEvents('2001-01-02', [ancient]));
  const old = { ...visit, atMs: Date.UTC(2020, 0, 2), id: `${'O'.repeat(22)}.1.1` };
  await device.run(() => device.store.addEvents('2020-01-02', [old]));
  await device.run(() => device.store.pack(true));
  await device.run(async () => {
    const storage = new ContextStorage(device.store, { clock: device.clock, userAgent: 'Secretword' });
    await storage.saveContext(await storage.currentContext());
    await storage.profile();
    await storage.changePreferences({ language: 'secretword' });
    device.store.syncing = false;
    await storage.archiveOldData(new Date('2010-01-01'), { sink: () => {} });
    device.store.syncing = true;
    await storage.getContextStats('all');
  });
  await collect();
  await device.run(async () => {
    const { store } = device;
    const sent = new Set((await store.eventsOfDay('2020-01-02')).events.map(({ id }) => id));
    const dropped = await store.dropDays(
      new Map([['2020-01-02', sent]]),
      [],
      async () => true,
      async () => ['hash'],
    );
    expect(dropped).toEqual(['2020-01-02']);
    await store.addEvents('2020-01-02', [old]);
    // As an erasure that is interrupted leaves it.
    const { rewrite } = store.keys;
    store.keys.rewrite = () => Promise.reject(new Error('stopped'));
    await expect(store.erase(({ id }) => id === old.id)).rejects.toThrow('stopped');
    store.keys.rewrite = rewrite;
  });
  await device.run(async () => {
    await noteSettings(device.store);
    await wishRenewal(device.store);
    await writeUnread(device.store, { slot: 'broken' });
    const feed = (await device.store.db.get('metadata', FEED)) as Feed;
    await device.store.db.put(
      'metadata',
      { ...feed, ahead: { slot: 'etag' }, sent: [{ seq: 1, puts: 'hash' }] } satisfies Feed,
      FEED,
    );
    const said = { device: 'id', text: '{}', signature: 'signature' };
    await keepEvidence(device.store, { what: 'forked', at: 1, here: said, there: said, foundMs: 1 });
  });
  await collect();
  // As the background locks it, and what comes then.
  await device.run(async () => {
    const { store } = device;
    await setLock(store.vault, SOME_KDF, SOME_KEY);
    await prepareToLock(store, '2026-11-24');
    await writeGate(device.profile.settings);
    store.close();
    const locked = await Profile.openOrLocked({ onBlocked() {}, onClosed() {} }, device.clock);
    if (!(locked instanceof LockedProfile)) throw new Error('it is not locked');
    await locked.store.append({ event: visit, tab: { tabId: 8, keepsTitle: true }, nonce: 'page:2' });
    for (const name of [SEALED_BROKEN, SEALED_DROPPED]) await locked.store.db.put('metadata', 1, name);
    await noteSealedGap({ dropped: 1, missing: 1 });
    await attempt(device.clock.nowMs(), async () => null);
    for (const name of ['sealed', 'metadata'] as const) {
      const fields = found.get(name) ?? new Set();
      found.set(name, fields);
      for (const key of await locked.store.db.getAllKeys(name)) {
        const value: unknown = await locked.store.db.get(name, key);
        if (name === 'sealed') for (const field of fieldsOf(value)) fields.add(field);
        else if (/^(locked|sealed)-/.test(String(key))) fields.add(String(key));
        expect(JSON.stringify([key, value])).not.toMatch(/secretword/i);
      }
    }
    const local = found.get('storage.local') ?? new Set();
    for (const [key, value] of device.context.area)
      if (key !== 'locked-settings') for (const field of fieldsOf(value, key)) local.add(field);
    locked.store.close();
  });
  expect(Object.fromEntries([...found].map(([name, fields]) => [name, [...fields].sort()]))).toEqual(
    EXPECTED,
  );
});
