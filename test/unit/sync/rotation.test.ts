// Over 300 lines, because one rotation is followed on all devices.

import { describe, expect, it, vi } from 'vitest';
import { type Bytes, toBase64Url, toHex, utf8 } from '../../../src/base/bytes.ts';
import { dayOf } from '../../../src/base/clock.ts';
import { kidOf } from '../../../src/crypto/envelope.ts';
import { sha256 } from '../../../src/crypto/primitives.ts';
import { keysOf, readList } from '../../../src/protocol/device-list.ts';
import type { DeviceId, Etag, Slot } from '../../../src/protocol/ids.ts';
import { encodeEvents } from '../../../src/storage/codec.ts';
import { eventsOf } from '../../../src/storage/vault.ts';
import { scopeOf } from '../../../src/sync/account-state.ts';
import { openKeys } from '../../../src/sync/epoch-keys.ts';
import { moveOn } from '../../../src/sync/epochs.ts';
import { type ObjectScope, openHeader, sealObject } from '../../../src/sync/objects.ts';
import { KILLED, killedAt } from '../../support/kill.ts';
import type { TestDevice } from '../../support/sync-world.ts';
import type { Fate } from '../../support/test-network.ts';
import { a, b, newPair, oracle, usePair, world } from '../../support/two-devices.ts';

usePair();

const scopeOfDevice = async (device: TestDevice): Promise<ObjectScope> =>
  device.run(async () => scopeOf(device.store, await world.accountId()));

/** Everything at the service, by slot. */
async function bodies(): Promise<Map<string, { body: Bytes; etag: string }>> {
  const slots = (await world.liveSlots()) as Slot[];
  const { found } = await world.service.deps.store.get(await world.accountId(), slots, 1e9);
  return new Map(found.map(({ slot, body, etag }) => [slot, { body, etag }]));
}

async function partsOf(scope: ObjectScope) {
  const parts = new Map<string, string>();
  for (const [slot, { body, etag }] of await bodies())
    if ((await openHeader(scope, slot as Slot, body))?.header.kind === 'part') parts.set(slot, etag);
  return parts;
}

const chainOf = async () => {
  const chain = await world.service.deps.store.deviceChain(await world.accountId());
  return chain.map((signed) => readList(signed) as NonNullable<ReturnType<typeof readList>>);
};

async function someHistory(): Promise<void> {
  await oracle.visit(a, 'one.example', '/a');
  await oracle.visit(b, 'one.example', '/b');
  await oracle.visit(a, 'two.example', '/gone');
  await a.set({ rules: [{ id: 'r', host: 'rule.example', capture: 'skip' }] });
  await world.settle();
  await oracle.erase(b, { what: 'page', url: 'https://two.example/gone' });
  await world.settle();
}

describe('another master key', () => {
  it('wraps anew and seals no data anew: parts stay as they are, and all is read as before', async () => {
    await someHistory();
    const before = await partsOf(await scopeOfDevice(a));
    expect(before.size).toBeGreaterThan(1);
    await a.rotate();
    await world.settle();
    expect([a.epoch, b.epoch]).toEqual([2, 2]);
    const after = await partsOf(await scopeOfDevice(a));
    expect(after).toEqual(before);
    await oracle.check();
    // What is recorded now is there on both, with what was.
    await oracle.visit(a, 'one.example', '/later');
    await oracle.visit(b, 'one.example', '/later too');
    await world.settle();
    await oracle.check();
    for (const device of [a, b]) await device.restart();
    await world.settle();
    await oracle.check();
  });

  it('gives a newcomer everything, after one and after three', async () => {
    await someHistory();
    for (const times of [1, 2]) {
      for (let i = 0; i < times; i++) {
        await b.rotate();
        await world.settle();
        await oracle.visit(a, 'one.example', `/in epoch ${a.epoch}`);
      }
      const newcomer = await world.device(`newcomer ${times}`);
      await world.join(a, newcomer);
      await world.settle();
      await oracle.check();
      expect(newcomer.epoch).toBe(a.epoch);
    }
    expect(a.epoch).toBe(4);
  });

  it('reaches a device that was away during two of them, with what it recorded meanwhile', async () => {
    await someHistory();
    await oracle.visit(b, 'away.example', '/before');
    await a.rotate();
    await oracle.visit(a, 'one.example', '/in 2');
    await a.round();
    await a.rotate();
    await oracle.visit(b, 'away.example', '/after');
    expect((await a.round()).devices?.map(({ keyWaits }) => keyWaits)).toEqual([undefined, true]);
    await world.settle();
    expect([a.epoch, b.epoch]).toEqual([3, 3]);
    await oracle.check();
    const state = await a.round();
    expect(state.devices?.some(({ keyWaits }) => keyWaits)).toBe(false);
  });

  it('is one when two devices make one at the same time', async () => {
    await someHistory();
    await b.run(() => b.sync.rotate());
    await a.round();
    // A has the list of before in mind: its version is refused, and it looks again.
    const [first] = await Promise.all([a.run(() => a.sync.rotate()), b.run(() => b.sync.rotate())]);
    expect(first.ok).toBe(true);
    await world.settle();
    expect(a.epoch).toBe(b.epoch);
    expect(toBase64Url(a.store.vault.masterKey())).toBe(toBase64Url(b.store.vault.masterKey()));
    await oracle.check();
  });

  it('keeps what opens older records until every device has moved, and no longer', async () => {
    await someHistory();
    const old = toBase64Url(a.store.vault.masterKey());
    await a.rotate();
    await a.round();
    const records = () => a.store.vault.epoch.carried?.older.map(({ record }) => record !== undefined);
    expect(records()).toEqual([true]);
    await world.settle();
    expect(records()).toEqual([false]);
    expect(toBase64Url(a.store.vault.masterKey())).not.toBe(old);
    // Nothing small is left that only the older key opens.
    const scope = await scopeOfDevice(a);
    for (const [slot, { body }] of await bodies()) {
      const opened = await openHeader(scope, slot as Slot, body);
      expect(opened, slot).not.toBeNull();
      if (opened?.header.kind !== 'part') expect(opened?.epoch).toBe(2);
    }
    // Neither in this profile's key store.
    await a.restart();
    expect(records()).toEqual([false]);
  });

  it('is renewed for the recovery phrase too', async () => {
    const secret = a.store.vault.recoverySecret();
    expect(secret).toHaveLength(16);
    await a.rotate();
    expect(a.store.vault.recoverySecret()).toEqual(secret);
    const holder = keysOf(await chainOf());
    expect(holder?.epoch).toBe(2);
  });
});

