/**
 * Deletions with their ten seconds, retention and sync on two devices as the product joins them: nothing of what is meant is shown, kept or said to be gone too early.
 *
 * Over 300 lines, because two whole devices are set up once for all of it.
 */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eraseRecords } from '../../../src/background/services/erase.ts';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import type { Rule } from '../../../src/model/rules.ts';
import type { EraseTarget } from '../../../src/model/selector.ts';
import { PartlyErasedError } from '../../../src/storage/database.ts';
import { LocalStore } from '../../../src/storage/local-store.ts';
import { readCommands, writeCommands } from '../../../src/sync/erasures.ts';
import { SyncWorld } from '../../support/sync-world.ts';
import { WholeDevice } from '../../support/whole-device.ts';

vi.setConfig({ testTimeout: 120_000 });

let world: SyncWorld;
let a: WholeDevice;
let b: WholeDevice;
beforeEach(async () => {
  world = await SyncWorld.paired(2, {}, WholeDevice);
  [a, b] = world.devices as [WholeDevice, WholeDevice];
});
afterEach(() => {
  vi.restoreAllMocks();
  for (const device of world.devices) (device as WholeDevice).close();
  world.end();
});

const SITE: EraseTarget = { what: 'site', host: 'gone.example' };
const HERE = 'https://gone.example/here';
const THERE = 'https://gone.example/there';
const KEPT = 'https://kept.example/';
const undo = (device: WholeDevice) =>
  device.run(() => device.services.erasures.undo(device.services.erasures.state()?.id ?? ''));
/** Records of the site that lie in the store, shown or not. */
const stored = (device: WholeDevice) =>
  device.run(
    async () => (await device.store.meant((one) => 'url' in one && one.url.includes('gone'))).stored,
  );
/** Names of devices that say that they have carried out a deletion; `atMs`: of that moment. */
const receipts = (device: WholeDevice, atMs?: number) =>
  device.run(async () =>
    (await device.sync.deletions())
      .filter((one) => atMs === undefined || one.atMs === atMs)
      .flatMap(({ devices }) =>
        devices.filter(({ erasedMs }) => erasedMs !== undefined).map(({ name }) => name),
      )
      .sort(),
  );
/** To its end, unless it waits for what stands still meanwhile. */
const asFarAsItGets = async (task: Promise<unknown>): Promise<void> => {
  let ended = false;
  void task.finally(() => {
    ended = true;
  });
  for (let turn = 0; turn < 400 && !ended; turn++) await new Promise((next) => setImmediate(next));
};

