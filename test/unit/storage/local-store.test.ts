// Over 300 lines, because the store makes its promises as a whole.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import type { InteractionEvent, InteractionRecord, NewEvent } from '../../../src/model/interaction.ts';
import { DamagedError } from '../../../src/storage/database.ts';
import { eventsOf } from '../../../src/storage/vault.ts';
import { emptyProfile, type LocalProfile } from '../../support/local-profile.ts';

let profile: LocalProfile;
beforeEach(async () => {
  profile = await emptyProfile();
});

const visit = (name: string, atMs = profile.nowMs): NewEvent => ({
  kind: 'visit',
  atMs,
  level: 'private',
  url: `https://${name}.example/`,
  title: name,
  transition: 'link',
});
const add = (name: string, atMs?: number) => profile.store.append({ event: visit(name, atMs) });

async function records(): Promise<InteractionRecord[]> {
  const all: InteractionRecord[] = [];
  for await (const day of profile.store.recordsByDay('oldest')) {
    expect(day.damaged).toBe(0);
    all.push(...day.records);
  }
  return all;
}
const titles = async () => (await records()).map((record) => ('title' in record ? record.title : ''));

describe('the journal', () => {
  it('keeps every event once and in order, through a restart and after packing', async () => {
    await Promise.all(Array.from({ length: 150 }, (_, i) => add(`p${i}`)));
    const expected = Array.from({ length: 150 }, (_, i) => `p${i}`);
    expect(await titles()).toEqual(expected);
    await profile.reopen();
    expect(await titles()).toEqual(expected);
    await profile.store.pack(true);
    await profile.store.pack(true);
    await profile.reopen();
    expect(await profile.store.db.count('journal')).toBe(0);
    expect(await titles()).toEqual(expected);
    expect(await profile.store.recordCount()).toBe(150);
    await add('after');
    expect(await titles()).toEqual([...expected, 'after']);
    await profile.store.pack(true);
    expect(await titles()).toEqual([...expected, 'after']);
  });

  it('numbers without gaps and never twice', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => add(`p${i}`)));
    await profile.reopen();
    await Promise.all(Array.from({ length: 20 }, (_, i) => add(`q${i}`)));
    expect(await profile.store.db.getAllKeys('journal')).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(new Set((await records()).map((record) => record.id)).size).toBe(40);
  });

  it('acts on a message once, however often it comes', async () => {
    const append = { event: visit('once'), nonce: 'n1' };
    const results = await Promise.all([profile.store.append(append), profile.store.append(append)]);
    await profile.reopen();
    results.push(await profile.store.append(append));
    expect(results.map((event) => event !== null)).toEqual([true, false, false]);
    expect(await titles()).toEqual(['once']);
  });

  it('rejects what could not be stored, and goes on without a gap', async () => {
    await add('one');
    const { db } = profile.store;
    const transaction = db.transaction.bind(db);
    db.transaction = (() => {
      throw new DOMException('full', 'QuotaExceededError');
    }) as never;
    await expect(add('lost')).rejects.toThrow('full');
    db.transaction = transaction;
    await add('two');
    expect(await titles()).toEqual(['one', 'two']);
    expect(await db.getAllKeys('journal')).toEqual([1, 2]);
  });
});

describe('what lies on disk', () => {
  it('opens nowhere else than where it was put', async () => {
    await add('here', profile.nowMs - DAY_MS);
    await add('there');
    const [first, second] = await profile.store.db.getAll('journal');
    if (!first || !second) throw new Error('two rows expected');
    await profile.store.db.put('journal', { ...first, box: second.box });
    const days = [];
    for await (const day of profile.store.recordsByDay())
      days.push({ records: day.records.length, damaged: day.damaged });
    expect(days).toEqual([
      { records: 1, damaged: 0 },
      { records: 0, damaged: 1 },
    ]);
  });

  it('shows no word of an event in any row', async () => {
    await add('whalesong');
    await profile.store.writeNamed('settings', { secret: 'whalesong' });
    const check = async () => {
      for (const name of profile.store.db.objectStoreNames) {
        for (const row of await profile.store.db.getAll(name)) {
          const bytes =
            'box' in Object(row) ? Buffer.from((row as { box: Uint8Array }).box).toString('latin1') : '';
          expect(JSON.stringify(row) + bytes).not.toContain('whalesong');
        }
      }
    };
    await check();
    await profile.store.pack(true);
    await check();
  });

  it('named records come back, and are refused when moved', async () => {
    await profile.store.writeNamed('a', { value: 1 });
    await profile.reopen();
    expect(await profile.store.readNamed('a')).toEqual({ value: 1 });
    expect(await profile.store.readNamed('missing')).toBeUndefined();
    const { db, vault } = profile.store;
    const row = await db.get('profiles', [vault.userId, 'a']);
    if (row) await db.put('profiles', { ...row, name: 'b' });
    await expect(profile.store.readNamed('b')).rejects.toThrow(DamagedError);
  });
});

