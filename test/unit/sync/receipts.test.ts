/** Receipts: which devices have erased what was deleted; said only when it is so, and by nobody but the device itself. */
import { describe, expect, it } from 'vitest';
import type { Slot } from '../../../src/protocol/ids.ts';
import { readAccount, scopeOf } from '../../../src/sync/account-state.ts';
import { attest } from '../../../src/sync/attested.ts';
import { openBody, openHeader, sealObject } from '../../../src/sync/objects.ts';
import { parseJson } from '../../../src/sync/rings.ts';
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

  it('that is given for many things in one moment is one, and done when all of it is', async () => {
    const [one, other] = await a.records();
    for (const record of [one, other]) await a.erase({ what: 'record', id: record?.id ?? '' });
    await a.round();
    expect(await listed(a)).toMatchObject([['record', 2, { d0: a.clock.nowMs() }]]);
    await b.run(() => b.store.writeNamed('receipts', {}));
    await b.round();
    await b.run(async () => {
      const [first] = Object.entries((await b.store.readNamed('receipts')) as Record<string, number>);
      await b.store.writeNamed('receipts', Object.fromEntries([first as [string, number]]));
    });
    expect(await listed(b)).toMatchObject([['record', 2, { d1: undefined }]]);
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
    expect(await becomes('erase', value)).toBeUndefined();
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
