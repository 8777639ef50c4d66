/** Receipts: which devices have erased what was deleted; said only when it is so, and by nobody but the device itself. */
import { describe, expect, it } from 'vitest';
import type { Slot } from '../../../src/protocol/ids.ts';
import { readAccount, scopeOf } from '../../../src/sync/account-state.ts';
import { attest } from '../../../src/sync/attested.ts';
import { addCommands, commandOf, writeCommands } from '../../../src/sync/erasures.ts';
import { parseJson } from '../../../src/sync/json.ts';
import { openBody, openHeader, sealObject } from '../../../src/sync/objects.ts';
import { objectsBecome } from '../../support/other-objects.ts';
import { drop, useSentDay } from '../../support/sent-day.ts';
import type { TestDevice } from '../../support/sync-world.ts';
import { a, b, oracle, world } from '../../support/two-devices.ts';

useSentDay();

/** As a person reads it: what, and who has erased it when. */
const listed = (device: TestDevice) =>
  device.run(async () =>
    (await device.sync.deletions()).map(({ what, count, devices }) => [
      what,
      count,
      Object.fromEntries(devices.map(({ name, erasedMs }) => [name, erasedMs])),
    ]),
  );
const eraseSite = (device: TestDevice) => oracle.erase(device, { what: 'site', host: 'secret.example' });

describe('a deletion', () => {
  it('is pending on each device until that has carried it out, and everybody sees when', async () => {
    await eraseSite(a);
    expect(await listed(a)).toEqual([['site', 1, { d0: undefined, d1: undefined }]]);
    await a.round();
    const first = a.clock.nowMs();
    expect(await listed(a)).toEqual([['site', 1, { d0: first, d1: undefined }]]);
    world.pass();
    await b.round();
    const second = b.clock.nowMs();
    expect(second).toBeGreaterThan(first);
    expect(await listed(b)).toEqual([['site', 1, { d0: first, d1: second }]]);
    await world.settle();
    expect(await listed(a)).toEqual(await listed(b));
    await a.restart();
    await a.round();
    expect(await listed(a)).toEqual([['site', 1, { d0: first, d1: second }]]);
  });

  it('of many things is one, and two that are given in one moment are two', async () => {
    const [one, other] = await a.records();
    await a.eraseAll([one, other].map((record) => ({ what: 'record', id: record?.id ?? '' })));
    await a.round();
    expect(await listed(a)).toMatchObject([['record', 2, { d0: a.clock.nowMs() }]]);
    world.pass(1);
    for (const path of ['/x', '/y']) await a.erase({ what: 'page', url: `https://secret.example${path}` });
    await a.round();
    expect((await listed(a)).map(([what, count]) => [what, count])).toEqual([
      ['page', 1],
      ['page', 1],
      ['record', 2],
    ]);
  });

  it('of more pages than a batch takes is done when the last of them is, and its receipt is one', async () => {
    const pages = Array.from({ length: 300 }, (_, n) => `https://secret.example/${n}`);
    await a.eraseAll(pages.map((url) => ({ what: 'page', url })));
    let between: Awaited<ReturnType<typeof listed>> | undefined;
    a.network.tamper = async ({ url }, answer) => {
      if (between || !url.endsWith('/v1/batch')) return answer;
      between = [];
      await b.round();
      between = await listed(b);
      return answer;
    };
    await a.round();
    a.network.up();
    // It has some of them and cannot know the rest.
    expect(between).toEqual([['page', expect.any(Number), { d0: undefined, d1: undefined }]]);
    expect(between?.[0]?.[1]).toBeLessThan(300);
    await b.round();
    await world.settle();
    const [[what, count, devices] = []] = await listed(a);
    expect([what, count]).toEqual(['page', 300]);
    expect(devices).toEqual({ d0: expect.any(Number), d1: expect.any(Number) });
    for (const device of [a, b])
      expect(
        await device.run(async () => Object.keys((await device.store.readNamed('receipts')) as object)),
      ).toHaveLength(1);
  });

  it('of an older version is told from cards that name each of its commands, and gets a card like that no more', async () => {
    const now = a.clock.nowMs();
    const commands = (n: number) =>
      Promise.all(
        ['/x', '/y'].slice(0, n).map(async (path) => {
          const { keys } = await scopeOf(a.store, await world.accountId());
          return commandOf({ what: 'page', url: `https://secret.example${path}` }, keys.naming, now);
        }),
      );
    await a.run(async () => {
      const [first, second] = await commands(2);
      if (!first || !second) throw new Error('no commands');
      await a.store.exclusive(() => writeCommands(a.store, [first, second]));
      await a.store.writeNamed('receipts', { [first.id]: now });
      expect(await listed(a)).toMatchObject([['page', 2, { d0: undefined }]]);
      await a.store.writeNamed('receipts', { [first.id]: now, [second.id]: now + 1 });
      expect(await listed(a)).toMatchObject([['page', 2, { d0: now + 1 }]]);
    });
    // More of that moment come, and are still to be carried out.
    for (const count of [3, 4]) {
      await a.run(async () => addCommands(a.store, await commands(1)));
      expect(await listed(a)).toMatchObject([['page', count, { d0: undefined }]]);
      await a.round();
      expect(await listed(a)).toMatchObject([['page', count, { d0: now }]]);
      expect(
        await a.run(async () => Object.keys((await a.store.readNamed('receipts')) as object)),
      ).toHaveLength(1);
    }
  });

  it('is pending while days that are at the service only wait to be filtered', async () => {
    await drop(b);
    await eraseSite(a);
    await a.round();
    await b.round();
    const [[, , first] = []] = await listed(b);
    expect(first).toMatchObject({ d1: undefined });
    await b.round();
    const [[, , then] = []] = await listed(b);
    expect(then).toMatchObject({ d1: b.clock.nowMs() });
    await world.settle();
    await oracle.check();
  });

  it('stays in force for newcomers when the device that gave it has left', async () => {
    await eraseSite(a);
    await world.settle();
    await a.run(() => a.sync.end('leave'));
    const c = await world.device('d2');
    await c.visit('secret.example', '/old', a.clock.nowMs() - 3_600_000);
    await world.join(b, c);
    // What it had recorded by itself goes when its person says so.
    expect((await c.round()).phase).toBe('asks');
    await c.run(() => c.sync.agree(c.sync.preview()?.deleted.of ?? ''));
    await world.settle([b, c]);
    expect((await c.urls()).filter((url) => url.includes('secret'))).toEqual([]);
    expect((await c.round()).phase).toBe('synced');
    expect((await listed(c))[0]?.[2]).toEqual({ d1: expect.any(Number), d2: expect.any(Number) });
  });

  it('of another account is not listed', async () => {
    await eraseSite(a);
    await world.settle();
    await a.run(() => a.sync.end('leave'));
    expect(await listed(a)).toEqual([]);
    await world.create(a);
    expect((await a.round()).phase).toBe('synced');
    expect(await listed(a)).toEqual([]);
    expect(await a.run(() => a.store.readNamed('receipts'))).toEqual({});
  });
});

