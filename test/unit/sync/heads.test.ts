/**
 * A service that shows its devices different things, or takes back what it showed.
 *
 * Over 300 lines, because each lie of a service stands beside what must be no alarm.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { etagOf } from '../../../server/src/auth/digest.ts';
import type { InProcess } from '../../../server/test/support/in-process.ts';
import type { DeviceId, Slot } from '../../../src/protocol/ids.ts';
import { LIMITS } from '../../../src/protocol/limits.ts';
import type { Change, SignedList } from '../../../src/protocol/wire.ts';
import { scopeOf } from '../../../src/sync/account-state.ts';
import { attest } from '../../../src/sync/attested.ts';
import { FEED, type Feed, hashAt } from '../../../src/sync/feed.ts';
import { HEADS, type Head, readHeads } from '../../../src/sync/heads.ts';
import { openHeader, sealObject, slotOf } from '../../../src/sync/objects.ts';
import { feedBecomes, givesInstead, numbered } from '../../support/lying-service.ts';
import { leadTo, RecordedService } from '../../support/second-service.ts';
import {
  ALTERED,
  DEVICE_LIST,
  DROPPED,
  expectStopped,
  FORKED,
  GAP,
  HIDDEN,
  OLD_OBJECT,
  SHORTER,
} from '../../support/stopped-sync.ts';
import { SyncWorld, type TestDevice } from '../../support/sync-world.ts';

let world: SyncWorld;
let recorded: RecordedService;
let [a, b]: [TestDevice, TestDevice] = [] as never;

beforeEach(async () => {
  world = new SyncWorld();
  recorded = new RecordedService(world);
  a = await world.device('a');
  await world.create(a);
  b = await world.device('b');
  await world.join(a, b);
  await world.settle();
});
afterEach(() => {
  vi.restoreAllMocks();
  world.end();
});

const feedOf = (device: TestDevice) =>
  device.run(() => device.store.db.get('metadata', FEED)) as Promise<Feed>;
const headsOf = (device: TestDevice) => device.run(() => readHeads(device.store));

async function send(device: TestDevice, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    await device.visit('one.example', path);
    await device.round();
  }
}

describe('an honest service', () => {
  it('leads all devices to the same hash, and heads go only with what is sent anyway', async () => {
    await send(a, '/1', '/2');
    await send(b, '/3');
    await world.settle();
    const [ofA, ofB] = [await feedOf(a), await feedOf(b)];
    expect(ofA.hashes).toEqual(ofB.hashes);
    expect(ofA.seq).toBe((await world.changes()).length);
    expect(Object.keys(await headsOf(a))).toEqual([b.store.vault.deviceId]);
    expect(Object.keys(await headsOf(b))).toEqual([a.store.vault.deviceId]);
    const before = (await world.changes()).length;
    for (const device of [a, b, a, b]) await device.round();
    expect((await world.changes()).length).toBe(before);
    expect((await feedOf(a)).ahead).toEqual({});
    expect((await feedOf(a)).sent).toEqual([]);
  });

  it('is believed by a device that was away, one that joins, one that leaves and comes back, and after a new key', async () => {
    await send(a, '/1', '/2', '/3');
    const c = await world.device('c');
    await world.join(a, c);
    await world.settle();
    world.pass(200 * 24 * 3_600_000);
    await a.rotate();
    await send(a, '/4');
    await world.settle();
    expect((await c.run(() => c.sync.end('leave'))).ok).toBe(true);
    await send(b, '/5');
    await world.join(b, c);
    await world.settle();
    await send(c, '/6');
    await world.settle();
    expect((await feedOf(c)).hashes).toEqual((await feedOf(a)).hashes);
  });

  it('is believed by a device that kept no hashes: it reads the feed again', async () => {
    await send(a, '/1', '/2');
    await world.settle();
    const before = await feedOf(b);
    await b.run(() => b.store.db.delete('metadata', FEED));
    expect((await b.round()).phase).toBe('synced');
    expect(await feedOf(b)).toEqual(before);
  });

  it('is believed where a head is older than the hashes that are kept', async () => {
    await send(b, '/1', '/2', '/3');
    await a.round();
    await send(b, '/4');
    await b.round();
    const feed = await feedOf(a);
    expect(feed.seq).toBeLessThan((await world.changes()).length);
    await a.run(() => a.store.db.put('metadata', { ...feed, hashes: feed.hashes.slice(-1) }, FEED));
    await a.run(() => a.store.db.delete('metadata', HEADS));
    const old = await headWritten(b, 2);
    expect(old.seq).toBe(2);
    expect((await a.round()).phase).toBe('synced');
    expect((await headsOf(a))[b.store.vault.deviceId]?.seq).toBe(2);
  });
});

/** Writes a head of `device` at the service that says how it was at an entry long ago. Its next batch replaces it. */
async function headWritten(device: TestDevice, seq: number, change: Partial<Head> = {}): Promise<Head> {
  return device.run(async () => {
    const account = await world.accountId();
    const scope = await scopeOf(device.store, account);
    const author = device.store.vault.deviceId as DeviceId;
    const place = { kind: 'head', author, incarnation: 0, counter: 0 } as const;
    const peer = await device.store.db.get('peers', await slotOf(scope, place));
    const [known] = Object.values(await readHeads(device.store));
    const hash = hashAt(await feedOf(device), seq);
    if (!known || hash === undefined) throw new Error('nothing is known');
    const head: Head = { seq, hash, list: known.list, atMs: device.clock.nowMs(), ...change };
    const text = await attest('head', account, author, device.store.vault.device.sign.privateKey, head);
    const { slot, body } = await sealObject(
      scope,
      { ...place, counter: (peer?.version ?? 0) + 1 },
      scope.keys.record,
      new TextEncoder().encode(JSON.stringify(text)),
    );
    await putAsOwn(device, slot, body);
    return head;
  });
}

