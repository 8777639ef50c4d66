/** What one damaged key or row costs: what it opens, and nothing else. */
import { beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, type Day, dayOf, dayStartMs, monthOf } from '../../../src/base/clock.ts';
import type { InteractionRecord } from '../../../src/model/interaction.ts';
import type { EraseTarget } from '../../../src/model/selector.ts';
import { isTargeted } from '../../../src/model/selector.ts';
import { PartlyErasedError, storageFailure } from '../../../src/storage/database.ts';
import { eventsOf, tablesOf } from '../../../src/storage/vault.ts';
import { contextOnProfile } from '../../support/context-on-profile.ts';
import { someContext, visitAt } from '../../support/context-profile.ts';
import { damageDay, damageKeys } from '../../support/damage.ts';
import { emptyProfile, type LocalProfile } from '../../support/local-profile.ts';

let profile: LocalProfile;
beforeEach(async () => {
  profile = await emptyProfile();
});

const daysAgo = (days: number): Day => dayOf(profile.nowMs - days * DAY_MS);
const author = 'A'.repeat(22);

/** On each day one visit to each of two sites. */
async function visits(...days: readonly Day[]): Promise<void> {
  for (const day of days)
    await profile.store.addEvents(
      day,
      ['secret', 'other'].map((name, n) => ({
        kind: 'visit',
        id: `${author}.1.${(dayStartMs(day) / DAY_MS).toString(36)}${n}`,
        atMs: dayStartMs(day) + 1000 + n,
        level: 'private',
        url: `https://${name}.example/`,
        title: name,
        transition: 'link',
      })),
    );
}

const isSecret = (record: InteractionRecord) => 'url' in record && record.url.includes('secret');
const siteIsGone = () =>
  profile.store.erase(isSecret, false, undefined, [{ what: 'site', host: 'secret.example' }]);
const span = (first: Day, last = first): EraseTarget => ({
  what: 'range',
  fromMs: dayStartMs(first),
  toMs: dayStartMs(last) + DAY_MS,
});
const erase = (target: EraseTarget) =>
  profile.store.erase((record) => isTargeted(record, target), target.what === 'all', undefined, [target]);
const partly = async (erasing: Promise<number>) => {
  const error: unknown = await erasing.catch((thrown: unknown) => thrown);
  if (!(error instanceof PartlyErasedError)) throw new Error(`it is ${error}`);
  return error;
};

/** What is there, by day: how many records of each site, and rows that do not open. */
async function content(): Promise<Record<Day, string>> {
  const days: Record<Day, string> = {};
  for await (const { day, records, damaged } of profile.store.recordsByDay('oldest')) {
    const secret = records.filter(isSecret).length;
    days[day] = `${secret} secret, ${records.length - secret} other, ${damaged} damaged`;
  }
  return days;
}
const [BOTH, OTHER, DAMAGED] = [
  '1 secret, 1 other, 0 damaged',
  '0 secret, 1 other, 0 damaged',
  '0 secret, 0 other, 1 damaged',
];