describe('what is said in the name of a device', () => {
  /** What lies there for `b` in place of the newest command, or card, of `a`. */
  async function becomes(
    kind: 'erase' | 'card',
    value: (said: { text: string; signature: string }) => unknown,
  ): Promise<string | undefined> {
    const scope = await b.run(async () => scopeOf(b.store, await world.accountId()));
    objectsBecome(b, (found, bodies) =>
      Promise.all(
        bodies.map(async (body, index) => {
          const slot = found[index]?.slot as Slot;
          const header = await openHeader(scope, slot, body);
          if (header?.header.kind !== kind) return body;
          const payload = await openBody(scope, slot, header, scope.keys.record);
          const said = payload && (parseJson(payload) as { text: string; signature: string });
          const sealed = new TextEncoder().encode(JSON.stringify(said && (await value(said))));
          return (await sealObject(scope, header.header, scope.keys.record, sealed)).body;
        }),
      ),
    );
    return (await b.round()).message;
  }
  const signedBy = (device: TestDevice, what: 'erase' | 'card', text: string) =>
    device.run(async () => {
      const account = await readAccount(device.store);
      if (!account) throw new Error('no account');
      const own = a.store.vault.deviceId as Parameters<typeof attest>[2];
      return attest(what, account.account, own, device.store.vault.device.sign.privateKey, JSON.parse(text));
    });

  it.each<[string, (said: { text: string; signature: string }) => unknown]>([
    ['as it was given', (said) => said],
    ['signed anew by the device itself', (said) => signedBy(a, 'erase', said.text)],
  ])('is taken %s', async (_, value) => {
    await eraseSite(a);
    await a.round();
    // Sealed anew, so it is not the body that the feed names: that is found beside.
    expect(await becomes('erase', value)).toMatch(/^The sync service gives another object/);
    expect((await b.urls()).filter((url) => url.includes('secret'))).toEqual([]);
  });

  it.each<[string, (said: { text: string; signature: string }) => unknown]>([
    ['without a signature', ({ text }) => JSON.parse(text)],
    ['with an empty one', ({ text }) => ({ text, signature: '' })],
    ['with other words', ({ text, signature }) => ({ text: text.replace('site', 'page'), signature })],
    ['signed by another device', ({ text }) => signedBy(b, 'erase', text)],
    ['signed as something else', ({ text }) => signedBy(a, 'card', text)],
  ])('is not taken %s', async (_, value) => {
    await eraseSite(a);
    await a.round();
    expect(await becomes('erase', value)).toMatch(/^1 object /);
    expect((await b.urls()).filter((url) => url.includes('secret'))).not.toEqual([]);
  });

  it('is no receipt when another device signed it', async () => {
    await eraseSite(a);
    await a.round();
    const message = await becomes('card', ({ text }) => signedBy(b, 'card', text));
    expect(message).toMatch(/^1 object /);
    expect((await listed(b))[0]?.[2]).toMatchObject({ d0: undefined });
  });
});
