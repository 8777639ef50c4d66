/** Every field of everything that an export has: what is left of it in an anonymised one. */
import { describe, expect, it } from 'vitest';
import {
  anonymised,
  anonymisedRecords,
  calledAfterwards,
  type How,
  KeyedNames,
  TABLES,
  type TableName,
} from '../../../src/lifecycle/anonymise.ts';
import { FIELDS } from '../../../src/model/interaction-fields.ts';
import {
  CLICK,
  CONTEXT,
  PREFERENCES,
  PROFILE,
  RECORDS,
  REDUCED,
  SEARCH,
  VISIT,
} from '../../support/full-things.ts';

const SAMPLES: Readonly<Record<TableName, object>> = {
  visit: VISIT,
  search: SEARCH,
  click: CLICK,
  reduced: REDUCED,
  context: CONTEXT,
  clickPatterns: CONTEXT.clickPatterns[0] as object,
  predictedNextActions: CONTEXT.predictedNextActions[0] as object,
  recommendedContent: CONTEXT.recommendedContent[0] as object,
  deviceInfo: CONTEXT.deviceInfo,
  preferences: PREFERENCES,
  profile: PROFILE,
};
const NAMES = Object.keys(SAMPLES) as TableName[];
const howsOf = (table: TableName): Readonly<Record<string, How>> => TABLES[table];
const key = new Uint8Array(32).fill(1);

describe.each(NAMES)('%s', (table) => {
  const sample = SAMPLES[table] as Record<string, unknown>;

  it('has a decision for each of its fields, and for no other', () => {
    expect(Object.keys(howsOf(table)).sort()).toEqual(Object.keys(sample).sort());
  });

  it('keeps nothing that its decisions do not say', async () => {
    const left = await anonymised(
      table,
      { ...sample, newer: 'secret field of a newer version' },
      new KeyedNames(),
    );
    expect(JSON.stringify(left)).not.toMatch(/secret|\d{4}-\d\d-\d\dT\d\d:(?!00:00\.000Z)/i);
    const allowed = Object.entries(howsOf(table)).flatMap(([field, how]) =>
      how === 'left out' ? [] : [calledAfterwards(field)],
    );
    expect(allowed).toEqual(expect.arrayContaining(Object.keys(left)));
  });

  it.each(Object.entries(howsOf(table)))('%s is %s', async (field, how) => {
    const before = sample[field];
    const left = await anonymised(table, sample, new KeyedNames(key));
    const after = left[calledAfterwards(field)];
    switch (how) {
      case 'left out':
        // Its name may be that of another field afterwards.
        expect(JSON.stringify(left)).not.toContain(JSON.stringify(before));
        break;
      case 'kept':
        expect(after).toEqual(before);
        expect(typeof before === 'string' ? before : '').toMatch(/^[a-z-]{0,14}$/);
        break;
      case 'hour': {
        const ms = before instanceof Date ? before.getTime() : Number(before);
        expect(after).toBe(`${new Date(ms).toISOString().slice(0, 13)}:00:00.000Z`);
        break;
      }
      case 'minutes':
        expect(after).toBe(Math.round(Number(before) / 60_000));
        break;
      case 'keyed':
      case 'site':
        expect(after).toMatch(/^[\w-]{16}$/);
        break;
      case 'count':
        expect(after).toBe((before as unknown[]).length);
        break;
      case 'region':
        expect(['Europe', 'unknown']).toContain(after);
        break;
      case 'language':
        expect(after).toBe('de');
        break;
      case 'role':
        expect(after).toBe('other');
        break;
      case 'category':
        expect(after).toBe('web');
        break;
      case 'each':
        expect(Array.isArray(after)).toBe(Array.isArray(before));
        break;
    }
  });
});

it.each(Object.keys(FIELDS) as (keyof typeof FIELDS)[])(
  'a field that the parser of a %s takes has a decision',
  (kind) => {
    const fields = Object.keys(FIELDS[kind]);
    expect(Object.keys(howsOf(kind))).toEqual(expect.arrayContaining(fields));
  },
);

it('what is usual of roles, categories and regions is kept', async () => {
  const names = new KeyedNames();
  expect(await anonymised('click', { ...CLICK, role: 'link' }, names)).toMatchObject({ role: 'link' });
  expect(await anonymised('reduced', { ...REDUCED, category: 'news' }, names)).toMatchObject({
    category: 'news',
  });
  const there = { ...CONTEXT, locationHint: 'South America' };
  expect(await anonymised('context', there, names)).toMatchObject({ region: 'South America' });
});

it('hashes are the same within one export, and others in the next', async () => {
  const [one, two] = [new KeyedNames(), new KeyedNames()];
  const of = (names: KeyedNames) => anonymised('visit', VISIT, names);
  expect(await of(one)).toEqual(await of(one));
  const [first, second] = [await of(one), await of(two)];
  for (const field of ['id', 'site', 'referrerSite']) expect(first[field]).not.toBe(second[field]);
  // The same host is the same site, wherever it stands.
  const back = await anonymised('visit', { ...VISIT, url: VISIT.referrer, referrer: VISIT.url }, one);
  expect([back.site, back.referrerSite]).toEqual([first.referrerSite, first.site]);
  // The same text as something else is something else.
  expect(await one.of('id', 'x')).not.toBe(await one.of('engine', 'x'));
});

it('the order within an hour tells nothing of what came first', async () => {
  const many = Array.from({ length: 40 }, (_, i) => ({
    ...VISIT,
    id: `d.1.${i}`,
    atMs: VISIT.atMs + i * 1_000,
  }));
  const order = async () => {
    const names = new KeyedNames();
    const ids = await Promise.all(many.map(({ id }) => names.of('id', id)));
    return (await anonymisedRecords(many, names)).map(({ id }) => ids.indexOf(id as string)).join();
  };
  expect(await order()).not.toBe(await order());
  expect(await anonymisedRecords(RECORDS, new KeyedNames())).toHaveLength(RECORDS.length);
});