describe('what comes from another device while a deletion can be undone', () => {
  /** What `b` recorded yesterday comes; `a` has something of the site today. */
  async function comes(target: EraseTarget): Promise<void> {
    await a.visit('gone.example', '/here');
    await a.visit('kept.example', '/');
    await a.round();
    await b.visit('gone.example', '/there', b.clock.nowMs() - DAY_MS);
    world.pass(1);
    await a.flag(target);
    await b.round();
    await a.round();
  }

  it('of a site is not shown, not counted, and goes with the rest on all devices', async () => {
    await comes(SITE);
    expect(await stored(a)).toBe(2);
    expect([await a.urls(), await a.shown()]).toEqual([[KEPT], 1]);
    await a.due(world);
    expect(await stored(a)).toBe(0);
    await world.settle();
    for (const device of [a, b]) {
      expect(await device.urls()).toEqual([KEPT]);
      expect(await device.shown()).toBe(1);
      expect(await stored(device)).toBe(0);
    }
  });

  it('of a span too, on a day that had nothing of it', async () => {
    const now = a.clock.nowMs();
    await a.visit('kept.example', '/');
    await a.round();
    await b.visit('gone.example', '/there', now - DAY_MS);
    world.pass(1);
    expect(await a.flag({ what: 'range', fromMs: now - 3 * DAY_MS, toMs: now - DAY_MS / 2 })).toBe(0);
    await b.round();
    await a.round();
    expect([await a.urls(), await a.shown(), await stored(a)]).toEqual([[KEPT], 1, 1]);
    await a.due(world);
    expect(await stored(a)).toBe(0);
    await world.settle();
    expect(await b.urls()).toEqual([KEPT]);
  });

  it('of everything too', async () => {
    await comes({ what: 'all' });
    expect([await a.urls(), await a.shown()]).toEqual([[], 0]);
    await a.due(world);
    await world.settle();
    for (const device of [a, b]) expect([await device.urls(), await device.shown()]).toEqual([[], 0]);
  });

  it('is shown with the rest when it is undone', async () => {
    await comes(SITE);
    expect(await undo(a)).toEqual({ ok: true, value: null });
    expect([await a.urls(), await a.shown()]).toEqual([[HERE, THERE, KEPT], 3]);
    await world.settle();
    expect(await b.urls()).toEqual([HERE, THERE, KEPT]);
  });

  it('stays hidden over a restart', async () => {
    await comes(SITE);
    await a.restart();
    expect([await a.urls(), await a.shown()]).toEqual([[KEPT], 1]);
    await a.due(world);
    expect(await stored(a)).toBe(0);
  });

  it('and was recorded after the deletion is shown, and stays', async () => {
    await comes(SITE);
    world.pass(1);
    await b.visit('gone.example', '/later');
    await b.round();
    await a.round();
    expect([await a.urls(), await a.shown()]).toEqual([['https://gone.example/later', KEPT], 2]);
    await a.due(world);
    await world.settle();
    expect(await a.urls()).toEqual(['https://gone.example/later', KEPT]);
    expect(await b.urls()).toEqual(await a.urls());
  });

  it('is meant also where it was said which days have something of it', async () => {
    await a.visit('gone.example', '/here');
    await b.visit('gone.example', '/there', b.clock.nowMs() - DAY_MS);
    world.pass(1);
    const nowMs = a.clock.nowMs();
    const targets = [{ what: 'range', fromMs: nowMs - 3 * DAY_MS, toMs: nowMs }] as const;
    const wanted = { targets, kind: 'range', reason: 'person', days: [dayOf(nowMs)] } as const;
    await a.run(() => a.services.erasures.flag(wanted));
    await b.round();
    await a.round();
    await a.due(world);
    expect(await stored(a)).toBe(0);
  });

  it('came while it was looked for what is meant', async () => {
    await a.visit('gone.example', '/here');
    await a.round();
    await b.visit('gone.example', '/there', b.clock.nowMs() - DAY_MS);
    await b.round();
    world.pass(1);
    let reached = 0;
    for (let moments = 0; moments < 24; moments += 2) {
      let [moment, pulling] = [0, undefined as Promise<unknown> | undefined];
      a.context.beforeCrypto = async () => {
        if (moment++ !== moments) return;
        pulling = a.round();
        await asFarAsItGets(pulling);
      };
      await a.flag(SITE);
      a.context.beforeCrypto = undefined;
      if (pulling) reached += 1;
      await pulling;
      await a.round();
      expect([await a.urls(), await a.shown()], `moment ${moments}`).toEqual([[], 0]);
      await undo(a);
      expect(await a.urls(), `moment ${moments}`).toContain(HERE);
      await b.visit('gone.example', `/${moments}`, b.clock.nowMs() - (moments + 2) * DAY_MS);
      await b.round();
      world.pass(1);
    }
    expect(reached).toBeGreaterThan(5);
  });
});

describe('a deletion of another device that comes meanwhile', () => {
  it('is carried out also on what is hidden, and undoing brings nothing of it back', async () => {
    await a.visit('gone.example', '/here', a.clock.nowMs() - DAY_MS);
    await a.visit('kept.example', '/');
    await world.settle();
    await a.run(() => a.store.compact());
    world.pass(1);
    expect(await a.flag(SITE)).toBe(1);
    world.pass(1);
    await b.flag(SITE);
    await b.run(() => b.services.erasures.settle());
    await b.round();
    await a.round();
    expect(await stored(a)).toBe(0);
    expect([await a.urls(), await a.shown()]).toEqual([[KEPT], 1]);
    expect(await undo(a)).toEqual({ ok: true, value: null });
    expect([await a.urls(), await a.shown()]).toEqual([[KEPT], 1]);
    await world.settle();
    for (const device of [a, b]) expect(await device.urls()).toEqual([KEPT]);
  });
});

