/** A service that gives back something else than what was stored. */

import { describe, expect, it } from 'vitest';
import { etagOf } from '../../../server/src/auth/digest.ts';
import type { Bytes } from '../../../src/base/bytes.ts';
import { dayOf } from '../../../src/base/clock.ts';
import type { InteractionEvent } from '../../../src/model/interaction.ts';
import type { Slot } from '../../../src/protocol/ids.ts';
import { LIMITS } from '../../../src/protocol/limits.ts';
import { encodeEvents } from '../../../src/storage/codec.ts';
import { eventsOf } from '../../../src/storage/vault.ts';
import { scopeOf } from '../../../src/sync/account-state.ts';
import { openHeader, sealObject } from '../../../src/sync/objects.ts';
import { retried } from '../../../src/sync/pull.ts';
import { readUnread } from '../../../src/sync/unread.ts';
import { objectsBecome } from '../../support/other-objects.ts';
import { a, b, oracle, usePair, world } from '../../support/two-devices.ts';

usePair();

const scope = async () => b.run(async () => scopeOf(b.store, await world.accountId()));
const kindAt = async (slot: Slot, body: Bytes) => (await openHeader(await scope(), slot, body))?.header.kind;
const flip = (bytes: Bytes, at: number): Bytes => {
  const copy = bytes.slice();
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
};

/** A sends a record each of two days, and a level. */
async function aSendsThings(): Promise<void> {
  await oracle.visit(a, 'one.example', '/a');
  world.pass(24 * 3_600_000);
  await oracle.visit(a, 'two.example', '/b');
  await a.set({ level: 'anonymous' });
  await a.round();
}