async function putAsOwn(device: TestDevice, slot: Slot, body: Uint8Array<ArrayBuffer>): Promise<void> {
  const { store } = world.service.deps;
  const account = await world.accountId();
  const [now] = (await store.get(account, [slot], 0)).found;
  const etag = await etagOf(body);
  const write = { op: 'put', slot, ifMatch: now?.etag ?? null, etag, body } as const;
  await store.commit(
    account,
    {
      key: null,
      device: device.store.vault.deviceId as DeviceId,
      atMs: device.clock.nowMs(),
      atomic: true,
      ops: [write],
    },
    LIMITS,
  );
}

describe('two histories, which failure-cases (S6) finds when they are brought together,', () => {
  let other: InProcess;
  beforeEach(async () => {
    other = await recorded.copy();
    leadTo(b, other);
    await send(b, '/only-in-the-other');
    await b.round();
    await send(a, '/only-in-the-first');
    await a.round();
  });

  it('are found by the one that comes first to the other history, too', async () => {
    leadTo(a, other);
    await send(b, '/more');
    await expectStopped(a, FORKED);
  });

  it('leave evidence that has both sides, signed, and no content', async () => {
    leadTo(b, world.service);
    await send(a, '/more');
    await b.round();
    const found = await b.run(() => b.sync.evidence());
    expect(found).toMatchObject({
      what: 'forked',
      here: { device: b.store.vault.deviceId },
      there: { device: a.store.vault.deviceId },
      serviceUrl: 'https://service.example',
    });
    const [here, there] = [JSON.parse(found?.here.text ?? ''), JSON.parse(found?.there?.text ?? '')];
    expect(there).toMatchObject({ seq: here.at, atMs: a.clock.nowMs() });
    expect(there.hash).not.toBe(here.hashAt);
    expect(here.hashAt).toMatch(/^[\w-]{43}$/);
    expect(JSON.stringify(found)).not.toMatch(/one\.example/);
  });

  it('end by leaving, and in a new account all is well', async () => {
    leadTo(b, world.service);
    await send(a, '/more');
    await b.round();
    expect((await b.run(() => b.sync.end('leave', true))).ok).toBe(true);
    expect(b.sync.state()).toEqual({ phase: 'off' });
    await world.create(b);
    expect((await b.round()).phase).toBe('synced');
    expect(await b.run(() => b.sync.evidence())).toBeNull();
  });
});

describe('a service that was put back', () => {
  it('is noticed by whoever has seen more', async () => {
    const { moment } = recorded;
    await send(a, '/1');
    await world.settle();
    const old = await recorded.copy(moment);
    for (const device of [a, b]) {
      leadTo(device, old);
      await expectStopped(device, SHORTER);
    }
  });

  it('is noticed by a device whose batch is not there any more, before it has read it', async () => {
    const old = await recorded.copy();
    await send(a, '/1');
    leadTo(a, old);
    await expectStopped(a, HIDDEN);
  });

  it('is noticed where another batch has taken the place of what was sent', async () => {
    const old = await recorded.copy();
    await send(a, '/1');
    leadTo(b, old);
    await send(b, '/2');
    leadTo(a, old);
    await expectStopped(a, DROPPED);
  });
});

