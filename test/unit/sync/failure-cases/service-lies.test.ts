/**
 * Failure cases S4 to S7 of the design: a service that gives back something else than what it was given. What it may do to each single
 * object is in `unread.test.ts`, what to the feed and the device list in `heads.test.ts`.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { etagOf } from '../../../../server/src/auth/digest.ts';
import type { InProcess } from '../../../../server/test/support/in-process.ts';
import type { Bytes } from '../../../../src/base/bytes.ts';
import type { Slot } from '../../../../src/protocol/ids.ts';
import { LIMITS } from '../../../../src/protocol/limits.ts';
import type { Change } from '../../../../src/protocol/wire.ts';
import { objectsOf } from '../../../support/at-service.ts';
import { feedBecomes, givesInstead, numbered } from '../../../support/lying-service.ts';
import { objectsBecome } from '../../../support/other-objects.ts';
import { leadTo, RecordedService } from '../../../support/second-service.ts';
import { expectStopped, FORKED } from '../../../support/stopped-sync.ts';
import { Oracle } from '../../../support/sync-oracle.ts';
import { SyncWorld, type TestDevice } from '../../../support/sync-world.ts';

let world: SyncWorld;
let recorded: RecordedService;
let oracle: Oracle;
let [a, b]: [TestDevice, TestDevice] = [] as never;

beforeEach(async () => {
  world = new SyncWorld();
  recorded = new RecordedService(world);
  oracle = new Oracle(world);
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

const isLater = (url: string) => url.endsWith('/later');

describe('S4: an older body for a slot is not taken, the local one is kept, and it is said', () => {
  type Give = (older: ReadonlyMap<Slot, Bytes>) => void;
  it.each<[string, Give]>([
    [
      'named as the newest one',
      (older) =>
        objectsBecome(b, (found, bodies) =>
          bodies.map((body, i) => older.get(found[i]?.slot as Slot) ?? body),
        ),
    ],
    ['named as what it is', (older) => givesInstead(b, older)],
  ])('%s', async (_, give) => {
    await a.set({ level: 'public' });
    await world.settle();
    const older = await objectsOf(world, a, 'settings');
    expect(older.size).toBe(1);
    await a.set({ level: 'anonymous' });
    await world.settle();
    expect(b.settings().level).toBe('anonymous');
    await a.set({ level: 'private' });
    await a.visit('one.example', '/with-it');
    await a.round();
    give(older);
    const state = await b.round();
    expect(state).toMatchObject({
      phase: 'error',
      message: expect.stringMatching(/^1 object at the sync service cannot be opened and was left out/),
    });
    expect(b.settings().level).toBe('anonymous');
    expect(await b.urls()).toEqual(['https://one.example/with-it']);
    // It is not the end: with the true one everything goes on.
    b.network.up();
    await a.visit('one.example', '/after');
    await world.settle();
    expect(b.settings().level).toBe('private');
    expect(await b.urls()).toEqual(await a.urls());
  });
});

it('S5: bodies of two slots that were swapped do not open, both are left out, and everything else goes on', async () => {
  await oracle.visit(a, 'one.example', '/a');
  world.pass(24 * 3_600_000);
  await oracle.visit(a, 'two.example', '/b');
  await a.set({ level: 'anonymous' });
  await a.round();
  const [one, two] = [...(await objectsOf(world, a, 'part')).keys()];
  if (!one || !two) throw new Error('two parts are needed');
  objectsBecome(b, (found, bodies) => {
    const at = (slot: Slot) => bodies[found.findIndex((object) => object.slot === slot)] ?? null;
    return bodies.map((body, i) =>
      found[i]?.slot === one ? at(two) : found[i]?.slot === two ? at(one) : body,
    );
  });
  expect((await b.round()).message).toMatch(
    /^2 objects at the sync service cannot be opened and were left out/,
  );
  expect(await b.urls()).toEqual([]);
  expect(b.settings().level).toBe('anonymous');
  // What B records goes out all the same, and what others write later comes in.
  await oracle.visit(b, 'three.example', '/c');
  await b.round();
  await oracle.visit(a, 'four.example', '/d');
  await a.round();
  await b.round();
  expect(await a.urls()).toEqual(oracle.urls());
  expect(await b.urls()).toEqual(['https://four.example/d', 'https://three.example/c']);
  b.network.up();
  await oracle.visit(a, 'five.example', '/e');
  await world.settle();
  await oracle.check();
});

describe('S6: a service that forks its devices is found at the first head of the other side', () => {
  let other: InProcess;
  beforeEach(async () => {
    other = await recorded.copy();
    leadTo(b, other);
    await b.visit('one.example', '/only-in-the-other');
    for (let i = 0; i < 2; i++) await b.round();
    await a.visit('one.example', '/only-in-the-first');
    await a.round();
    expect([a.sync.state().phase, b.sync.state().phase]).toEqual(['synced', 'synced']);
  });

  it('when they are led together again, before anything is taken', async () => {
    leadTo(b, world.service);
    const urls = await b.urls();
    await a.visit('one.example', '/more');
    await a.round();
    await expectStopped(b, FORKED);
    expect((await b.urls()).filter((url) => !isLater(url))).toEqual(urls);
  });

  it('when it writes what one side sent into the feed of the other', async () => {
    // The first head after the fork tells of before; the next one has read what the other side never had.
    await b.visit('one.example', '/more');
    await b.round();
    const account = await world.accountId();
    const of = (service: InProcess) => service.deps.store.changes(account, 0, 1e6);
    const [{ changes: here }, { changes: there }] = [await of(world.service), await of(other)];
    const forkedAt = here.findIndex((entry, i) => JSON.stringify(entry) !== JSON.stringify(there[i]));
    const missing = there.slice(forkedAt);
    expect(missing.some(({ device }) => device === b.store.vault.deviceId)).toBe(true);
    for (const { device, ops, at } of missing) {
      const slots = ops.flatMap(({ slot, etag }) => (etag === null ? [] : [slot]));
      const { found } = await other.deps.store.get(account, slots, 1e9);
      const now = (await world.service.deps.store.get(account, slots, 0)).found;
      const writes = await Promise.all(
        found.map(async ({ slot, body }) => ({
          op: 'put' as const,
          slot,
          ifMatch: now.find((one) => one.slot === slot)?.etag ?? null,
          etag: await etagOf(body),
          body,
        })),
      );
      const batch = { key: null, device, atMs: at, atomic: false, ops: writes };
      expect(await world.service.deps.store.commit(account, batch, LIMITS)).toMatchObject({ written: true });
    }
    const urls = await a.urls();
    await expectStopped(a, FORKED);
    expect((await a.urls()).filter((url) => !isLater(url))).toEqual(urls);
  });
});

/**
 * There are no tombstones that could be collected: a deletion is an entry of the feed without an etag, and a command that lies in the
 * account for ever (docs/protocol.md). In the place of a hash over all live objects is that of the feed (docs/decisions/0018).
 */
