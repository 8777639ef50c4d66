import { expect, it, vi } from 'vitest';
import { Oracle } from '../../support/sync-oracle.ts';
import { SyncWorld } from '../../support/sync-world.ts';

/** What is random, or a hash or cipher of anything: identifiers in paths. */
const RANDOM = /[A-Za-z0-9_-]{16,}/g;

/** All that the service is sent by two devices, in order, of which each records, chooses, deletes and changes keys. */
async function transcript(secret: string, visits = 3): Promise<string[][]> {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  const world = await SyncWorld.paired(2);
  const [a, b] = world.devices as [(typeof world.devices)[0], (typeof world.devices)[0]];
  const oracle = new Oracle(world);
  for (let i = 0; i < visits; i++) await oracle.visit(a, `${secret}.example`, `/${secret}${i}`);
  await world.settle();
  await b.set({ level: 'public', rules: [{ id: 'r', host: `rule-${secret}.example`, capture: 'skip' }] });
  await oracle.visit(b, `${secret}.example`, `/${secret}b`);
  await world.settle();
  await oracle.erase(b, { what: 'page', url: `https://${secret}.example/${secret}1` });
  await world.settle();
  await a.rotate();
  await world.settle();
  await oracle.check();
  const sent = world.devices.map(({ network }) =>
    network.sent.map(({ method, path, body }) => `${method} ${path.replace(RANDOM, '*')} ${body.length}`),
  );
  world.end();
  vi.restoreAllMocks();
  return sent;
}

it('whatever the secret is, the service gets the same requests in the same order and sizes', async () => {
  const one = await transcript('clinic');
  expect(one.flat().length).toBeGreaterThan(30);
  for (const other of ['x', 'a-garden-of-roses-and-lilies', 'q'.repeat(50)])
    expect(await transcript(other), other).toEqual(one);
});

it('which would be seen to differ', async () => {
  expect(await transcript('clinic', 300)).not.toEqual(await transcript('clinic'));
});
