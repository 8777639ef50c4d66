import { describe, expect, it, vi } from 'vitest';
import type { Fate } from '../../support/test-network.ts';
import { a, b, oracle, usePair, world } from '../../support/two-devices.ts';

usePair();

let count = 0;
/** Something of everything waits: B's is sent already, A's round comes next. */
async function somethingWaits(bErases: boolean): Promise<void> {
  count += 1;
  await oracle.visit(a, 'old.example', `/${count}`);
  await oracle.visit(b, 'old.example', `/b${count}`);
  for (const device of [a, b, a]) await device.round();
  world.pass();
  await oracle.visit(a, 'a.example', `/${count}`);
  await oracle.erase(a, { what: 'page', url: `https://old.example/b${count}` });
  await a.set({ rules: [{ id: 'a', host: 'a.example', capture: count % 2 ? 'skip' : 'domain' }] });
  await oracle.visit(b, 'b.example', `/${count}`);
  if (bErases) await oracle.erase(b, { what: 'page', url: `https://old.example/${count}` });
  await b.set({ level: count % 2 ? 'anonymous' : 'private' });
  await b.round();
  world.pass();
  // A new worker, so that A has to ask for B's keys when they do not come along.
  await a.restart();
}

async function resumesWhole(): Promise<void> {
  a.network.up();
  await a.restart();
  await world.settle();
  await oracle.check();
}

describe('a round that ends in the middle loses nothing and doubles nothing', () => {
  it.each<Fate>(['lost-request', 'lost-answer', 'stopped', 'twice'])(
    'when any one request is %s',
    async (fate) => {
      const requests = { whole: 0 };
      for (const bErases of fate === 'lost-request' ? [true, false] : [true]) {
        for (let index = 0, reached = true; reached; index++) {
          await somethingWaits(bErases);
          a.network.forget();
          a.network.fate = (nth) => (nth === index ? fate : 'ok');
          // A worker that is stopped while it waits never gets to an end.
          await Promise.race([a.round(), new Promise<void>((resolve) => (a.network.onStopped = resolve))]);
          reached = a.network.sent.length > index;
          requests.whole = Math.max(requests.whole, index);
          await resumesWhole();
        }
      }
      // Devices, changes, objects, B's keys, batch.
      expect(requests.whole).toBeGreaterThan(3);
    },
  );

  it('when the worker is stopped before any one write to its store', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    let writes = 0;
    for (let reached = true; reached; writes++) {
      await somethingWaits(true);
      a.context.writesLeft = writes;
      const state = await a.round().catch(() => null);
      reached = state?.phase !== 'synced';
      await resumesWhole();
    }
    expect(writes).toBeGreaterThan(12);
  });

  it('when every second request gets no answer for a while, on both', async () => {
    for (let i = 0; i < 3; i++) {
      await somethingWaits(true);
      for (const device of [a, b]) device.network.fate = (nth) => (nth % 2 ? 'lost-answer' : 'ok');
      for (const device of [a, b, a, b]) await device.round();
      b.network.up();
      await resumesWhole();
    }
  });

  it('when the answer to an erase command is lost, and the batch goes with another erasure', async () => {
    for (const page of ['/a', '/b']) await oracle.visit(a, 'one.example', page);
    await world.settle();
    await oracle.erase(a, { what: 'page', url: 'https://one.example/a' });
    a.network.fate = (_, { url }) => (url.endsWith('/batch') ? 'lost-answer' : 'ok');
    await a.round();
    a.network.up();
    await oracle.erase(a, { what: 'page', url: 'https://one.example/b' });
    await world.settle();
    await oracle.check();
  });
});
