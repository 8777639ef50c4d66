/**
 * What rules leave of a record may be what a deletion meant that was given before them: an hour in which everything was deleted, or the
 * address that a domain alone is. All devices end with the same, also those that only ever saw what was left (docs/decisions/0016).
 */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HOUR_MS } from '../../../src/base/clock.ts';
import type { Reduction } from '../../../src/model/reduction.ts';
import type { EraseTarget } from '../../../src/model/selector.ts';
import { SyncWorld } from '../../support/sync-world.ts';
import { WholeDevice } from '../../support/whole-device.ts';

const MINUTE_MS = 60_000;
const HOMEPAGE: EraseTarget = { what: 'page', url: 'https://less.example/' };
const DOMAIN: Reduction = {
  level: 'private',
  rules: [{ id: 'd', host: 'less.example', capture: 'domain' }],
};
const COUNTS: Reduction = { level: 'anonymous', rules: [] };

let world: SyncWorld;
let a: WholeDevice;
let b: WholeDevice;
beforeEach(async () => {
  world = await SyncWorld.paired(2, {}, WholeDevice);
  [a, b] = world.devices as [WholeDevice, WholeDevice];
  // Just after a full hour.
  world.pass(HOUR_MS - (a.clock.nowMs() % HOUR_MS) + MINUTE_MS);
});
afterEach(() => {
  for (const device of world.devices) (device as WholeDevice).close();
  world.end();
});

async function deleted(device: WholeDevice, target: EraseTarget): Promise<void> {
  world.pass(MINUTE_MS);
  await device.flag(target);
  await device.run(() => device.services.erasures.settle());
  world.pass(MINUTE_MS);
}

/** Also on a device that joins now and never saw anything else. */
async function everywhere(expected: readonly string[]): Promise<void> {
  await world.settle();
  await world.join(a, await world.device('late'));
  await world.settle();
  for (const device of world.devices) expect(await device.urls(), device.name).toEqual(expected);
}

it('a count of an hour in which everything was deleted before', async () => {
  await a.visit('old.example', '/');
  await deleted(a, { what: 'all' });
  await a.visit('new.example', '/');
  await world.settle();
  await a.reduce(COUNTS);
  await everywhere([]);
});

it('the same, where rules were applied before the deletion was heard of', async () => {
  await b.visit('new.example', '/');
  await world.settle();
  world.pass(MINUTE_MS);
  await b.reduce(COUNTS);
  await deleted(a, { what: 'range', fromMs: 0, toMs: a.clock.nowMs() });
  await everywhere([]);
});

it('the same, where the record comes later from a device that was away', async () => {
  await deleted(a, { what: 'all' });
  await b.visit('new.example', '/');
  world.pass(MINUTE_MS);
  await a.reduce(COUNTS);
  await a.round();
  // It sends what it has before it hears of either.
  b.network.fate = (nth) => (nth === 0 ? 'lost-answer' : 'ok');
  await b.round();
  b.network.up();
  await everywhere([]);
});

it('a visit of which the domain is left is not the homepage that was deleted before', async () => {
  await a.visit('less.example', '/words');
  await a.visit('less.example', '/');
  await world.settle();
  await deleted(a, HOMEPAGE);
  await world.settle();
  await b.reduce(DOMAIN);
  await everywhere(['https://less.example/']);
});

it('it is that where it was seen as such, also where the rules come later', async () => {
  await a.visit('less.example', '/words');
  await b.visit('less.example', '/other');
  await world.settle();
  world.pass(MINUTE_MS);
  await b.reduce(DOMAIN);
  for (let i = 0; i < 40; i++) await a.visit('less.example', `/${i}`, a.clock.nowMs() - MINUTE_MS);
  await deleted(b, HOMEPAGE);
  await everywhere([]);
});

it('a link of which rules would leave the domain, to a page that another device deletes', async () => {
  // The day before: what lies on the same day goes with it in any case.
  await a.visit('less.example', '/words', a.clock.nowMs() - 24 * HOUR_MS);
  for (const device of [a, b])
    await device.append({
      kind: 'visit',
      atMs: device.clock.nowMs(),
      level: 'private',
      url: `https://next.example/${device.name}`,
      title: '',
      transition: 'link',
      referrer: 'https://less.example/words',
    });
  await world.settle();
  world.pass(MINUTE_MS);
  b.network.down();
  await a.reduce(DOMAIN);
  await deleted(b, { what: 'page', url: 'https://less.example/words' });
  b.network.up();
  await everywhere(['https://next.example/d0', 'https://next.example/d1']);
  for (const device of world.devices)
    expect(
      (await device.records()).filter((record) => 'referrer' in record),
      device.name,
    ).toEqual([]);
});
