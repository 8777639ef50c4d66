/** What is promised of what was acknowledged: it stays, once, in order, however it is packed. */
import { DAY_MS, dayOf } from '../../src/base/clock.ts';
import type { InteractionEvent, NewEvent } from '../../src/model/interaction.ts';
import { DATA_DB } from '../../src/storage/schema.ts';
import type { ContextProfile } from '../support/context-on-profile.ts';
import { answersOf, exported, foundUrls, someInteractions } from './answers.ts';
import { type Check, equal } from './check.ts';

export const visitEvent = (name: string, atMs: number): NewEvent => ({
  kind: 'visit',
  atMs,
  level: 'private',
  url: `https://${name}.example/`,
  title: name,
  transition: 'link',
});

export const titlesOf = async ({ profile }: ContextProfile): Promise<string[]> => {
  const titles: string[] = [];
  for await (const { records } of profile.store.recordsByDay('oldest'))
    for (const record of records) titles.push('title' in record ? record.title : record.kind);
  return titles;
};

export const DURABILITY_CHECKS: readonly Check[] = [
  {
    name: 'what was appended is there after closing and opening, in order, each with an id of its own',
    async run(both) {
      const { profile } = both;
      const names = Array.from({ length: 30 }, (_, i) => `p${i}`);
      await Promise.all(
        names.slice(0, 20).map((name) => profile.store.append({ event: visitEvent(name, profile.nowMs) })),
      );
      await both.reopen();
      equal(await titlesOf(both), names.slice(0, 20));
      for (const name of names.slice(20))
        await profile.store.append({ event: visitEvent(name, profile.nowMs) });
      await both.reopen();
      equal(await titlesOf(both), names);
      const ids = (await both.storage.queryInteractions({})).map(({ id }) => id);
      equal(new Set(ids).size, names.length, 'different ids');
    },
  },
  {
    name: 'packing, merging and mixing old with new keep every answer the same',
    async run(both) {
      const { profile } = both;
      await both.storage.saveInteractions(someInteractions(profile.nowMs));
      const visit = await profile.store.append({
        event: visitEvent('live', profile.nowMs),
        tab: { tabId: 1, keepsTitle: true },
      });
      await profile.store.append({
        event: {
          kind: 'visit-update',
          visit: visit?.id ?? '',
          atMs: profile.nowMs,
          title: 'Later whale',
          dwellMs: 5,
        },
        shownIn: 1,
      });
      profile.nowMs += 40 * DAY_MS;
      const before = await answersOf(both);
      for (const when of ['packed', 'packed again', 'merged'] as const) {
        await profile.store.pack(when !== 'merged');
        equal(await answersOf(both), before, when);
      }
      await both.reopen();
      equal(await answersOf(both), before, 'reopened');
      equal(profile.damaged, 0, 'damaged rows');
      equal((await foundUrls(both, 'later')).length, 1, 'the later title is found');
    },
  },
  {
    name: 'an old day that gains events answers with all of them',
    async run(both) {
      const { profile } = both;
      const oldMs = profile.nowMs - 40 * DAY_MS;
      await profile.store.append({ event: visitEvent('first', oldMs) });
      await profile.store.pack(true);
      await profile.store.append({ event: visitEvent('second', oldMs) });
      equal(await titlesOf(both), ['first', 'second']);
      equal((await foundUrls(both, 'example')).length, 2);
      await profile.store.pack(true);
      equal(await titlesOf(both), ['first', 'second'], 'packed');
      equal((await both.storage.getContextStats('all')).totalInteractions, 2);
      equal((await foundUrls(both, 'second')).length, 1, 'found');
    },
  },
  {
    name: 'events from elsewhere are added once, and a day that is imported is noted in the same step',
    async run(both) {
      const { profile } = both;
      const atMs = profile.nowMs - 40 * DAY_MS;
      const event = { ...visitEvent('other', atMs), id: 'BBBBBBBBBBBBBBBBBBBBBB.1.1' } as InteractionEvent;
      equal(await profile.store.addEvents(dayOf(atMs), [event]), 1);
      await profile.store.pack(true);
      equal(await profile.store.addEvents(dayOf(atMs), [event]), 0);
      const known: number[] = [];
      const more = { ...event, id: 'BBBBBBBBBBBBBBBBBBBBBB.1.2' };
      for (let i = 0; i < 2; i++)
        await profile.store.importDay(
          dayOf(atMs),
          async (events) => {
            known.push(events.length);
            return { events: [event, more], value: `import ${i}` };
          },
          'note',
        );
      equal(known, [1, 2], 'events that were known');
      await both.reopen();
      equal([(await titlesOf(both)).length, await profile.store.readNote('note')], [2, 'import 1']);
    },
  },
  {
    name: 'a message with a nonce is acted on once: at the same time, later, and after a restart',
    async run(both) {
      const { profile } = both;
      const append = () =>
        both.profile.store.append({ event: visitEvent('once', profile.nowMs), nonce: 'page:1' });
      const done = await Promise.all([append(), append()]);
      done.push(await append());
      await both.reopen();
      done.push(await append());
      equal(
        done.map((event) => event !== null),
        [true, false, false, false],
      );
      equal(await titlesOf(both), ['once']);
      equal([await profile.store.saw('page:1'), await profile.store.saw('page:2')], [true, false]);
    },
  },
  {
    name: 'named records come back after a restart; a missing one is undefined',
    async run(both) {
      const { profile } = both;
      await profile.store.writeNamed('a', { value: [1, 'two'] });
      await profile.store.writeNote('b', 'noted');
      await both.reopen();
      equal(
        [await profile.store.readNamed('a'), await profile.store.readNote('b')],
        [{ value: [1, 'two'] }, 'noted'],
      );
      equal([await profile.store.readNamed('c'), await profile.store.readNote('c')], [undefined, undefined]);
    },
  },
  {
    name: 'a store that the browser lost is noticed at the next start',
    async run(both) {
      const { profile } = both;
      await profile.store.append({ event: visitEvent('lost', profile.nowMs) });
      await profile.store.pack(true);
      await both.reopen();
      equal(profile.store.loss, undefined);
      profile.store.close();
      await new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase(DATA_DB);
        request.onsuccess = resolve;
        request.onerror = reject;
      });
      await both.reopen();
      equal([profile.store.loss !== undefined, await titlesOf(both)], [true, []]);
    },
  },
  {
    name: 'no word of what is stored stands in the database as it is',
    async run(both) {
      const { profile } = both;
      await profile.store.append({ event: visitEvent('whalesong', profile.nowMs) });
      await both.storage.changePreferences({ language: 'whalesong' });
      for (const packed of [false, true]) {
        if (packed) await profile.store.pack(true);
        for (const name of profile.store.db.objectStoreNames)
          for (const row of await profile.store.db.getAll(name)) {
            const bytes = Object.values(Object(row)).filter(
              (one): one is Uint8Array => one instanceof Uint8Array,
            );
            const text = [
              JSON.stringify(row),
              ...bytes.map((one) => new TextDecoder('latin1').decode(one)),
            ].join();
            equal(text.includes('whalesong'), false, `${name}, packed ${packed}`);
          }
      }
      equal((await exported(both)).includes('whalesong'), true, 'the export has it');
    },
  },
];
