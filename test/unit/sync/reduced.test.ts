/** What level and rules take from what is stored, they take on every device, and no device that was away brings it back. */
import { expect, it, vi } from 'vitest';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import { type Reduction, reductionOf } from '../../../src/model/reduction.ts';
import type { Rule } from '../../../src/model/rules.ts';
import { a, b, usePair, world } from '../../support/two-devices.ts';

usePair();

const skip: Rule = { id: 'r', host: 'gone.example', capture: 'skip' };
const domain: Rule = { id: 'd', host: 'less.example', capture: 'domain' };
const all = (...rules: Rule[]): Reduction => ({ level: 'private', rules });

async function visits(): Promise<void> {
  for (const [index, device] of [a, b].entries()) {
    await device.visit('gone.example', `/${index}`);
    await device.visit('less.example', `/words/${index}`, device.clock.nowMs() - 40 * DAY_MS);
    await device.visit('kept.example', `/${index}`);
  }
}
const LEFT = [
  'https://kept.example/0',
  'https://kept.example/1',
  'https://less.example/',
  'https://less.example/',
];

it('reaches the other device, for the records of both, and then nobody has anything to say', async () => {
  await visits();
  await world.settle();
  world.pass();
  await a.reduce(all(skip, domain));
  expect(await a.urls()).toEqual(LEFT);
  await world.settle();
  expect(await b.urls()).toEqual(LEFT);
  expect(JSON.stringify([await a.records(), await b.records()])).not.toMatch(/words|gone/);
  const changes = (await world.changes()).length;
  await world.settle();
  expect((await world.changes()).length).toBe(changes);
});

it('means also what a device that was away recorded before and sends later', async () => {
  await world.settle();
  await visits();
  await a.round();
  world.pass();
  await a.reduce(all(skip, domain));
  await a.round();
  // B was away with what it recorded, and was sent nothing. It sends first what it has, then hears of it.
  await b.restart();
  await world.settle();
  for (const device of [a, b]) expect(await device.urls(), device.name).toEqual(LEFT);
  const third = await world.device('d2');
  await world.join(b, third);
  await world.settle();
  expect(await third.urls()).toEqual(LEFT);
});

it('does not come back with parts that arrive while A has reduced and B has not', async () => {
  await visits();
  await a.round();
  world.pass();
  await a.reduce(all(skip, domain));
  // In the old form, on its way before B could know.
  b.network.fate = (nth) => (nth === 0 ? 'lost-answer' : 'ok');
  await b.round();
  b.network.up();
  for (const device of [b, a, a]) {
    await device.round();
    expect((await a.urls()).join()).not.toMatch(/words|gone/);
  }
  await world.settle();
  expect(await b.urls()).toEqual(LEFT);
});

it('takes from updates that come later what their visit has no more', async () => {
  const reduced = await b.visit('gone.example', '/count');
  const short = await b.visit('less.example', '/words/here');
  await world.settle();
  world.pass();
  const rules = [{ ...skip, capture: 'full', level: 'anonymous' } as const, domain];
  await a.reduce(all(...rules));
  for (const visit of [reduced, short])
    await b.append(
      { kind: 'visit-update', visit: visit.id, atMs: b.clock.nowMs(), title: 'Lateword' },
      dayOf(visit.atMs),
    );
  for (const device of [b, a, b]) await device.round();
  await world.settle();
  for (const device of [a, b]) {
    const events = await device.run(async () => {
      const days = await device.store.days();
      return Promise.all(days.map((day) => device.store.eventsOfDay(day)));
    });
    expect(JSON.stringify(events), device.name).not.toMatch(/Lateword|words|count/);
  }
});

it('holds on each device for what was recorded before, not for what comes after', async () => {
  await a.reduce(reductionOf(skip, 'private', [skip]));
  world.pass();
  await a.visit('gone.example', '/after');
  await world.settle();
  for (const device of [a, b]) expect(await device.urls()).toEqual(['https://gone.example/after']);
});

it('goes on after a restart of the device that heard of it', async () => {
  await visits();
  await world.settle();
  world.pass();
  await a.reduce(all(skip, domain));
  await a.round();
  // Everything of the round but the steps that follow from it.
  b.sync.onChanged = async () => {};
  await b.round();
  expect((await b.urls()).join()).toContain('words');
  await b.restart();
  await b.run(() => b.storedRules.settled());
  expect(await b.urls()).toEqual(LEFT);
  await world.settle();
});

it('of two devices that apply different rules at once both hold', async () => {
  await visits();
  await world.settle();
  world.pass();
  await a.reduce(all(skip));
  await b.reduce(all(domain));
  await world.settle();
  for (const device of [a, b]) expect(await device.urls(), device.name).toEqual(LEFT);
});