describe('a device that was taken out', () => {
  it('reads nothing of what is written after, with all that it ever knew', async () => {
    const c = await world.device('c');
    await world.join(a, c);
    await world.settle();
    await oracle.visit(a, 'one.example', '/today, before');
    await world.settle();
    const known = await scopeOfDevice(c);
    const knownKids = new Set<string>();
    for (const device of [a, b, c])
      for (const { aead } of await device.run(() => device.store.vault.ring()))
        knownKids.add(toBase64Url(aead.kid));
    const before = await bodies();

    await a.rotate(c);
    world.devices.pop();
    await oracle.visit(a, 'one.example', '/today, after');
    await oracle.visit(b, 'one.example', '/today, after too');
    await b.set({ level: 'anonymous' });
    await world.settle();
    await oracle.check();

    const written = [...(await bodies())].filter(([slot, { etag }]) => before.get(slot)?.etag !== etag);
    // Two parts, two rings, two cards, settings at least.
    expect(written.length).toBeGreaterThan(6);
    const theirs = await scopeOfDevice(a);
    let parts = 0;
    for (const [slot, { body }] of written) {
      expect(await openHeader(known, slot as Slot, body), slot).toBeNull();
      const opened = await openHeader(theirs, slot as Slot, body);
      if (!opened) throw new Error('A does not open its own');
      const kid = toBase64Url(kidOf(opened.sealedBody) as Bytes);
      expect(kid).not.toBe(toBase64Url(known.keys.record.kid));
      if (opened.header.kind !== 'part') continue;
      parts += 1;
      // Also with keys of the day that it was shown.
      expect(knownKids.has(kid)).toBe(false);
    }
    expect(parts).toBe(2);
    // The new key is in no box that it can open.
    const chain = await chainOf();
    const holder = keysOf(chain);
    if (!holder) throw new Error('no keys');
    for (const id of [c.store.vault.deviceId, ...holder.devices.map((device) => device.id)]) {
      expect(await c.run(() => openKeys(holder, chain, id, c.store.vault.device.kem))).toBeNull();
    }
    const state = await c.round();
    expect(state.message).toMatch(/^This device is not part of the account any more/);
    expect(c.epoch).toBe(1);
  });

  it('or left by itself, is followed by another key that it is not given', async () => {
    await someHistory();
    const c = await world.device('c');
    await world.join(a, c);
    await world.settle();
    expect(await c.run(() => c.sync.end('leave'))).toEqual({ ok: true, value: null });
    world.devices.pop();
    await world.settle();
    expect([a.epoch, b.epoch]).toEqual([2, 2]);
    expect(c.epoch).toBe(1);
    await oracle.check();
    // Once.
    await world.settle();
    expect(a.epoch).toBe(2);
  });

  it('makes nobody take what it writes under the older key, when the service helps it', async () => {
    await someHistory();
    const c = await world.device('c');
    await world.join(a, c);
    // So its ring has the key of the day.
    const own = await oracle.visit(c, 'one.example', '/own');
    await world.settle();
    const known = await scopeOfDevice(c);
    const day = dayOf(world.service.clock.nowMs());
    const key = await c.run(() => c.store.vault.currentKey(eventsOf(day)));
    await a.rotate(c);
    world.devices.pop();
    await world.settle();
    const events = await encodeEvents([{ ...own, id: `${own.id}9` }]);
    const account = await world.accountId();
    const author = c.store.vault.deviceId as DeviceId;
    const header = { author, incarnation: 0, counter: 99 };
    const { generation } = key;
    const forged = [
      await sealObject(known, { ...header, kind: 'part', day, generation }, key.aead, events),
      await sealObject(
        known,
        { ...header, counter: 0, kind: 'erase', name: 'forged' },
        known.keys.record,
        utf8(JSON.stringify({ id: 'forged', atMs: 8e15, target: { what: 'all' } })),
      ),
    ];
    for (const { slot, body } of forged) {
      const etag = toHex(await sha256(body)) as Etag;
      const ops = [{ op: 'put', slot, ifMatch: null, etag, body }] as const;
      // As if a listed device had sent it.
      const device = a.store.vault.deviceId as DeviceId;
      const batch = { key: null, device, atMs: 0, atomic: false, ops };
      expect(await world.service.deps.store.commit(account, batch, world.service.deps.limits)).toMatchObject({
        written: true,
      });
    }
    const state = await b.round();
    expect(state.message).toMatch(/2 objects at the sync service cannot be opened/);
    expect(await b.urls()).toEqual(oracle.urls());
    // Nor later, with whatever else comes.
    await oracle.visit(a, 'one.example', '/after it');
    await a.round();
    expect((await b.round()).message).toMatch(/2 objects at the sync service cannot be opened/);
    expect(await b.urls()).toEqual(oracle.urls());
  });
});

