import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { NewEvent } from '../../../src/model/interaction.ts';
import { hashOfNonce } from '../../../src/storage/journal.ts';
import { emptyProfile, type LocalProfile } from '../../support/local-profile.ts';

let profile: LocalProfile;
beforeEach(async () => {
  profile = await emptyProfile();
});

const common = () => ({ atMs: profile.nowMs, level: 'private' as const, url: 'https://engine.example/?q=a' });
const visit = (): NewEvent => ({ ...common(), kind: 'visit', title: 'a', transition: 'link' });
const search = (): NewEvent => ({ ...common(), kind: 'search', engine: 'Engine', query: 'a' });
const tab = { tabId: 7, keepsTitle: true };

async function kinds(): Promise<string[]> {
  const all: string[] = [];
  for await (const { records } of profile.store.recordsByDay()) all.push(...records.map(({ kind }) => kind));
  return all;
}

describe('events that belong together', () => {
  const append = () => ({ event: visit(), also: [search()], tab, nonce: 'document:1' });

  it('are stored together, counted, and not repeated', async () => {
    expect(await profile.store.recordCount()).toBe(0);
    expect(await profile.store.append(append())).toMatchObject({ kind: 'visit' });
    expect(await profile.store.append(append())).toBeNull();
    expect(await kinds()).toEqual(['visit', 'search']);
    expect(await profile.store.recordCount()).toBe(2);
    await profile.store.append({ event: visit() });
    expect(await profile.store.db.getAllKeys('journal')).toEqual([1, 2, 3]);
  });

  it('are stored both or none: what failed half-way is complete after the retry', async () => {
    const { add } = IDBObjectStore.prototype;
    let calls = 0;
    vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(function (this: IDBObjectStore, ...args) {
      calls += 1;
      if (calls === 2) throw new DOMException('full', 'QuotaExceededError');
      return add.apply(this, args);
    });
    await expect(profile.store.append(append())).rejects.toThrow('full');
    vi.restoreAllMocks();
    expect(await kinds()).toEqual([]);
    expect(await profile.store.append(append())).not.toBeNull();
    expect(await kinds()).toEqual(['visit', 'search']);
  });
});

describe('an update', () => {
  const update = (id: string) => ({
    event: { kind: 'visit-update', visit: id, atMs: profile.nowMs, title: 'later' } as NewEvent,
    shownIn: 7,
  });

  it('is stored while its tab shows the visit, and not after that', async () => {
    const first = await profile.store.append({ event: visit(), tab });
    const id = first?.id ?? '';
    expect(await profile.store.append(update(id))).not.toBeNull();
    await profile.store.append({ event: visit(), tab });
    expect(await profile.store.append(update(id))).toBeNull();
  });

  it('of what was erased is not stored, whichever comes first', async () => {
    for (const everything of [false, true]) {
      const first = await profile.store.append({ event: visit(), tab });
      const id = first?.id ?? '';
      const erasing = profile.store.erase(() => true, everything);
      const updating = profile.store.append(update(id));
      await Promise.all([erasing, updating]);
      expect(await updating).toBeNull();
      expect(await profile.store.append(update(id))).toBeNull();
      expect(await profile.store.db.count('journal')).toBe(0);
      expect(await profile.store.tab(7)).toBeUndefined();
    }
  });

  it('of what was kept goes on', async () => {
    const kept = await profile.store.append({ event: visit(), tab });
    const gone = await profile.store.append({ event: visit(), tab: { ...tab, tabId: 8 } });
    await profile.store.erase((record) => record.id === gone?.id);
    expect(await profile.store.tab(8)).toBeUndefined();
    expect(await profile.store.append(update(kept?.id ?? ''))).not.toBeNull();
  });
});

describe('nonces', () => {
  it('are kept as keyed hashes with a rounded time, for ten minutes at least', async () => {
    const nonce = 'document:0123456789ABCDEF';
    await profile.store.append({ event: visit(), nonce });
    const [key] = await profile.store.db.getAllKeys('seen');
    const [value] = await profile.store.db.getAll('seen');
    expect(key).toMatch(/^[A-Za-z0-9_-]{16}$/);
    expect((value ?? 1) % 600_000).toBe(0);
    profile.nowMs += 10 * 60_000;
    await profile.store.pack();
    expect(await profile.store.append({ event: visit(), nonce })).toBeNull();
    profile.nowMs += 20 * 60_000;
    await profile.store.pack();
    expect(await profile.store.db.count('seen')).toBe(0);
  });

  it('are kept as hashes, which a locked profile knows too', async () => {
    await profile.store.append({ event: visit(), nonce: 'page:1' });
    expect(await profile.store.db.getAllKeys('seen')).toEqual([await hashOfNonce('page:1')]);
    expect(await hashOfNonce('page:2')).not.toBe(await hashOfNonce('page:1'));
  });

  it('all go when everything is erased', async () => {
    await profile.store.append({ event: visit(), nonce: 'page:1' });
    await profile.store.erase(() => true, true);
    expect(await profile.store.db.count('seen')).toBe(0);
  });
});