describe('a key of a day that does not open', () => {
  it('costs no other day when an erasure was interrupted', async () => {
    const [old, young] = [daysAgo(2), daysAgo(1)];
    await visits(old, young);
    await profile.store.db.put('metadata', true, 'erasing');
    await damageKeys(profile.store, eventsOf(young));
    await profile.reopen();
    expect(await content()).toEqual({ [old]: BOTH, [young]: DAMAGED });
    expect(await profile.store.db.get('metadata', 'erasing')).toBeUndefined();
    expect(profile.store.vault.generations(eventsOf(young))).toBe(1);
  });

  it('does not stop recording on that day, nor keep what came later from being found', async () => {
    const today = daysAgo(0);
    await visits(today);
    await damageKeys(profile.store, eventsOf(today));
    await profile.reopen();
    const event = {
      kind: 'visit',
      atMs: profile.nowMs,
      level: 'private',
      url: 'https://new.example/',
    } as const;
    await profile.store.append({ event: { ...event, title: 'new', transition: 'link' } });
    expect((await profile.store.recordsOfDay(today)).map((one) => 'url' in one && one.url)).toEqual([
      'https://new.example/',
    ]);
    expect(profile.store.vault.generations(eventsOf(today))).toBe(2);
  });

  it('goes when all of its day is erased, or everything', async () => {
    const day = daysAgo(3);
    await visits(day);
    await damageKeys(profile.store, eventsOf(day));
    await profile.reopen();
    await erase(span(day));
    expect([await content(), profile.store.vault.generations(eventsOf(day))]).toEqual([{}, 0]);
  });

  it('does not keep a profile from getting a passphrase, or another master key', async () => {
    const [old, young] = [daysAgo(2), daysAgo(1)];
    await visits(old, young);
    await damageKeys(profile.store, eventsOf(young));
    await profile.reopen();
    await profile.store.vault.adoptMaster(new Uint8Array(32).fill(7));
    await profile.reopen();
    expect(await content()).toEqual({ [old]: BOTH, [young]: DAMAGED });
  });
});

describe('a key of a month that does not open', () => {
  it('keeps neither that month nor others from being packed', async () => {
    const at = [40, 41, 80, 81].map(daysAgo);
    await visits(...at);
    const month = tablesOf(monthOf(daysAgo(40)));
    await profile.store.vault.currentKey(month);
    await damageKeys(profile.store, month);
    await profile.reopen();
    await profile.store.pack();
    const packs = await profile.store.db.getAll('packs');
    expect(packs.map(({ date, key }) => `${date} ${key}`)).toEqual([
      `${daysAgo(81)} month`,
      `${daysAgo(41)} month`,
    ]);
    expect(Object.values(await content())).toEqual([BOTH, BOTH, BOTH, BOTH]);
  });

  it('costs what was packed with it; that goes when all its days are erased', async () => {
    const [old, young] = [daysAgo(41), daysAgo(40)];
    await visits(old, young);
    await profile.store.compact();
    await damageKeys(profile.store, tablesOf(monthOf(old)));
    await profile.reopen();
    expect(await content()).toEqual({ [old]: DAMAGED, [young]: DAMAGED });
    const { kept, damaged } = await partly(erase(span(old)));
    expect([kept, damaged]).toEqual([[old], [old, young]]);
    expect(profile.store.vault.generations(eventsOf(old))).toBe(1);
    await erase(span(old, young));
    expect(await content()).toEqual({});
    expect(profile.store.vault.periods('months')).toEqual([]);
  });
});

describe('the key of contexts that does not open', () => {
  beforeEach(async () => {
    const both = await contextOnProfile(profile);
    await both.storage.saveInteractions([
      visitAt(profile.nowMs, 'https://secret.example/'),
      visitAt(profile.nowMs, 'https://other.example/'),
    ]);
    await both.storage.saveContext(someContext(both.storage.userId, 1, profile.nowMs));
    await damageKeys(profile.store, { store: 'derived', day: '1970-01-01' });
    await profile.reopen();
  });

  it.each([
    ['some', isSecret, false, 1],
    ['everything', () => true, true, 0],
  ] as const)('does not keep %s from being erased', async (_, targeted, everything, left) => {
    await profile.store.erase(targeted, everything);
    expect(await profile.store.recordCount()).toBe(left);
    expect(await profile.store.derived.names('contexts')).toEqual([]);
    expect(profile.store.vault.generations({ store: 'derived', day: '1970-01-01' })).toBe(0);
    await profile.reopen();
    expect(await profile.store.recordCount()).toBe(left);
  });
});

