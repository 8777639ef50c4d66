import { expect, it } from 'vitest';
import { DAY_MS } from '../../../src/base/clock.ts';
import type { Slot } from '../../../src/protocol/ids.ts';
import { scopeOf } from '../../../src/sync/account-state.ts';
import { openHeader } from '../../../src/sync/objects.ts';
import { a, b, oracle, usePair, world } from '../../support/two-devices.ts';

usePair();

/** Days of the parts that lie at the service, by who wrote them. */
async function partsOf(author: string): Promise<string[]> {
  const account = await world.accountId();
  const scope = await a.run(() => scopeOf(a.store, account));
  const { found } = await world.service.deps.store.get(account, (await world.liveSlots()) as Slot[], 1e9);
  const headers = await Promise.all(found.map(({ slot, body }) => openHeader(scope, slot, body)));
  return headers
    .flatMap((opened) =>
      opened?.header.kind === 'part' && opened.header.author === author ? opened.header : [],
    )
    .map(({ day }) => day ?? '');
}

const someVisits = async (count: number, name: string) => {
  for (let i = 0; i < count; i++) {
    await oracle.visit(b, 'one.example', `/${name}${i}`);
    await b.round();
  }
};

it('a day that went out as many small parts is one when it is over, and is the same everywhere', async () => {
  await someVisits(12, 'first');
  await world.settle();
  expect(await partsOf(b.store.vault.deviceId)).toHaveLength(12);
  world.pass(DAY_MS);
  await someVisits(3, 'few');
  await world.settle();
  const parts = await partsOf(b.store.vault.deviceId);
  expect(new Set(parts).size).toBe(2);
  expect(parts).toHaveLength(4);
  await oracle.check();
  expect(await a.urls()).toHaveLength(15);
  // A day of few parts stays, and nothing is sent twice more.
  world.pass(DAY_MS);
  await world.settle();
  world.pass(DAY_MS);
  const entries = (await world.changes()).length;
  await world.settle();
  expect((await world.changes()).length).toBe(entries);
  expect((await partsOf(b.store.vault.deviceId)).sort()).toEqual(parts.sort());
  // Whoever comes reads it.
  const c = await world.device('c');
  await world.join(a, c);
  await world.settle();
  await oracle.check();
  expect(await c.urls()).toHaveLength(15);
});

it('what is deleted while a day is made one stays deleted', async () => {
  await someVisits(9, 'some');
  await world.settle();
  world.pass(DAY_MS);
  await oracle.erase(a, { what: 'page', url: 'https://one.example/some3' });
  await Promise.all([a.round(), b.round()]);
  await world.settle();
  await oracle.check();
  for (const device of [a, b]) expect(await device.urls()).toHaveLength(8);
});