describe('erasing', () => {
  const named =
    (...names: string[]) =>
    (record: InteractionRecord) =>
      record.kind === 'visit' && names.includes(record.title);

  it('removes what is meant and keeps the rest, packed or not', async () => {
    for (const packed of [false, true]) {
      profile = await emptyProfile();
      for (const name of ['a', 'b', 'c']) await add(name);
      await add('yesterday', profile.nowMs - DAY_MS);
      const [a] = await records();
      const b = (await records()).find((record) => named('b')(record));
      if (!a || !b) throw new Error('records expected');
      await profile.store.append({
        event: { kind: 'visit-update', visit: b.id, atMs: profile.nowMs, dwellMs: 5 },
      });
      if (packed) await profile.store.pack(true);
      expect(await profile.store.countTargeted(named('b', 'yesterday'))).toBe(2);
      expect(await profile.store.erase(named('b', 'yesterday'))).toBe(2);
      expect(await titles()).toEqual(['a', 'c']);
      await profile.reopen();
      expect(await titles()).toEqual(['a', 'c']);
      expect(await profile.store.recordCount()).toBe(2);
      await add('d');
      expect(await titles()).toEqual(['a', 'c', 'd']);
    }
  });

  it('destroys the keys of what it removed', async () => {
    await add('gone');
    await add('stays');
    await add('yesterday', profile.nowMs - DAY_MS);
    const today = dayOf(profile.nowMs);
    const [old] = await profile.store.db.getAll('journal');
    await profile.store.erase(named('gone', 'yesterday'));
    expect((await profile.store.keys.ring()).map(({ day, generation }) => [day, generation])).toEqual([
      [today, 2],
    ]);
    await expect(profile.store.vault.key(eventsOf(today), old?.generation ?? 0)).rejects.toThrow(
      DamagedError,
    );
    expect(
      (await indexedDB.databases()).map(({ name }) => name).filter((name) => name?.startsWith('arq-keys')),
    ).toEqual(['arq-keys-2']);
  });

  it('that was interrupted before its keys went is finished at the next start', async () => {
    await add('gone');
    await add('stays');
    const { vault } = profile.store;
    const shred = vault.shred.bind(vault);
    vault.shred = () => Promise.reject(new Error('killed'));
    await expect(profile.store.erase(named('gone'))).rejects.toThrow('killed');
    vault.shred = shred;
    expect(await profile.store.keys.ring()).toHaveLength(2);
    await profile.reopen();
    expect(await profile.store.keys.ring()).toHaveLength(1);
    expect(await titles()).toEqual(['stays']);
  });

  it('that was interrupted before the survivors were written loses nothing', async () => {
    await add('kept');
    await profile.store.vault.newKey(eventsOf(dayOf(profile.nowMs)));
    await profile.reopen();
    expect(await titles()).toEqual(['kept']);
    await add('more');
    expect(await titles()).toEqual(['kept', 'more']);
  });

  it('of everything leaves nothing, also of what does not open', async () => {
    await add('a');
    const [row] = await profile.store.db.getAll('journal');
    if (row) await profile.store.db.put('journal', { ...row, n: 99 });
    await profile.store.erase(() => true, true);
    expect(await records()).toEqual([]);
    expect(await profile.store.keys.ring()).toEqual([]);
    await add('new');
    expect(await titles()).toEqual(['new']);
  });

  it('does not lose an event that is recorded meanwhile', async () => {
    for (let i = 0; i < 5; i++) await add(`old${i}`);
    const erasing = profile.store.erase(
      (record) => record.kind === 'visit' && record.title.startsWith('old'),
    );
    const adding = Promise.all(Array.from({ length: 10 }, (_, i) => add(`new${i}`)));
    await Promise.all([erasing, adding]);
    await profile.reopen();
    expect(await titles()).toEqual(Array.from({ length: 10 }, (_, i) => `new${i}`));
  });
});