describe('a damaged day of a month whose days are packed together', () => {
  const [young, first, broken, last] = [3, 65, 66, 67].map((days) =>
    dayOf(Date.UTC(2026, 10, 24) - days * DAY_MS),
  ) as [Day, Day, Day, Day];

  beforeEach(async () => {
    await visits(young, first, broken, last);
    await profile.store.compact();
    await damageDay(profile.store, broken);
  });

  it('keeps only its month from losing a site, and the person is told how much went and what to do', async () => {
    const before = await profile.store.vault.currentKey(eventsOf(young));
    const error = await partly(siteIsGone());
    expect([error.count, error.kept, error.damaged]).toEqual([1, [last, first], [broken]]);
    expect(await content()).toEqual({ [last]: BOTH, [broken]: DAMAGED, [first]: BOTH, [young]: OTHER });
    // At once, not at the next start.
    expect(profile.store.vault.knows(eventsOf(young), before.generation)).toBe(false);
    expect(await profile.store.db.get('metadata', 'erasing')).toBeUndefined();
    expect(storageFailure(error)).toEqual({
      code: 'storage-corrupt',
      message:
        '1 record was deleted. What was meant of 2026-09-18, 2026-09-20 is still there, because stored data of 2026-09-19 is damaged. ' +
        'To delete it, first delete all of that day, with the day before and the day after; then delete this once more. Deleting everything works in any case.',
    });
  });

  it('goes when all of it is erased; then the others lose what is meant', async () => {
    const { generation } = await profile.store.vault.currentKey(tablesOf(monthOf(broken)));
    await erase(span(broken));
    expect(await content()).toEqual({ [last]: BOTH, [first]: BOTH, [young]: BOTH });
    expect(profile.store.vault.knows(tablesOf(monthOf(broken)), generation)).toBe(false);
    expect(profile.store.vault.generations(eventsOf(broken))).toBe(0);
    expect(await siteIsGone()).toBe(3);
    expect(await content()).toEqual({ [last]: OTHER, [first]: OTHER, [young]: OTHER });
  });

  it('does not keep everything from being erased', async () => {
    await erase({ what: 'all' });
    expect(await content()).toEqual({});
    const { vault } = profile.store;
    expect([...vault.periods('interactions'), ...vault.periods('months')]).toEqual([]);
  });

  it('does not touch what is packed of its month later: it is sealed with another key', async () => {
    const later = dayOf(dayStartMs(broken) - 4 * DAY_MS);
    await visits(later);
    await profile.store.compact();
    const month = tablesOf(monthOf(broken));
    const { generation } = await profile.store.vault.currentKey(month);
    const { count, kept } = await partly(siteIsGone());
    expect([count, kept]).toEqual([2, [last, first]]);
    expect((await content())[later]).toBe(OTHER);
    // That of the pack with the damaged day stays.
    const { vault } = profile.store;
    expect([vault.knows(month, generation), vault.knows(month, generation - 1)]).toEqual([false, true]);
    await profile.reopen();
    expect((await content())[last]).toBe(BOTH);
  });

  it('lets days leave for a file that are not bound to it', async () => {
    const made = await profile.store.archives.make({ before: daysAgo(0) }, async () => {});
    if (!made) throw new Error('nothing to archive');
    expect(await profile.store.archives.confirm(made.id)).toBe(2);
    expect(Object.keys(await profile.store.archivedDays())).toEqual([young]);
    expect(await content()).toEqual({ [last]: BOTH, [broken]: DAMAGED, [first]: BOTH });
  });
});

it('what the days of a month share gets another key when something of one of them is erased', async () => {
  const [old, young] = [daysAgo(41), daysAgo(40)];
  await visits(old, young);
  await profile.store.compact();
  const { vault } = profile.store;
  const month = tablesOf(monthOf(old));
  const { generation } = await vault.currentKey(month);
  const [pack] = await profile.store.db.getAll('packs');
  expect([pack?.key, pack?.generation]).toEqual(['month', generation]);
  await profile.store.erase((record) => isSecret(record) && dayOf(record.atMs) === old);
  const [after] = await profile.store.db.getAll('packs');
  expect([after?.key, after?.generation]).toEqual(['month', generation + 1]);
  expect([vault.knows(month, generation), vault.generations(month)]).toEqual([false, 1]);
  expect(await content()).toEqual({ [old]: OTHER, [young]: BOTH });
});