describe('a receipt', () => {
  it('is given by no round before the deletion is carried out, at whichever moment that begins', async () => {
    let moments = 0;
    for (let reached = true; reached; moments += 4) {
      await a.visit('gone.example', `/${moments}`);
      await world.settle();
      await b.visit('other.example', `/${moments}`);
      await b.round();
      world.pass(1);
      await a.flag(SITE);
      const askedMs = a.clock.nowMs();
      let go = () => {};
      const gate = new Promise<void>((resolve) => {
        go = resolve;
      });
      const purge = a.store.purge.bind(a.store);
      const held = vi.spyOn(a.store, 'purge').mockImplementation(async (...args) => {
        await gate;
        return purge(...args);
      });
      let [moment, erasing] = [0, undefined as Promise<void> | undefined];
      a.context.beforeCrypto = async () => {
        if (moment++ !== moments) return;
        erasing = a.run(() => a.services.erasures.settle());
        await asFarAsItGets(erasing);
      };
      await a.round();
      a.context.beforeCrypto = undefined;
      reached = erasing !== undefined;
      // Whoever has a receipt has nothing of it any more.
      const [said, left] = [await receipts(a, askedMs), await stored(a)];
      if (said.includes('d0')) expect(left, `moment ${moments}`).toBe(0);
      go();
      await (erasing ?? a.run(() => a.services.erasures.settle()));
      held.mockRestore();
      await world.settle();
      expect(await receipts(a, askedMs), `moment ${moments}`).toEqual(['d0', 'd1']);
    }
    expect(moments).toBeGreaterThan(15);
  });

  it('waits for what damage keeps, also where the deletion was asked for', async () => {
    await a.visit('gone.example', '/here');
    await world.settle();
    world.pass(1);
    const partly = new PartlyErasedError(0, ['2026-01-01'], ['2026-01-02']);
    const purge = vi.spyOn(a.store, 'purge').mockRejectedValue(partly);
    const erase = vi.spyOn(a.store, 'erase').mockRejectedValue(partly);
    await a.flag(SITE);
    await a.due(world);
    for (let n = 0; n < 3; n++) await a.round();
    expect(await receipts(a)).toEqual([]);
    purge.mockRestore();
    erase.mockRestore();
    await a.round();
    expect([await receipts(a), await stored(a)]).toEqual([['d0'], 0]);
  });
});

describe('what another device deletes', () => {
  const inMemory = (path: string, referrer?: string) =>
    a.run(() =>
      a.services.ephemeral.append([
        {
          kind: 'visit',
          atMs: a.clock.nowMs(),
          level: 'ephemeral',
          url: path,
          title: 'Secretword',
          transition: 'link',
          ...(referrer === undefined ? {} : { referrer }),
        },
      ]),
    );
  const erasedBy = async (device: WholeDevice, target: EraseTarget) => {
    world.pass(1);
    await device.flag(target);
    world.pass(1);
    await device.due(world);
    await device.round();
  };

  it('goes from memory too, with links to it, and what is recorded later stays', async () => {
    await inMemory(HERE);
    await inMemory(KEPT, HERE);
    await erasedBy(b, SITE);
    await inMemory('https://gone.example/later');
    expect(await a.inMemory()).toHaveLength(3);
    await a.round();
    expect(await a.inMemory()).toEqual([KEPT, 'https://gone.example/later']);
    expect(JSON.stringify([...a.context.session])).not.toContain('gone.example/here');
    expect(await receipts(a)).toContain('d0');
  });

  it('has no receipt while it is still in memory', async () => {
    await inMemory(HERE);
    await erasedBy(b, SITE);
    const erase = vi
      .spyOn(a.services.ephemeral, 'erase')
      .mockRejectedValue(new Error('the browser takes nothing'));
    vi.spyOn(console, 'error').mockImplementation(() => {});
    await a.round();
    expect(await receipts(a)).toEqual(['d1']);
    erase.mockRestore();
    await a.round();
    expect([await a.inMemory(), await receipts(a)]).toEqual([[], ['d0', 'd1']]);
  });
});

describe('cannot be undone once other devices may know of it', () => {
  /** Carrying it out fails after the others were told. */
  async function fails(): Promise<string> {
    await a.visit('gone.example', '/here');
    await a.visit('kept.example', '/');
    await world.settle();
    world.pass(1);
    await a.flag(SITE);
    for (const name of ['purge', 'erase'] as const)
      vi.spyOn(LocalStore.prototype, name).mockRejectedValue(
        new DOMException('no room', 'QuotaExceededError'),
      );
    vi.spyOn(console, 'error').mockImplementation(() => {});
    return a.services.erasures.state()?.id ?? '';
  }
  const isTooLate = async (id: string) =>
    expect(await a.run(() => a.services.erasures.undo(id))).toMatchObject({ error: { code: 'too-late' } });
  /** The others have carried it out, so does this one as soon as it can. */
  async function isGone(): Promise<void> {
    vi.restoreAllMocks();
    world.pass();
    await a.run(() => a.services.erasures.tick());
    await world.settle();
    for (const device of [a, b]) expect([await device.urls(), await stored(device)]).toEqual([[KEPT], 0]);
  }

  it('however often it fails, nor by a worker that finds it at its start', async () => {
    const id = await fails();
    await a.due(world);
    vi.mocked(LocalStore.prototype.erase).mockRestore();
    await a.round();
    await b.round();
    expect(await stored(b)).toBe(0);
    await isTooLate(id);
    await a.restart();
    await isTooLate(id);
    await isGone();
  });

  it('also within the ten seconds, when the person did not wait', async () => {
    const id = await fails();
    await expect(a.run(() => a.services.erasures.settle())).rejects.toThrow();
    expect(a.services.erasures.state()).toMatchObject({ id });
    await isTooLate(id);
    await a.restart();
    await isTooLate(id);
    await isGone();
  });
});

