/** An erasure here, at whichever moment of a round, means also what just arrives. */
import { expect, it } from 'vitest';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import type { EraseTarget } from '../../../src/model/selector.ts';
import { a, b, oracle, usePair, world } from '../../support/two-devices.ts';

usePair();

/** An erasure goes as far as it gets while the round stands still: to its end, unless it waits for the round. */
const asFarAsItGets = async (erasing: Promise<void>): Promise<void> => {
  let ended = false;
  void erasing.finally(() => {
    ended = true;
  });
  for (let turn = 0; turn < 400 && !ended; turn++) await new Promise((next) => setImmediate(next));
};

it.each<[string, (n: number) => EraseTarget]>([
  ['a site', () => ({ what: 'site', host: 'one.example' })],
  ['a page', (n) => ({ what: 'page', url: `https://one.example/${n}` })],
])('%s that is erased while its records arrive is gone, at whichever moment', {}, async (_, target) => {
  await oracle.visit(b, 'two.example', '/');
  let moments = 0;
  for (let reached = true; reached; moments++) {
    // Of more within a day B would be asked (brake.ts).
    if (moments % 40 === 39) world.pass(DAY_MS);
    await oracle.visit(b, 'one.example', `/${moments}`);
    await b.round();
    let [moment, erasing] = [0, undefined as Promise<void> | undefined];
    a.context.beforeCrypto = async () => {
      if (moment++ !== moments) return;
      erasing = oracle.erase(a, target(moments));
      await asFarAsItGets(erasing);
    };
    await a.round();
    a.context.beforeCrypto = undefined;
    reached = erasing !== undefined;
    await erasing;
    expect(await a.urls(), `moment ${moments}`).toEqual(oracle.urls());
  }
  expect(moments).toBeGreaterThan(20);
  await world.settle();
  await oracle.check();
});

it('an update of a visit that was erased here leaves nothing of it, whichever came first', async () => {
  const visit = await oracle.visit(b, 'one.example', '/a');
  await world.settle();
  await oracle.erase(a, { what: 'site', host: 'one.example' });
  // B does not know of it yet.
  await b.append(
    { kind: 'visit-update', visit: visit.id, atMs: visit.atMs, title: 'Secretword' },
    dayOf(visit.atMs),
  );
  await b.round();
  for (const device of [a, b, a]) {
    await device.round();
    expect(await a.eventIds()).toEqual([]);
  }
  await world.settle();
  await oracle.check();
  for (const device of [a, b]) expect(await device.eventIds()).toEqual([]);
});
