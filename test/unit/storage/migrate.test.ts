/** What version 1 of the schema stored is there after the upgrade, in packs. */
import { deleteDB, openDB } from 'idb';
import { expect, it } from 'vitest';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import { seal } from '../../../src/crypto/envelope.ts';
import type { InteractionEvent } from '../../../src/model/interaction.ts';
import { encodeEvents } from '../../../src/storage/codec.ts';
import { DATA_DB } from '../../../src/storage/schema.ts';
import { eventsOf, rowAad } from '../../../src/storage/vault.ts';
import { emptyProfile } from '../../support/local-profile.ts';

const visit = (n: number, atMs: number): InteractionEvent => ({
  kind: 'visit',
  id: `AAAAAAAAAAAAAAAAAAAAAA.1.${n}`,
  atMs,
  level: 'private',
  url: `https://old.example/${n}`,
  title: `Old ${n}`,
  transition: 'link',
});

it('segments of version 1 become packs, and are found', async () => {
  const profile = await emptyProfile();
  const { vault } = profile.store;
  const days = [profile.nowMs - DAY_MS, profile.nowMs].map((ms) => ({ day: dayOf(ms), ms }));
  const rows = [];
  for (const { day, ms } of days) {
    const key = await vault.currentKey(eventsOf(day));
    for (const seq of [1, 2]) {
      const events = [visit(seq, ms + seq)];
      const aad = rowAad(vault.userId, 'interactions', day, 'navigation', seq);
      const box = await seal(key.aead, await encodeEvents(events), aad);
      rows.push({ userId: vault.userId, date: day, type: 'navigation', seq, records: 1, generation: 1, box });
    }
  }
  profile.store.close();
  await deleteDB(DATA_DB);
  const old = await openDB(DATA_DB, 1, {
    upgrade(db) {
      for (const name of ['contexts', 'profiles', 'models'])
        db.createObjectStore(name, { keyPath: ['userId', 'name'] });
      db.createObjectStore('interactions', { keyPath: ['userId', 'date', 'type', 'seq'] });
      for (const name of ['metadata', 'seen']) db.createObjectStore(name);
      db.createObjectStore('journal', { keyPath: 'n' }).createIndex('day', 'day');
      db.createObjectStore('outbox', { keyPath: 'key', autoIncrement: true });
      db.createObjectStore('sealed', { keyPath: 'n' });
      db.createObjectStore('peers', { keyPath: 'slot' });
      db.createObjectStore('tabs', { keyPath: 'tabId' });
    },
  });
  for (const row of rows) await old.put('interactions', row);
  old.close();
  profile.sentinel = undefined;
  await profile.reopen();
  const found = [];
  for await (const { page } of profile.store.findPages({ words: ['old'] })) found.push(page.url);
  expect(found).toEqual([2, 1, 2, 1].map((n) => `https://old.example/${n}`));
  expect(await profile.store.recordCount()).toBe(4);
  expect((await profile.store.db.getAll('packs')).map(({ events }) => events)).toEqual([2, 2]);
});