describe('a feed', () => {
  /** A sends three batches; B is shown them changed. */
  const shown =
    (change: (before: readonly Change[], three: readonly Change[]) => readonly Change[]) => async () => {
      const before = await world.changes();
      await send(a, '/1', '/2', '/3');
      feedBecomes(world, b, (all) => change(before, all.slice(before.length)));
    };

  it.each<[string, RegExp, ReturnType<typeof shown>]>([
    [
      'without one of its entries',
      FORKED,
      shown((before, [x, , z]) => numbered([...before, x, z] as Change[])),
    ],
    ['in another order', FORKED, shown((before, [x, y, z]) => numbered([...before, y, x, z] as Change[]))],
    [
      'with another size of an object',
      FORKED,
      shown((before, [x, y, z]) => [
        ...before,
        x as Change,
        { ...(y as Change), ops: (y as Change).ops.map((op) => ({ ...op, size: op.size + 1 })) },
        z as Change,
      ]),
    ],
    [
      'with another time',
      FORKED,
      shown((before, [x, y, z]) => [...before, x, { ...(y as Change), at: 1 }, z] as Change[]),
    ],
    [
      'with another device',
      FORKED,
      shown(
        (before, [x, y, z]) =>
          [
            ...before,
            x,
            { ...(y as Change), device: (before[0] as Change).device.replace(/^./, 'x') },
            z,
          ] as Change[],
      ),
    ],
    ['as it was long ago', SHORTER, shown((before) => before.slice(0, 1))],
    ['with a gap', GAP, shown((before, [x, , z]) => [...before, x, z] as Change[])],
  ])('%s stops sync, and nothing of it is taken', async (_, why, lie) => {
    await lie();
    await expectStopped(b, why);
    expect(await b.urls()).toEqual(['https://later.example/later']);
  });

  it('without its end, which others have seen, stops sync when what is shown of it was taken', async () => {
    await shown((before, [x]) => [...before, x as Change])();
    await expectStopped(b, HIDDEN);
    expect(await b.urls()).toEqual(['https://later.example/later', 'https://one.example/1']);
  });

  it('whose beginning is another now is noticed when it has to be read again', async () => {
    await send(b, '/1', '/2', '/3');
    await a.round();
    await b.round();
    const feed = await feedOf(a);
    await a.run(() => a.store.db.put('metadata', { ...feed, hashes: feed.hashes.slice(-1) }, FEED));
    await a.run(() => a.store.db.delete('metadata', HEADS));
    await headWritten(b, 2);
    feedBecomes(world, a, (all) => all.map((entry) => (entry.seq === 1 ? { ...entry, at: 1 } : entry)));
    await expectStopped(a, ALTERED);
  });
});

describe('one object that was put back', () => {
  const kept = new Map<string, Uint8Array<ArrayBuffer>>();
  async function keep(kind: string): Promise<void> {
    kept.clear();
    const account = await world.accountId();
    const scope = await a.run(() => scopeOf(a.store, account));
    const slots = (await world.liveSlots()) as Slot[];
    for (const { slot, body } of (await world.service.deps.store.get(account, slots, 1e9)).found)
      if ((await openHeader(scope, slot, body))?.header.kind === kind) kept.set(slot, body);
    expect(kept.size).toBeGreaterThan(0);
  }
  const change = async () => {
    await send(a, '/1');
    world.pass(1);
    await a.set({ level: 'anonymous' });
    await a.erase({ what: 'site', host: 'one.example' });
    await world.settle();
  };

  it.each(['card', 'settings'])('is noticed by a device that joins: %s', async (kind) => {
    await keep(kind);
    await change();
    const c = await world.device('c');
    await world.join(a, c);
    givesInstead(c, kept);
    await expectStopped(c, OLD_OBJECT);
  });

  it.each(['card', 'head'])(
    'is left out and shown by a device that has seen a newer one: %s',
    async (kind) => {
      await keep(kind);
      await change();
      await send(a, '/2');
      await a.erase({ what: 'site', host: 'one.example' });
      await a.round();
      givesInstead(b, kept);
      expect((await b.round()).message).toMatch(/^\d objects? at the sync service cannot be opened/);
    },
  );
});

describe('what a head says', () => {
  it('of a device list that the service keeps from others stops them', async () => {
    const chain: readonly SignedList[] = await world.service.deps.store.deviceChain(await world.accountId());
    const c = await world.device('c');
    await world.join(a, c);
    await send(a, '/1', '/2');
    b.network.tamper = (request, answer) =>
      request.url.endsWith('/v1/devices') ? Response.json({ chain }) : answer;
    await b.round();
    await expectStopped(b, DEVICE_LIST);
  });

  it('less than the same device said before stops whoever heard it', async () => {
    await send(b, '/1', '/2');
    await world.settle();
    await headWritten(b, 1);
    await expectStopped(a, /^The sync service shows a device that has seen less/);
  });

  it('counts for nothing once its device is not listed any more', async () => {
    const c = await world.device('c');
    await world.join(a, c);
    await world.settle();
    await send(c, '/1');
    await c.round();
    await a.round();
    await a.rotate(c);
    await headWritten(c, 1, { seq: 1e6 });
    expect((await a.round()).message ?? '').not.toMatch(/put back from a backup/);
  });
});