it('what waits to be deleted when an account is joined means nothing of what comes with it', async () => {
  await a.visit('gone.example', '/here');
  await world.settle();
  const c = (await world.device('d2')) as WholeDevice;
  await c.visit('gone.example', '/own');
  world.pass(1);
  expect(await c.flag(SITE)).toBe(1);
  await world.join(a, c);
  await world.settle();
  for (const device of [a, b, c]) expect(await device.urls()).toEqual([HERE]);
});

it('how long records stay is for each device to say, whatever comes meanwhile', async () => {
  await a.run(() => a.profile.change({ retention: { levels: { private: 30 }, sites: [] } }));
  const old = a.clock.nowMs() - 60 * DAY_MS;
  await b.visit('old.example', '/1', old);
  await a.visit('kept.example', '/');
  await world.settle();
  await a.run(() => a.services.retention.tick());
  expect(await a.urls()).toEqual([KEPT]);
  expect(await b.urls()).toEqual([KEPT, 'https://old.example/1']);
  // More of that day comes later, while something waits to be deleted here.
  await a.flag({ what: 'page', url: KEPT });
  await b.visit('old.example', '/2', old);
  await world.settle();
  await a.run(() => a.services.retention.tick());
  // Which can still be undone.
  expect(a.services.erasures.state()).toBeDefined();
  await a.due(world);
  await a.run(() => a.services.retention.tick());
  expect(await a.urls()).toEqual([]);
  await world.settle();
  expect(await b.urls()).toEqual(['https://old.example/1', 'https://old.example/2']);
  expect((await a.run(() => a.store.deletions.read())).whole).toBe(true);
});

it('what a search finds is not deleted page by page in an account that has very many commands; one page still is', async () => {
  for (const path of ['/here', '/there']) await a.visit('gone.example', path);
  const target = { what: 'record', id: 'x', day: '2020-01-01' } as const;
  const many = Array.from({ length: 19_999 }, (_, n) => ({ id: `${n}`, atMs: 1, target }));
  await a.run(() => a.store.exclusive(() => writeCommands(a.store, many)));
  const erased = (text: string) => a.run(() => eraseRecords(a.services, { what: 'found', text }));
  expect(await erased('gone')).toMatchObject({ ok: false, error: { code: 'too-many' } });
  expect([await a.shown(), a.services.erasures.state()]).toEqual([2, undefined]);
  expect(await erased('there')).toEqual({ ok: true, value: { count: 1 } });
});

it('everything that is deleted takes the names of rules that were applied, on all devices, and they are not applied again', async () => {
  await a.visit('less.example', '/path');
  await world.settle();
  const rule: Rule = { id: 'd', host: 'less.example', capture: 'domain' };
  await a.run(() => a.services.storedRules.start({ level: 'private', rules: [rule] }));
  await a.run(() => a.services.storedRules.settled());
  await world.settle();
  for (const device of [a, b]) {
    await device.run(() => device.services.storedRules.settled());
    expect(await device.urls()).toEqual(['https://less.example/']);
  }
  const noted = (device: WholeDevice) =>
    device.run(async () => JSON.stringify(await device.store.readNote('reductions')));
  expect(await noted(b)).toContain('less.example');
  world.pass(1);
  await a.flag({ what: 'all' });
  await a.due(world);
  await world.settle();
  world.pass(1);
  await b.visit('less.example', '/later');
  await world.settle();
  for (const device of [a, b]) {
    await device.restart();
    await device.run(() => device.services.storedRules.settled());
    expect(await noted(device)).not.toContain('less.example');
    expect(await device.urls()).toEqual(['https://less.example/later']);
  }
});

it('an account that was left leaves no commands behind', async () => {
  await a.flag(SITE);
  await a.due(world);
  await world.settle();
  expect(await a.run(() => readCommands(a.store))).toHaveLength(1);
  await a.run(() => a.sync.end('leave'));
  expect(await a.run(() => readCommands(a.store))).toEqual([]);
});