it('holds for days that were at the service only when they come back', async () => {
  await visits();
  await world.settle();
  const day = dayOf(a.clock.nowMs() - 40 * DAY_MS);
  const dropped = await a.run(() => a.sync.days.dropSent([day], []));
  expect(dropped).toEqual([day]);
  world.pass();
  await a.reduce(all(skip, domain));
  await world.settle();
  const back = await a.run(() => a.sync.days.fetchBack(Object.keys({ [day]: true })));
  expect(back.ok).toBe(true);
  await world.settle();
  for (const device of [a, b]) expect(await device.urls(), device.name).toEqual(LEFT);
});

it('of a device whose clock was years ahead holds for what was recorded before it arrived, not for years', async () => {
  const third = await world.device('d2');
  await world.join(a, third);
  await visits();
  // What it recorded itself is meant with its own clock.
  await a.visit('less.example', '/ahead', a.clock.nowMs() + 999 * DAY_MS);
  await world.settle();
  expect((await third.urls()).join()).toContain('ahead');
  a.skewMs = 1_000 * DAY_MS;
  await a.reduce(all(skip));
  await a.run(async () =>
    a.sync.deleting.erasing([{ what: 'site', host: 'less.example' }], async () => false, await a.deletion()),
  );
  a.skewMs = 0;
  await a.round();
  for (const device of [b, third]) {
    await device.round();
    expect((await device.urls()).join(), device.name).not.toMatch(/gone|less/);
  }
  world.pass();
  for (const site of ['gone.example', 'less.example']) await third.visit(site, '/after');
  await third.round();
  await b.round();
  for (const device of [b, third])
    expect(
      (await device.urls()).filter((url) => url.endsWith('/after')),
      device.name,
    ).toHaveLength(2);
});

it('of a device whose clock is some minutes ahead means all that its person saw', async () => {
  a.skewMs = 20 * 60_000;
  await a.visit('gone.example', '/');
  await world.settle();
  await a.reduce(all(skip));
  await world.settle();
  expect(await b.urls()).toEqual([]);
});

it('is not told to an account that was joined before it was done', async () => {
  const newcomer = await world.device('newcomer');
  await newcomer.visit('one.example', '/1');
  await b.visit('two.example', '/b?x');
  await world.settle([a, b]);
  world.pass(1000);
  vi.spyOn(newcomer.store, 'reduce').mockRejectedValueOnce(new Error('no'));
  vi.spyOn(console, 'error').mockImplementation(() => {});
  await newcomer.reduce({ level: 'anonymous', rules: [] });
  await world.join(a, newcomer);
  await newcomer.run(async () => {
    newcomer.storedRules.tick();
    await newcomer.storedRules.settled();
  });
  await world.settle();
  // There it is done.
  expect(await newcomer.urls()).not.toContain('https://one.example/1');
  for (const device of [a, b]) expect(await device.urls()).toContain('https://two.example/b?x');
});

it('is told to the account that it was asked for in, also when that was left and joined again before it was done', async () => {
  await a.visit('one.example', '/a?x');
  await b.visit('two.example', '/b?x');
  await world.settle();
  world.pass(1000);
  vi.spyOn(a.store, 'reduce').mockRejectedValueOnce(new Error('no'));
  vi.spyOn(console, 'error').mockImplementation(() => {});
  await a.reduce({ level: 'anonymous', rules: [] });
  expect(await a.run(() => a.sync.end('leave', true))).toMatchObject({ ok: true });
  await world.join(b, a);
  await a.run(async () => {
    a.storedRules.tick();
    await a.storedRules.settled();
  });
  await world.settle();
  for (const device of [a, b]) expect((await device.urls()).join()).not.toContain('two.example');
});

it('also what a device took in from a file while it was out of the account', async () => {
  await world.settle();
  world.pass();
  const atMs = a.clock.nowMs();
  await a.reduce(all(skip, domain));
  await world.settle();
  expect(await b.run(() => b.sync.end('leave'))).toMatchObject({ ok: true });
  const old = (host: string, n: number) => ({
    kind: 'visit' as const,
    id: `AAAAAAAAAAAAAAAAAAAAAA.1.${n}`,
    atMs: atMs - DAY_MS,
    level: 'private' as const,
    url: `https://${host}/words`,
    title: '',
    transition: 'link' as const,
  });
  const events = [old('gone.example', 1), old('less.example', 2), old('kept.example', 3)];
  await b.run(() => b.store.importDay(dayOf(atMs - DAY_MS), async () => ({ events })));
  world.pass();
  await world.join(a, b);
  await b.round();
  await b.run(() => b.sync.agree(b.sync.preview()?.deleted.of ?? ''));
  await world.settle();
  for (const device of [a, b])
    expect(await device.urls(), device.name).toEqual(['https://kept.example/words', 'https://less.example/']);
});