describe('a request from before a rotation that arrives after it', () => {
  it('leaves nothing behind: its author takes away what nobody takes', async () => {
    await someHistory();
    const own = await oracle.visit(b, 'one.example', '/late');
    const old = await scopeOfDevice(b);
    const day = dayOf(world.service.clock.nowMs());
    const key = await b.run(() => b.store.vault.currentKey(eventsOf(day)));
    await a.rotate();
    await world.settle();
    const author = b.store.vault.deviceId as DeviceId;
    const { incarnation } = b.store.vault;
    const late = await sealObject(
      old,
      { kind: 'part', author, incarnation, counter: 99, day, generation: key.generation },
      key.aead,
      await encodeEvents([{ ...own, id: `${own.id}9` }]),
    );
    const etag = toHex(await sha256(late.body)) as Etag;
    const ops = [{ op: 'put', slot: late.slot, ifMatch: null, etag, body: late.body }] as const;
    const batch = { key: null, device: author, atMs: 0, atomic: false, ops };
    const { store, limits } = world.service.deps;
    expect(await store.commit(await world.accountId(), batch, limits)).toMatchObject({ written: true });
    // Whoever looks first cannot tell; its author can.
    expect((await a.round()).message).toMatch(/1 object at the sync service cannot be opened/);
    await b.round();
    await world.settle();
    for (const device of [a, b]) expect((await device.round()).message).toBeUndefined();
    expect(await world.liveSlots()).not.toContain(late.slot);
    await oracle.check();
  });
});

describe('a rotation that ends in the middle goes on', () => {
  const whole = async (): Promise<void> => {
    for (const device of [a, b]) device.network.up();
    for (const device of [a, b]) await device.restart();
    await world.settle();
    expect(a.epoch).toBe(b.epoch);
    await oracle.check();
  };

  it.each<Fate>(['lost-request', 'lost-answer', 'stopped', 'twice'])(
    'when any one request is %s, on who makes it and on who follows',
    async (fate) => {
      await someHistory();
      for (const who of [a, b]) {
        for (let index = 0, reached = true; reached; index++) {
          await oracle.visit(a, 'one.example', `/${who.name}${index}`);
          await oracle.visit(b, 'one.example', `/${who.name}${index}`);
          if (who === b) await a.rotate();
          who.network.forget();
          who.network.fate = (nth) => (nth === index ? fate : 'ok');
          const task = who === a ? a.run(() => a.sync.rotate()) : b.round();
          await Promise.race([task, new Promise<void>((resolve) => (who.network.onStopped = resolve))]);
          reached = who.network.sent.length > index;
          await whole();
          // As many master keys as an account may have are not to be used up here.
          if (a.epoch > 30) {
            world.end();
            await newPair();
            await someHistory();
            break;
          }
        }
      }
    },
  );

  it('when the worker is stopped before any one write to its store', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    await someHistory();
    let writes = 0;
    for (let reached = true; reached; writes++) {
      await oracle.visit(b, 'one.example', `/${writes}`);
      await a.rotate();
      b.context.writesLeft = writes;
      const state = await b.round().catch(() => null);
      reached = state?.phase !== 'synced';
      await whole();
    }
    expect(writes).toBeGreaterThan(10);
  });

  it('when the process ends at any one step of moving', async () => {
    await someHistory();
    let calls = 1;
    for (let killed = true; killed; calls++) {
      await a.rotate();
      const versions = await chainOf();
      const list = versions.at(-1);
      if (!list) throw new Error('no list');
      const end = await b.run(() => killedAt(calls, () => moveOn(b.store, { list, versions })));
      killed = end === KILLED;
      if (!killed) expect(end).toBe('moved');
      await whole();
    }
    expect(calls).toBeGreaterThan(8);
  });
});