describe('an object that does not open', () => {
  it.each<[string, (body: Bytes) => Bytes]>([
    ['its header was changed', (body) => flip(body, 60)],
    ['its body was changed', (body) => flip(body, body.length - 20)],
    ['it was cut short', (body) => body.slice(0, 500)],
    ['it is empty', () => new Uint8Array(0)],
  ])('because %s is left out and shown, and everything else goes on', async (_, spoil) => {
    await aSendsThings();
    let spoiled: Slot | undefined;
    objectsBecome(b, async (found, bodies) => {
      const kinds = await Promise.all(found.map(({ slot }, i) => kindAt(slot, bodies[i] as Bytes)));
      spoiled ??= found[kinds.indexOf('part')]?.slot;
      return bodies.map((body, i) => (found[i]?.slot === spoiled ? spoil(body) : body));
    });
    const state = await b.round();
    expect(state.phase).toBe('error');
    expect(state.message).toMatch(/^1 object at the sync service cannot be opened and was left out\. Update/);
    expect(await b.urls()).toHaveLength(1);
    expect(b.settings().level).toBe('anonymous');
    // It is not forgotten: not with the next round, not with the worker.
    expect((await b.round()).message).toMatch(/^1 object /);
    await b.restart();
    expect((await b.round()).message).toMatch(/^1 object /);
    // The service gives back what it has, and something else happens: then it is read after all.
    b.network.up();
    await oracle.visit(a, 'three.example', '/c');
    await world.settle();
    await oracle.check();
    expect(b.sync.state().message).toBeUndefined();
  });

  it('because the service leaves it out of its answer is shown, and taken when it is given', async () => {
    await aSendsThings();
    objectsBecome(b, (_, bodies) => bodies.map(() => null));
    const state = await b.round();
    expect(state.message).toMatch(/^\d objects at the sync service cannot be opened and were left out/);
    expect(await b.urls()).toEqual([]);
    b.network.up();
    await oracle.visit(a, 'three.example', '/c');
    await world.settle();
    await oracle.check();
    expect(b.sync.state().message).toBeUndefined();
  });

  it('because it was deleted after others of the same page were given is nothing to tell of', async () => {
    await aSendsThings();
    let isDeleted = false;
    objectsBecome(b, async (found, bodies) => {
      if (isDeleted) return [...bodies];
      isDeleted = true;
      const kinds = await Promise.all(found.map(({ slot }, i) => kindAt(slot, bodies[i] as Bytes)));
      await oracle.erase(a, { what: 'all' });
      await a.round();
      return bodies.map((body, i) => (kinds[i] === 'part' ? null : body));
    });
    expect(await b.round()).toMatchObject({ phase: 'synced' });
    expect(isDeleted).toBe(true);
    await world.settle();
    await oracle.check();
  });

  it('because its visit did not open waits for it, quietly', async () => {
    const visit = await oracle.visit(a, 'one.example', '/a');
    await a.round();
    const before = await world.liveSlots();
    const more = { kind: 'visit-update' as const, visit: visit.id, atMs: visit.atMs };
    await a.append({ ...more, title: 'Later' }, dayOf(visit.atMs));
    await a.append({ ...more, dwellMs: 7 }, dayOf(visit.atMs));
    await a.round();
    objectsBecome(b, async (found, bodies) =>
      Promise.all(
        bodies.map(async (body, i) =>
          before.includes(found[i]?.slot as Slot) && (await kindAt(found[i]?.slot as Slot, body)) === 'part'
            ? flip(body, body.length - 20)
            : body,
        ),
      ),
    );
    expect((await b.round()).message).toMatch(/^1 object /);
    expect(await b.eventIds()).toEqual([]);
    b.network.up();
    await oracle.visit(a, 'three.example', '/c');
    await world.settle();
    await oracle.check();
    expect((await b.records())[0]).toMatchObject({ title: 'Later', dwellMs: 7 });
    expect(await b.run(() => readUnread(b.store))).toEqual({});
  });

  it('because it holds what no device writes does not stop the rest', async () => {
    await oracle.visit(a, 'one.example', '/a');
    await a.round();
    const faulty = await scope();
    const author = a.store.vault.deviceId as Parameters<typeof sealObject>[1]['author'];
    const base = { author, incarnation: 77, counter: 1 };
    const key = await a.run(() => a.store.vault.currentKey(eventsOf('2027-01-15')));
    const objects = [
      await sealObject(
        faulty,
        { ...base, kind: 'erase', name: 'x' },
        faulty.keys.record,
        new TextEncoder().encode('{'),
      ),
      await sealObject(
        faulty,
        { ...base, kind: 'ring', author: b.store.vault.deviceId as typeof author },
        faulty.keys.record,
        new TextEncoder().encode('[]'),
      ),
      await sealObject(
        faulty,
        { ...base, kind: 'part', day: '2027-01-15', generation: 1 },
        key.aead,
        new Uint8Array([9, 1]),
      ),
      await sealObject(faulty, { ...base, kind: 'part', counter: 2 }, key.aead, new Uint8Array([0])),
    ];
    await store(objects);
    expect((await b.round()).message).toMatch(/^4 objects /);
    expect(await b.urls()).toEqual(['https://one.example/a']);
  });

  it('because it has a record of another day is taken without that record', async () => {
    const visit = await oracle.visit(a, 'one.example', '/a');
    await a.round();
    const day = dayOf(visit.atMs);
    const key = await a.run(() => a.store.vault.currentKey(eventsOf(day)));
    const author = a.store.vault.deviceId as Parameters<typeof sealObject>[1]['author'];
    const header = { kind: 'part', author, incarnation: 77, counter: 1, day, generation: 1 } as const;
    const inDay = { ...visit, id: `${author}.1.zz`, url: 'https://one.example/b' };
    const elsewhere = { ...inDay, id: `${author}.1.zy`, atMs: visit.atMs - 40 * 86_400_000 };
    const payload = await encodeEvents([inDay, elsewhere] as InteractionEvent[]);
    await store([await sealObject(await scope(), header, key.aead, payload)]);
    expect((await b.round()).message).toMatch(/^1 object /);
    expect(await b.urls()).toEqual(['https://one.example/a', 'https://one.example/b']);
  });

  it('because its key could not be fetched is fetched again, not skipped', async () => {
    await oracle.visit(a, 'one.example', '/a');
    await world.settle();
    await oracle.visit(a, 'one.example', '/b');
    await a.round();
    // A new worker: B has to ask for A's keys, which is its second request for objects.
    await b.restart();
    b.network.forget();
    const asked = () => b.network.sent.filter(({ path }) => path === '/v1/get').length;
    b.network.fate = (_, request) =>
      request.url.endsWith('/v1/get') && asked() === 2 ? 'lost-request' : 'ok';
    expect((await b.round()).phase).toBe('offline');
    expect(asked()).toBe(2);
    b.network.up();
    expect((await b.round()).phase).toBe('synced');
    expect(await b.urls()).toEqual(oracle.urls());
  });

  it('because its author destroyed the key is nothing to tell of, and comes back to nobody', async () => {
    await oracle.visit(a, 'one.example', '/a');
    await a.round();
    const { store: service } = world.service.deps;
    const account = await world.accountId();
    const before = (await service.get(account, (await world.liveSlots()) as Slot[], 1e9)).found;
    await oracle.erase(a, { what: 'all' });
    await a.round();
    const left = await world.liveSlots();
    // The service did not delete what it was told to.
    await store(before.filter(({ slot }) => !left.includes(slot)));
    expect((await b.round()).phase).toBe('synced');
    expect(await b.urls()).toEqual([]);
    // Its author, who is shown it again, takes it away again.
    expect((await a.round()).phase).toBe('synced');
    await world.settle();
    await oracle.check();
  });
});

/** Writes objects as the service's own device would. */
async function store(objects: readonly { slot: Slot; body: Bytes }[]): Promise<void> {
  const ops = await Promise.all(
    objects.map(async ({ slot, body }) => ({
      op: 'put' as const,
      slot,
      body,
      ifMatch: null,
      etag: await etagOf(body),
    })),
  );
  const device = a.store.vault.deviceId as Parameters<typeof sealObject>[1]['author'];
  await world.service.deps.store.commit(
    await world.accountId(),
    { key: crypto.randomUUID(), device, atomic: false, ops, atMs: world.service.clock.nowMs() },
    world.service.deps.limits,
  );
}

it('what did not open is asked for again in turns, as many at a time as one question may name', () => {
  const slots = Array.from({ length: LIMITS.getSlots * 2 + 7 }, (_, n) => `slot-${n}`) as Slot[];
  const asked = new Set<string>();
  for (let since = 0; since < slots.length; since++) {
    const some = retried(slots, since);
    expect(some.length).toBe(LIMITS.getSlots);
    for (const slot of some) asked.add(slot);
  }
  expect(asked.size).toBe(slots.length);
  expect(retried([], 5)).toEqual([]);
  expect(retried(['a' as Slot], 5)).toEqual(['a']);
});
