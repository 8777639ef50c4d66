/** A correction reaches the other devices: the new version comes, the old one is erased, also where another device recorded it. */
import { expect, it, vi } from 'vitest';
import { rectifyRecords } from '../../../src/background/services/rectify.ts';
import type { Day } from '../../../src/base/clock.ts';
import { type EraseTarget, targetedBy } from '../../../src/model/selector.ts';
import { readHoldings } from '../../../src/sync/holdings.ts';
import type { TestDevice } from '../../support/sync-world.ts';
import { a, b, usePair, world } from '../../support/two-devices.ts';

// Many real steps: a busy machine takes its time.
vi.setConfig({ testTimeout: 120_000 });

usePair();

const URL_A = 'https://a.example/wails';
/** Deleting at once, as far as the store and the other devices hear of it. */
const around = ({ sync, store }: TestDevice) => ({
  unsealing: { settle: async () => {} },
  erasures: {
    async flag({
      targets,
      days,
    }: {
      readonly targets: readonly EraseTarget[];
      readonly days?: readonly Day[];
    }) {
      let count = 0;
      await sync.erasing(targets, async () => {
        count = await store.erase(targetedBy(targets), false, days, targets);
        return true;
      });
      return count;
    },
  },
});
const correct = (device: TestDevice, from: string, to: string) =>
  device.run(() =>
    rectifyRecords({ profile: device.profile, sync: device.sync, ...around(device) } as never, 'request', {
      what: 'title',
      url: URL_A,
      from,
      to,
    }),
  );
const titlesOn = async (device: TestDevice) =>
  (await device.records()).map((record) => ('title' in record ? record.title : record.kind)).sort();
const rounds = async () => {
  for (const device of [a, b, a, b, a, b]) await device.round();
};

it('of a record of its own, and of one of another device', async () => {
  await a.visit('a.example', '/wails');
  await b.visit('a.example', '/wails');
  await b.visit('b.example', '/other');
  await rounds();
  expect(await titlesOn(a)).toEqual(['/other', '/wails', '/wails']);
  expect(await correct(a, '/wails', 'Whales')).toEqual({ records: 2, more: 0 });
  await rounds();
  for (const device of [a, b]) expect(await titlesOn(device)).toEqual(['/other', 'Whales', 'Whales']);
  // And back, by the other one.
  expect(await correct(b, 'Whales', 'Blue whales')).toMatchObject({ records: 2 });
  await rounds();
  for (const device of [a, b])
    expect(await titlesOn(device)).toEqual(['/other', 'Blue whales', 'Blue whales']);
  const third = await world.device('third');
  await world.join(a, third);
  await third.round();
  await rounds();
  await third.round();
  expect(await titlesOn(third)).toEqual(['/other', 'Blue whales', 'Blue whales']);
});

it('what the service holds is told without bodies, and a service that is away is a sentence', async () => {
  await a.visit('a.example', '/x');
  await rounds();
  const told = await a.run(async () => {
    const lines: Readonly<Record<string, unknown>>[] = [];
    for await (const line of a.sync.holdings()?.held() ?? []) lines.push(line);
    return lines;
  });
  expect(new Set(told.map(({ type }) => type))).toEqual(
    new Set(['account', 'devices', 'change', 'object', 'answer']),
  );
  expect(told.every((line) => !('body' in line))).toBe(true);
  expect(JSON.stringify(told)).not.toContain('a.example');
  a.network.down();
  await a.run(() =>
    expect(a.sync.holdings()?.held().next()).rejects.toThrow(
      /not in this export.*does not answer.*rest.*complete/,
    ),
  );
});

it.each([
  ['breaks off', '{"type":"account"}\n'],
  ['goes on behind its end', '{"type":"end"}\n{"type":"account"}\n'],
  ['is no JSON', 'hello\n{"type":"end"}\n'],
  ['is a list', '[]\n{"type":"end"}\n'],
  ['has a line without end', `{"type":"account","x":"${'x'.repeat(3_000_000)}`],
])('an answer that %s is not taken for all', async (_what, text) => {
  const body = new Blob([text]).stream();
  const transport = { stream: async () => ({ ok: true, value: body }) };
  const read = async () => {
    for await (const _ of readHoldings(transport as never, {} as never));
  };
  await expect(read()).rejects.toThrow('broke off');
});
