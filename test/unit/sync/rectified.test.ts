/** A correction reaches the other devices: the new version comes, the old one is erased, also where another device recorded it. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Budget } from '../../../src/background/services/budget.ts';
import { correctable, type Rectified, rectifyRecords } from '../../../src/background/services/rectify.ts';
import { DAY_MS, type Day, dayOf } from '../../../src/base/clock.ts';
import { elsewhereSentences } from '../../../src/model/data-request.ts';
import { type EraseTarget, targetedBy } from '../../../src/model/selector.ts';
import { writeCommands } from '../../../src/sync/erasures.ts';
import { readHoldings } from '../../../src/sync/holdings.ts';
import type { TestDevice } from '../../support/sync-world.ts';
import { a, b, usePair, world } from '../../support/two-devices.ts';

// Many real steps: a busy machine takes its time.
vi.setConfig({ testTimeout: 120_000 });

usePair();

const URL_A = 'https://a.example/wails';
/** Deleting at once, as far as the store and the other devices hear of it. */
const around = (device: TestDevice) => ({
  unsealing: { settle: async () => {} },
  erasures: {
    async settle() {},
    async flag({
      targets,
      days,
    }: {
      readonly targets: readonly EraseTarget[];
      readonly days?: readonly Day[];
    }) {
      let count = 0;
      const erase = async () => {
        count = await device.store.erase(targetedBy(targets), false, days, targets);
        return true;
      };
      await device.sync.deleting.erasing(targets, erase, await device.deletion());
      return count;
    },
  },
});
const budgetOf = ({ profile, sync }: TestDevice) =>
  new Budget(profile, {
    compaction: { run: async () => {}, doneMs: undefined } as never,
    service: sync.days,
    erased: () => sync.deleting.erased(),
    onAdded() {},
  });
const servicesOf = (device: TestDevice) =>
  ({
    profile: device.profile,
    sync: device.sync,
    budget: budgetOf(device),
    ephemeral: { records: async () => [], events: async () => [] },
    ...around(device),
  }) as never;
const corrected = (device: TestDevice, from: string, to: string, url = URL_A) =>
  device.run(() => rectifyRecords(servicesOf(device), 'request', { what: 'title', url, from, to }));
async function correct(...args: Parameters<typeof corrected>): Promise<Rectified> {
  const done = await corrected(...args);
  if (!done.ok) throw new Error(done.error.message);
  return done.value;
}
const find = (device: TestDevice, url = URL_A) => device.run(() => correctable(servicesOf(device), url));
const HERE = { away: 0, filed: 0 };
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
  expect(await correct(a, '/wails', 'Whales')).toEqual({ records: 2, more: 0, elsewhere: HERE });
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

describe('a day that is at the service only', () => {
  let day: Day;
  beforeEach(async () => {
    day = dayOf(a.clock.nowMs());
    await a.visit('a.example', '/wails');
    await b.visit('a.example', '/wails');
    await b.visit('b.example', '/other');
    await world.settle();
    await a.run(() => a.store.pack(true));
    world.pass(2 * DAY_MS);
    expect(await a.run(() => a.sync.days.dropSent([day], []))).toEqual([day]);
    expect(await titlesOn(a)).toEqual([]);
  });
  const awayDays = () => a.run(async () => Object.keys(await a.store.awayDays()));

  it('comes back to be looked at and corrected, on both devices', async () => {
    expect(await find(a, 'https://never.example/')).toMatchObject({ titles: [], elsewhere: HERE });
    expect(await awayDays()).toEqual([day]);
    expect(await find(a)).toEqual({ titles: [{ text: '/wails', count: 2 }], queries: [], elsewhere: HERE });
    expect(await correct(a, '/wails', 'Whales')).toEqual({ records: 2, more: 0, elsewhere: HERE });
    await world.settle();
    for (const device of [a, b]) expect(await titlesOn(device)).toEqual(['/other', 'Whales', 'Whales']);
  });

  it('comes back for a correction that goes on after it left', async () => {
    expect(await correct(a, '/wails', 'Whales')).toMatchObject({ records: 2, elsewhere: HERE });
    await world.settle();
    expect(await titlesOn(b)).toEqual(['/other', 'Whales', 'Whales']);
  });

  it('is told where there is no room for it, or the service does not answer', async () => {
    const elsewhere = { away: 1, filed: 0 };
    await a.run(() => a.profile.change({ budgetBytes: 1 }));
    expect(await find(a)).toEqual({ titles: [], queries: [], elsewhere });
    await a.run(() => a.profile.change({ budgetBytes: 1e9 }));
    a.network.down();
    expect(await find(a)).toEqual({ titles: [], queries: [], elsewhere });
    expect(await correct(a, '/wails', 'Whales')).toEqual({ records: 0, more: 0, elsewhere });
    expect(await awayDays()).toEqual([day]);
    expect(elsewhereSentences(elsewhere).join(' ')).toMatch(/1 day .*is at the sync service only/);
  });
});

it('days in files are not corrected, and that is told', async () => {
  const alone = await world.device('alone');
  await alone.visit('a.example', '/wails', alone.clock.nowMs() - 40 * DAY_MS);
  const { archives } = alone.store;
  const made = await alone.run(() => archives.make({ before: dayOf(alone.clock.nowMs()) }, async () => {}));
  expect(await alone.run(() => archives.confirm(made?.id ?? ''))).toBe(1);
  const elsewhere = { away: 0, filed: 1 };
  expect(await find(alone)).toEqual({ titles: [], queries: [], elsewhere });
  expect(await correct(alone, '/wails', 'Whales')).toEqual({ records: 0, more: 0, elsewhere });
  expect(elsewhereSentences(elsewhere)).toEqual([
    '1 day is only in files that you keep: correct it after you brought it back.',
  ]);
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

it('of many corrects nothing, and adds nothing, in an account that has very many commands; of one it does', async () => {
  await a.visit('a.example', '/wails');
  await a.visit('a.example', '/wails');
  const target = { what: 'record', id: 'x', day: '2020-01-01' } as const;
  const many = Array.from({ length: 19_999 }, (_, n) => ({ id: `${n}`, atMs: 1, target }));
  await a.run(() => a.store.exclusive(() => writeCommands(a.store, many)));
  expect(await corrected(a, '/wails', 'Whales')).toMatchObject({ ok: false, error: { code: 'too-many' } });
  expect(await titlesOn(a)).toEqual(['/wails', '/wails']);
  await a.visit('a.example', '/eels');
  expect(await correct(a, '/eels', 'Eels', 'https://a.example/eels')).toMatchObject({ records: 1 });
});
