/**
 * Archives of days: nothing leaves before the file is safe, pinned sites never do, and what was erased does not come back.
 *
 * Over 300 lines, because what may happen between the two steps of an archive is one story.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { type Bytes, concat } from '../../../src/base/bytes.ts';
import { DAY_MS, type Day, dayOf } from '../../../src/base/clock.ts';
import type { InteractionEvent } from '../../../src/model/interaction.ts';
import { type EraseTarget, isTargeted } from '../../../src/model/selector.ts';
import { archiveOf } from '../../../src/storage/archive.ts';
import type { MakeOptions } from '../../../src/storage/archives.ts';
import { DamagedError } from '../../../src/storage/database.ts';
import { wholeSource } from '../../../src/storage/format/byte-source.ts';
import { emptyProfile, type LocalProfile } from '../../support/local-profile.ts';

let profile: LocalProfile;
let now: number;
let counter = 0;
beforeEach(async () => {
  profile = await emptyProfile();
  now = profile.nowMs;
  counter = 0;
});

const event = (backDays: number, host: string, more: object = {}): InteractionEvent =>
  ({
    kind: 'visit',
    id: `AAAAAAAAAAAAAAAAAAAAAA.1.${(++counter).toString(36)}`,
    atMs: now - backDays * DAY_MS,
    level: 'private',
    url: `https://${host}/${backDays}`,
    title: `Title ${backDays}`,
    transition: 'link',
    ...more,
  }) as InteractionEvent;
const add = async (...events: InteractionEvent[]) => {
  const days = new Map<Day, InteractionEvent[]>();
  for (const one of events) {
    const day = dayOf(one.atMs);
    days.set(day, [...(days.get(day) ?? []), one]);
  }
  await profile.store.addDays(days);
};
const all = async () => {
  const found = [];
  for await (const { records } of profile.store.recordsByDay('oldest')) found.push(...records);
  return found;
};
const urls = async () => (await all()).flatMap((record) => ('url' in record ? [record.url] : []));
const make = async (options: Partial<MakeOptions> = {}) => {
  const parts: Bytes[] = [];
  const made = await profile.store.archives.make({ before: dayOf(now), ...options }, async (part) => {
    parts.push(part);
  });
  if (!made) throw new Error('nothing was made');
  return { made, file: concat(...parts) };
};
const archive = async (options: Partial<MakeOptions> = {}) => {
  const { made, file } = await make(options);
  await profile.store.archives.confirm(made.id);
  return file;
};
const restore = (file: Bytes) => profile.store.archives.restore(wholeSource(file));
const erase = (target: EraseTarget) =>
  profile.store.erase((record) => isTargeted(record, target), target.what === 'all', undefined, [target]);
const dayBack = (back: number): Day => dayOf(now - back * DAY_MS);
const startBack = (back: number): number => Date.parse(dayBack(back));

describe('the two steps', () => {
  beforeEach(() => add(event(9, 'a.example'), event(8, 'a.example'), event(0, 'a.example')));

  it('leave everything where it is until the file is said to be safe, also over a restart', async () => {
    const before = await all();
    const { made } = await make();
    expect(made).toMatchObject({ firstDay: dayBack(9), lastDay: dayBack(8), days: 2, records: 2 });
    expect(await all()).toEqual(before);
    expect(await profile.store.archivedDays()).toEqual({});
    await profile.reopen();
    expect(await profile.store.archives.made()).toEqual(made);
    expect(await all()).toEqual(before);
    expect(await profile.store.archives.confirm(made.id)).toBe(2);
    expect(await all()).toEqual(before.slice(2));
    expect(await profile.store.archivedDays()).toEqual({ [dayBack(9)]: 1, [dayBack(8)]: 1 });
    expect(await profile.store.archives.made()).toBeUndefined();
  });

  it('keep what the person did not confirm', async () => {
    const { made, file } = await make();
    await profile.store.archives.discard(made.id);
    expect(await profile.store.archives.confirm(made.id)).toBeNull();
    expect(await all()).toHaveLength(3);
    expect((await restore(file)).events).toBe(0);
  });

  it('drop only what is in the file: a day that changed meanwhile stays', async () => {
    const { made, file } = await make();
    await add(event(9, 'late.example'));
    await profile.store.pack(true);
    expect(await profile.store.archives.confirm(made.id)).toBe(1);
    expect(await urls()).toContain('https://late.example/9');
    expect(await profile.store.archivedDays()).toEqual({ [dayBack(8)]: 1 });
    expect((await restore(file)).events).toBe(1);
  });

  it('are not changed by packing in between', async () => {
    await profile.store.append({ event: event(7, 'journal.example') });
    const { made } = await make();
    await profile.store.compact();
    expect(await profile.store.archives.confirm(made.id)).toBe(3);
  });

  it('count only the file that was made last', async () => {
    const first = await make();
    const second = await make();
    expect(await profile.store.archives.confirm(first.made.id)).toBeNull();
    expect(await profile.store.archives.confirm(second.made.id)).toBe(2);
    // Its keys are there: it holds the same.
    expect((await restore(first.file)).events).toBe(2);
  });

  it('are refused while sync is on, at each step', async () => {
    const { made } = await make();
    profile.store.syncing = true;
    const refused = { name: 'InvalidStateError' };
    await expect(make()).rejects.toMatchObject(refused);
    await expect(profile.store.archives.confirm(made.id)).rejects.toMatchObject(refused);
    expect(await all()).toHaveLength(3);
  });

  it('end when the file cannot be taken, and nothing is different', async () => {
    const failing = profile.store.archives.make({ before: dayOf(now) }, () =>
      Promise.reject(new Error('gone')),
    );
    await expect(failing).rejects.toThrow('gone');
    expect(await profile.store.archives.made()).toBeUndefined();
    expect(await profile.store.archives.confirm((await make()).made.id)).toBe(2);
  });

  it('do not wait for an answer when whoever took them is gone, however late', async () => {
    const day = dayOf(profile.nowMs);
    for (let last = 1; ; last++) {
      const stop = new AbortController();
      let parts = 0;
      const made = await profile.store.archives
        .make({ before: day, signal: stop.signal }, async () => {
          parts += 1;
          if (parts === last) stop.abort();
        })
        .catch(() => 'stopped');
      if (parts < last) break;
      expect(made, `after part ${last}`).toBe('stopped');
      expect(await profile.store.archives.made(), `after part ${last}`).toBeUndefined();
    }
  });

  it('do not hold recording while the file is taken', async () => {
    const slow = profile.store.archives.make({ before: dayOf(now) }, async () => {
      await profile.store.append({ event: event(0, 'meanwhile.example') });
    });
    expect(await slow).not.toBeNull();
    expect(await urls()).toContain('https://meanwhile.example/0');
  });
});

it('the oldest days go first, and no more than asked for', async () => {
  await add(...[30, 20, 10, 5].map((back) => event(back, 'a.example')));
  await profile.store.pack(true);
  const { made } = await make({ enoughBytes: 1 });
  expect(made).toMatchObject({ firstDay: dayBack(30), days: 1 });
  const sizes = (await profile.store.sizes()).packs;
  expect((await make({ enoughBytes: sizes / 2 })).made).toMatchObject({ firstDay: dayBack(30), days: 2 });
});

describe('pinned sites', () => {
  const keep = ['pinned.example'];

  it('stay with their subdomains and all that was added to them, and days that have only them are left alone', async () => {
    const visit = event(9, 'www.pinned.example');
    const update = event(9, '', { kind: 'visit-update', visit: visit.id, dwellMs: 5 });
    await add(visit, update, event(9, 'other.example'), event(9, 'notpinned.example'));
    await add(event(8, 'pinned.example'));
    const before = await all();
    const file = await archive({ keep });
    expect(await urls()).toEqual(['https://www.pinned.example/9', 'https://pinned.example/8']);
    expect((await all())[0]).toMatchObject({ dwellMs: 5 });
    expect(await profile.store.archivedDays()).toEqual({ [dayBack(9)]: 2 });
    await expect(make({ keep })).rejects.toThrow('nothing');
    await restore(file);
    expect(await all()).toEqual(before);
  });
});

describe('sites that were pinned after the file was made', () => {
  const pinned = ['pinned.example'];
  beforeEach(() => add(event(40, 'a.example'), event(40, 'pinned.example'), event(9, 'pinned.example')));

  it('stay, a day that has nothing else is no archived one, and the file adds only what left', async () => {
    const before = await all();
    const { made, file } = await make({ keep: ['first.example'] });
    expect(await profile.store.archives.confirm(made.id, pinned)).toBe(1);
    expect(await urls()).toEqual(['https://pinned.example/40', 'https://pinned.example/9']);
    expect(await profile.store.archivedDays()).toEqual({ [dayBack(40)]: 1 });
    expect((await restore(file)).events).toBe(1);
    expect(await all()).toEqual(before);
  });

  it('stay also where dropping is finished at the next start, and what was unpinned since stays', async () => {
    await add(event(9, 'a.example'), event(9, 'first.example'));
    const { made } = await make({ keep: ['first.example'] });
    const { store } = profile;
    const { transaction } = store.db;
    // As if the worker ended before anything was dropped.
    store.db.transaction = ((...args: Parameters<typeof transaction>) => {
      if (String(args[0]).includes('interactions') && args[1] === 'readwrite') throw new Error('ended');
      return transaction.apply(store.db, args);
    }) as never;
    await expect(store.archives.confirm(made.id, pinned)).rejects.toThrow('ended');
    await profile.reopen();
    expect((await urls()).sort()).toEqual([
      'https://first.example/9',
      'https://pinned.example/40',
      'https://pinned.example/9',
    ]);
    expect(await profile.store.archivedDays()).toEqual({ [dayBack(40)]: 1, [dayBack(9)]: 1 });
  });
});

describe('what was erased', () => {
  const visits = () => [
    event(9, 'gone.example'),
    event(9, 'stays.example'),
    event(8, 'www.gone.example'),
    event(7, 'stays.example'),
  ];
  const afterErasing = async (...targets: EraseTarget[]) => {
    await add(...visits());
    const file = await archive();
    for (const target of targets) await erase(target);
    await profile.reopen();
    await restore(file);
    return (await urls()).map((url) => url.slice('https://'.length));
  };

  it.each<[string, EraseTarget, string[]]>([
    ['site', { what: 'site', host: 'gone.example' }, ['stays.example/9', 'stays.example/7']],
    [
      'page',
      { what: 'page', url: 'https://gone.example/9' },
      ['stays.example/9', 'www.gone.example/8', 'stays.example/7'],
    ],
    [
      'record',
      { what: 'record', id: 'AAAAAAAAAAAAAAAAAAAAAA.1.1' },
      ['stays.example/9', 'www.gone.example/8', 'stays.example/7'],
    ],
  ])('(a %s) does not come back', async (_what, target, left) => {
    expect(await afterErasing(target)).toEqual(left);
  });

  it('(part of a day) does not come back', async () => {
    const left = await afterErasing({ what: 'range', fromMs: startBack(8) + 1, toMs: startBack(7) });
    expect(left).toEqual(['gone.example/9', 'stays.example/9', 'stays.example/7']);
  });

  it('is no more than what was there when it was erased: later visits are archived and come back', async () => {
    await add(...visits());
    const first = await archive();
    await erase({ what: 'site', host: 'gone.example' });
    const later = event(9, 'gone.example', { url: 'https://gone.example/again' });
    await add(later);
    const second = await archive();
    await restore(second);
    await restore(first);
    expect(await urls()).toEqual([
      'https://stays.example/9',
      'https://gone.example/again',
      'https://stays.example/7',
    ]);
  });

  it('(whole days) takes their keys and their stubs; the rest of the file comes back', async () => {
    await add(...visits());
    const file = await archive();
    await erase({ what: 'range', fromMs: startBack(9), toMs: startBack(8) });
    expect(profile.store.vault.periods('archives').sort()).toEqual([dayBack(8), dayBack(7)]);
    expect(await profile.store.archivedDays()).toEqual({ [dayBack(8)]: 1, [dayBack(7)]: 1 });
    expect(await restore(file)).toEqual({ events: 2, days: 2, deletedDays: 1 });
  });

  it('(whole days) stays gone when the day is archived anew: the rest of the older file comes back, and all of the newer', async () => {
    await add(...visits());
    const first = await archive();
    await erase({ what: 'range', fromMs: startBack(9), toMs: startBack(8) });
    await add(event(9, 'again.example'));
    const second = await archive();
    // The same day and number as before, under another key.
    expect(profile.store.vault.generations(archiveOf(dayBack(9)))).toBe(1);
    await profile.reopen();
    expect(await restore(first)).toEqual({ events: 2, days: 2, deletedDays: 1 });
    expect(await profile.store.archivedDays()).toEqual({ [dayBack(9)]: 1 });
    expect(await urls()).not.toContain('https://gone.example/9');
    expect(await restore(second)).toMatchObject({ events: 1, deletedDays: 0 });
    expect(await urls()).toContain('https://again.example/9');
  });

  it('(everything) stays gone when its days are archived anew, and says so', async () => {
    await add(...visits());
    const first = await archive();
    await erase({ what: 'all' });
    await add(event(9, 'again.example'), event(8, 'again.example'), event(7, 'again.example'));
    await archive();
    await expect(restore(first)).rejects.toThrow('Everything in this archive was deleted');
    expect(await all()).toEqual([]);
  });

  it('(everything) takes all keys, and what is known of archives', async () => {
    await add(...visits());
    const file = await archive();
    await erase({ what: 'site', host: 'x.example' });
    await erase({ what: 'all' });
    expect(await profile.store.keys.ring()).toEqual([]);
    expect(await profile.store.db.get('metadata', 'archives')).toBeUndefined();
    await expect(restore(file)).rejects.toBeInstanceOf(DamagedError);
    expect(await all()).toEqual([]);
  });

  it('while a file waits to be confirmed does not come back either, and its day is not dropped', async () => {
    await add(...visits());
    const { made, file } = await make();
    await erase({ what: 'page', url: 'https://gone.example/9' });
    expect(await profile.store.archives.confirm(made.id)).toBe(2);
    await restore(file);
    expect(await urls()).toEqual([
      'https://stays.example/9',
      'https://www.gone.example/8',
      'https://stays.example/7',
    ]);
  });

  it('is remembered without its name, and not at all without archives', async () => {
    await add(...visits());
    await erase({ what: 'site', host: 'gone.example' });
    expect(await profile.store.db.get('metadata', 'archives')).toBeUndefined();
    await archive();
    await erase({ what: 'site', host: 'secret.example' });
    const box = (await profile.store.db.get('metadata', 'archives')) as Bytes;
    expect(box).toBeInstanceOf(Uint8Array);
    expect(JSON.stringify(await profile.store.vault.openNamed('archives', box))).not.toContain('secret');
  });

  it('is counted where it is in files only', async () => {
    await add(...visits());
    await archive();
    const { archives } = profile.store;
    expect(await archives.filed({ what: 'all' })).toEqual({ records: 4, days: 0 });
    expect(await archives.filed({ what: 'site', host: 'gone.example' })).toEqual({ records: 0, days: 3 });
    const range = { what: 'range', fromMs: startBack(9), toMs: startBack(8) + 1 } as const;
    expect(await archives.filed(range)).toEqual({ records: 2, days: 1 });
  });
});

describe('a file', () => {
  beforeEach(() => add(event(9, 'a.example'), event(8, 'a.example')));

  it('that was changed, cut or put together otherwise brings nothing back', async () => {
    const file = await archive();
    const reader = new DataView(file.buffer);
    const first = 4 + 12 + reader.getUint32(4 + 8);
    const swapped = concat(
      file.subarray(0, 4),
      file.subarray(first, -12),
      file.subarray(4, first),
      file.subarray(-12),
    );
    const without = concat(file.subarray(0, 4), file.subarray(first));
    const longer = concat(file, new Uint8Array(1));
    const bad = [swapped, without, longer, file.subarray(0, -1), file.subarray(0, 20), file.subarray(0, 3)];
    for (const at of [0, 3, 5, 9, 13, 40, first + 3, first + 7, first + 40, file.length - 1]) {
      const changed = file.slice();
      changed[at] = (changed[at] as number) ^ 1;
      bad.push(changed);
    }
    for (const one of bad) await expect(restore(one)).rejects.toBeInstanceOf(DamagedError);
    expect(await all()).toEqual([]);
    expect((await restore(file)).events).toBe(2);
  });

  it('is of format 2; the first was never released', async () => {
    const file = (await archive()).slice();
    expect([...file.subarray(0, 4)]).toEqual([0x41, 0x51, 0x41, 2]);
    file[3] = 1;
    await expect(restore(file)).rejects.toBeInstanceOf(DamagedError);
  });
});

it('dropping that was interrupted is finished at the next start', async () => {
  await add(event(40, 'a.example'), event(9, 'a.example'));
  const { made, file } = await make();
  const { store } = profile;
  const write = store.db.transaction.bind(store.db);
  let packs = 0;
  // As if the worker ended between two months.
  store.db.transaction = ((...args: Parameters<typeof write>) => {
    if (String(args[0]).includes('interactions') && args[1] === 'readwrite' && ++packs === 2)
      throw new Error('ended');
    return write(...args);
  }) as never;
  await expect(store.archives.confirm(made.id)).rejects.toThrow('ended');
  await profile.reopen();
  expect(await all()).toEqual([]);
  expect(await profile.store.archivedDays()).toEqual({ [dayBack(40)]: 1, [dayBack(9)]: 1 });
  // What was opened of a pack while it was dropped says nothing about the next one in its place.
  const others = [1, 2, 3].map((n) => event(9, `other${n}.example`));
  await add(...others);
  expect(await urls()).toEqual(others.map((one) => 'url' in one && one.url));
  expect((await restore(file)).events).toBe(2);
  expect(await all()).toHaveLength(5);
});
