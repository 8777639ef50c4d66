/** What is about to be deleted is not sent while it can be undone; everything else is. */
import { expect, it } from 'vitest';
import { DAY_MS } from '../../../src/base/clock.ts';
import { CARRIED_OUT, type Purge } from '../../../src/model/purge.ts';
import { a, b, oracle, usePair, world } from '../../support/two-devices.ts';

usePair();

async function hide(host: string): Promise<void> {
  const { store, clock } = a.profile;
  const purge: Purge = {
    id: 'x',
    reason: 'person',
    kind: 'site',
    targets: [{ what: 'site', host }],
    atMs: clock.nowMs(),
    dueMs: clock.nowMs(),
    untilMs: clock.nowMs(),
    syncing: true,
    count: 1,
  };
  await a.run(async () => {
    await store.hide(purge, async () => undefined);
    await a.sync.hidden();
  });
}
const sent = async () => {
  for (const device of [a, b]) await device.round();
  return (await b.urls()).sort();
};

it.each([
  ['new', async () => {}],
  ['as whole days', () => a.run(() => a.store.exclusive(() => requeue()))],
] as const)('%s', async (_, before) => {
  const now = a.clock.nowMs();
  for (const host of ['gone.example', 'same.example']) await oracle.visit(a, host, '/');
  await a.visit('other.example', '/', now - 3 * DAY_MS);
  await before();
  await hide('gone.example');
  // Of the day that is touched nothing is sent for these seconds.
  expect(await sent()).toEqual(['https://other.example/']);
  await a.run(() => a.store.unhide());
  expect(await sent()).toEqual(['https://gone.example/', 'https://other.example/', 'https://same.example/']);
  await world.settle();
  expect(await a.urls()).toEqual(await b.urls());
});

it('what was deleted then never left, and the others are told', async () => {
  await oracle.visit(a, 'gone.example', '/');
  await oracle.visit(a, 'same.example', '/');
  await hide('gone.example');
  await sent();
  await a.run(() => a.store.unhide());
  await oracle.erase(a, { what: 'site', host: 'gone.example' });
  await world.settle();
  await oracle.check();
  expect(await b.urls()).toEqual(['https://same.example/']);
  // Nothing of it had come there, so there was nothing to delete.
  expect((await b.store.deletions.read()).entries).toEqual([]);
  await oracle.erase(a, { what: 'site', host: 'same.example' });
  await world.settle();
  const { entries, whole } = await b.run(() => b.store.deletions.read());
  expect(whole).toBe(true);
  expect(entries.map(({ step }) => step)).toEqual(CARRIED_OUT);
  expect(entries[0]).toMatchObject({ reason: 'other-device', kind: 'site', records: 1 });
});

/** Every day is to be sent again. */
async function requeue(): Promise<void> {
  const { db } = a.store;
  await db.clear('outbox');
  for (const day of await a.store.days()) await db.add('outbox', { what: 'day', day });
}

it('no record that is told to somebody links to it, until that is undone', async () => {
  const now = a.clock.nowMs();
  const page = 'https://gone.example/secret';
  await a.visit('gone.example', '/secret', now - 3 * DAY_MS);
  for (const referrer of [page, 'https://same.example/'])
    await a.append({
      kind: 'visit',
      atMs: now,
      level: 'private',
      url: 'https://next.example/',
      title: '',
      transition: 'link',
      referrer,
    });
  const links = () =>
    a.run(async () => {
      const found: string[] = [];
      for await (const { records } of a.store.recordsByDay())
        found.push(...records.flatMap((record) => ('referrer' in record && record.referrer) || []));
      return found.sort();
    });
  await hide('gone.example');
  expect(await links()).toEqual(['https://same.example/']);
  await a.run(() => a.store.unhide());
  expect(await links()).toEqual([page, 'https://same.example/']);
});