describe('S7: a service that drops deletions is found', () => {
  /** A deletes a page; B, which has it, is shown what `lie` leaves. `entries`: what A sent then and later. */
  async function deleted(lie: (entries: readonly Change[]) => readonly Change[]): Promise<void> {
    await a.visit('one.example', '/goes');
    await a.visit('one.example', '/stays');
    await world.settle();
    const before = (await world.changes()).length;
    world.pass(1);
    await a.erase({ what: 'page', url: 'https://one.example/goes' });
    await a.round();
    await a.visit('one.example', '/after');
    await a.round();
    feedBecomes(world, b, (all) => numbered([...all.slice(0, before), ...lie(all.slice(before))]));
  }

  it('by the next head of its author, where the entry is left out', async () => {
    await deleted(([, ...rest]) => rest);
    await expectStopped(b, FORKED);
  });

  it('by the next head of its author, where only the slots that went are left out', async () => {
    let dropped = 0;
    await deleted((entries) =>
      entries.map((entry) => {
        const ops = entry.ops.filter(({ etag }) => etag !== null);
        dropped += entry.ops.length - ops.length;
        return { ...entry, ops };
      }),
    );
    await expectStopped(b, FORKED);
    expect(dropped).toBeGreaterThan(0);
  });

  it('where the command itself is kept back: it is said, asked for again, and obeyed when it comes', async () => {
    await oracle.visit(a, 'one.example', '/goes');
    await oracle.visit(b, 'one.example', '/stays');
    await world.settle();
    await oracle.erase(a, { what: 'page', url: 'https://one.example/goes' });
    await a.round();
    const commands = await objectsOf(world, a, 'erase');
    expect(commands.size).toBe(1);
    objectsBecome(b, (found, bodies) =>
      bodies.map((body, i) => (commands.has(found[i]?.slot as Slot) ? null : body)),
    );
    for (const when of ['at once', 'after a restart']) {
      if (when === 'after a restart') await b.restart();
      expect(await b.round(), when).toMatchObject({
        phase: 'error',
        message: expect.stringMatching(/^1 object at the sync service cannot be opened and was left out/),
      });
    }
    b.network.up();
    await oracle.visit(a, 'one.example', '/after');
    await world.settle();
    await oracle.check();
  });

  it('but not one that deletes, as it was told to, what a device is about to fetch', async () => {
    await oracle.visit(a, 'one.example', '/goes');
    await a.round();
    let isDeleted = false;
    b.network.tamper = async (request, answer) => {
      if (request.url.includes('/v1/changes') && !isDeleted) {
        isDeleted = true;
        await oracle.erase(a, { what: 'all' });
        await a.round();
      }
      return answer;
    };
    expect(await b.round()).toMatchObject({ phase: 'synced' });
    expect(isDeleted).toBe(true);
    b.network.up();
    await world.settle();
    await oracle.check();
  });
});