describe('another master key', () => {
  it('opens everything that was stored before', async () => {
    await add('before');
    await profile.store.writeNamed('a', 1);
    await profile.store.vault.adoptMaster(new Uint8Array(32).fill(7));
    await add('after');
    await profile.reopen();
    expect(await titles()).toEqual(['before', 'after']);
    expect(await profile.store.readNamed('a')).toBe(1);
    expect(profile.store.vault.masterKey()).toEqual(new Uint8Array(32).fill(7));
  });
});

describe('finding', () => {
  const urls = async (word: string, meanwhile: () => Promise<unknown> = async () => {}) => {
    const found = [];
    for await (const { page } of profile.store.findPages({ words: [word] })) {
      if (found.length === 0) await meanwhile();
      found.push(page.url);
    }
    return found;
  };

  it('goes on while days are packed, and finds what was there', async () => {
    for (const before of [0, 1, 2, 3]) await add(`whale${before}`, profile.nowMs - before * DAY_MS);
    await profile.store.pack(true);
    await add('whale9', profile.nowMs - 2 * DAY_MS);
    const expected = [0, 1, 9, 2, 3].map((n) => `https://whale${n}.example/`);
    const seen = await urls('whale', async () => {
      await add('whale8', profile.nowMs - 3 * DAY_MS);
      await profile.store.pack(true);
    });
    expect(seen.filter((url) => !url.includes('whale8')).sort()).toEqual([...expected].sort());
    expect(profile.damaged).toBe(0);
  });

  it('finds everything once when months are merged, and nothing of the packs before stays in memory, while it goes on', async () => {
    const days = Array.from({ length: 6 }, (_, i) => profile.nowMs - (60 + i) * DAY_MS);
    const event = (name: string, atMs: number, n: number) =>
      ({ ...visit(name, atMs + n), id: `AAAAAAAAAAAAAAAAAAAAAA.1.${n.toString(36)}` }) as InteractionEvent;
    // More addresses than are asked for one by one, and so many events that a day's need not come with others.
    const dayOfMany = (atMs: number, i: number) =>
      [
        dayOf(atMs),
        Array.from({ length: 300 }, (_, n) => event(`p${i}-${n}`, atMs, i * 300 + n + 1)),
      ] as const;
    await profile.store.addDays(new Map(days.map(dayOfMany)));
    const found: string[] = [];
    for await (const { page } of profile.store.findPages({ words: [] })) {
      found.push(page.url);
      if (found.length !== 1) continue;
      await add('late', profile.nowMs - 58 * DAY_MS);
      profile.store.forget();
      await profile.store.pack(true);
      profile.store.forget();
    }
    expect(new Set(found).size).toBe(1800);
    expect(found).toHaveLength(1800);
    expect(profile.damaged).toBe(0);
  });

  it('each page once is its newest day that matches, though newer ones have its words apart', async () => {
    const titles = ['alpha', 'beta', 'alpha beta', 'alpha', 'alpha beta'];
    const atMs = (daysAgo: number) => profile.nowMs - (40 + daysAgo) * DAY_MS;
    const days = titles.map((title, i) => {
      const event = { ...visit('page', atMs(i)), title, id: `AAAAAAAAAAAAAAAAAAAAAA.1.${i + 1}` };
      return [dayOf(event.atMs), [event as InteractionEvent]] as const;
    });
    await profile.store.addDays(new Map(days));
    await profile.store.compact();
    const once = async (words: string[]) => {
      const found = [];
      for await (const one of profile.store.findPages({ words }, { once: true })) found.push(one.atMs);
      return found;
    };
    expect(await once(['alpha', 'beta'])).toEqual([atMs(2)]);
    expect(await once(['beta'])).toEqual([atMs(1)]);
    expect(await once(['gamma'])).toEqual([]);
  });

  it('each page once opens no day for pages that newer days had', async () => {
    const days = Array.from({ length: 60 }, (_, i) => {
      const event = visit('daily', profile.nowMs - (40 + i) * DAY_MS);
      return [
        dayOf(event.atMs),
        [{ ...event, id: `AAAAAAAAAAAAAAAAAAAAAA.1.${i + 1}` } as InteractionEvent],
      ] as const;
    });
    await profile.store.addDays(new Map(days));
    await profile.store.compact();
    const read: string[] = [];
    const { get } = IDBObjectStore.prototype;
    vi.spyOn(IDBObjectStore.prototype, 'get').mockImplementation(function (this: IDBObjectStore, key) {
      if (this.name === 'interactions') read.push(String(key));
      return get.call(this, key);
    });
    const found = [];
    for await (const one of profile.store.findPages({ words: ['daily'] }, { once: true })) found.push(one);
    expect(found).toHaveLength(1);
    // One for each month that has it, until its pages are known to be shown.
    expect(read.length).toBeLessThanOrEqual(3);
    vi.restoreAllMocks();
  });

  it('keeps no more of what it opened in memory than the bound says, also of days that it reads whole', async () => {
    for (let i = 0; i < 12; i++) {
      await add(`packed${i}`, profile.nowMs - (40 + 31 * i) * DAY_MS);
      await add(`waits${i}`, profile.nowMs - i * DAY_MS);
    }
    await profile.store.pack();
    for (let i = 0; i < 12; i++) await add('whale', profile.nowMs - i * DAY_MS - 1);
    profile.store.forget();
    const { cache } = profile.store;
    expect(await urls('whale')).toHaveLength(12);
    const unbound = cache.sizeBytes;
    profile.store.forget();
    const maxBytes = Math.floor(unbound / 4);
    Object.assign(cache, { maxBytes });
    let most = 0;
    const clock = setInterval(() => (most = Math.max(most, cache.sizeBytes)), 0);
    expect(await urls('whale')).toHaveLength(12);
    expect(await urls('packed')).toHaveLength(12);
    clearInterval(clock);
    expect(Math.max(most, cache.sizeBytes)).toBeLessThanOrEqual(maxBytes);
    expect(cache.sizeBytes).toBeGreaterThan(0);
  });

  it('finds what is in days whose postings are damaged', async () => {
    await add('whale', profile.nowMs - 40 * DAY_MS);
    await profile.store.pack(true);
    const [table] = (await profile.store.db.getAll('tables')).filter(({ part }) => part === 'postings');
    if (!table) throw new Error('a pack has tables');
    await profile.store.db.put('tables', { ...table, box: table.box.slice(1) });
    profile.store.forget();
    expect(await urls('whale')).toEqual(['https://whale.example/']);
    expect(profile.damaged).toBe(0);
  });

  it.each(['lexicon', 'texts', 'outline'] as const)(
    'goes on without days whose %s is damaged, and says so',
    async (part) => {
      await add('whale', profile.nowMs - 40 * DAY_MS);
      await add('whale2', profile.nowMs - 80 * DAY_MS);
      await profile.store.pack(true);
      const tables = await profile.store.db.getAll('tables');
      const table = tables.find((one) => one.part === part);
      if (!table) throw new Error('a pack has tables');
      await profile.store.db.put('tables', { ...table, box: table.box.slice().fill(7, 40) });
      profile.store.forget();
      expect(await urls('whale')).toEqual(['https://whale.example/']);
      expect(profile.damaged).toBeGreaterThan(0);
      // Nothing takes it for empty: it is whole again when its bytes are.
      await profile.store.pack(true);
      await profile.store.db.put('tables', table);
      profile.store.forget();
      expect(await urls('whale')).toEqual(['https://whale.example/', 'https://whale2.example/']);
    },
  );
});
