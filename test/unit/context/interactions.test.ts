/** Saving and asking for interactions: each once, the right ones, newest first, and only as much read as is consumed. */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, dayOf, HOUR_MS } from '../../../src/base/clock.ts';
import { matchesWords } from '../../../src/context/interactions.ts';
import { foldEvents, recordKind } from '../../../src/model/interaction.ts';
import { parseEvent } from '../../../src/model/parse-event.ts';
import { type InteractionFilter, parseFilter, type QueryMetrics } from '../../../src/model/query.ts';
import { matchesFilter } from '../../../src/model/selector.ts';
import type { NewInteraction } from '../../../src/model/user-interaction.ts';
import {
  type ContextProfile,
  clickAt,
  contextProfile,
  reducedAt,
  searchAt,
  visitAt,
} from '../../support/context-profile.ts';
import { eventsOfOneDay } from '../../support/some-events.ts';

let both: ContextProfile;
let now: number;
beforeEach(async () => {
  both = await contextProfile();
  now = both.profile.nowMs;
});
const query = (filter: InteractionFilter = {}) => both.storage.queryInteractions(filter);

describe('saving', () => {
  it('keeps every sort as it was, over several days, also packed and after a restart', async () => {
    const all = [
      visitAt(now - 2 * DAY_MS, 'https://a.example/', {
        id: 'd.0.1',
        dwellMs: 5000,
        referrer: 'https://b.example/',
      }),
      reducedAt(now - 2 * DAY_MS + HOUR_MS),
      searchAt(now - DAY_MS, 'beetroot'),
      clickAt(now),
    ];
    await both.storage.saveInteractions(all);
    const expected = [...all].reverse().map((one) => expect.objectContaining(one));
    expect(await query()).toEqual(expected);
    await both.storage.compactDatabase();
    await both.reopen();
    expect(await query()).toEqual(expected);
  });

  it('keeps each once: by the id that was given, else by the content', async () => {
    const all = [visitAt(now, 'https://a.example/', { dwellMs: 7 }), clickAt(now), searchAt(now, 'x')];
    await both.storage.saveInteractions([...all, ...all]);
    await both.storage.saveInteractions(all);
    await both.storage.saveInteractions([visitAt(now, 'https://a.example/', { id: 'd.0.1' })]);
    await both.storage.saveInteractions([visitAt(now, 'https://other.example/', { id: 'd.0.1' })]);
    const found = await query();
    expect(found).toHaveLength(4);
    expect(await both.profile.store.recordCount()).toBe(4);
    expect(found.filter((one) => one.kind === 'visit').map((one) => one.dwellMs)).toEqual(
      expect.arrayContaining([7, 0]),
    );
  });

  it('of what was recorded and read adds nothing: no second record, no time', async () => {
    const { store } = both.profile;
    const common = { atMs: now, level: 'private' as const };
    const visit = await store.append({
      event: { ...common, kind: 'visit', url: 'https://a.example/', title: '', transition: 'link' },
    });
    await store.append({ event: { kind: 'visit-update', visit: visit?.id ?? '', atMs: now, dwellMs: 900 } });
    const read = await query();
    await both.storage.saveInteractions(read);
    expect(await query()).toEqual(read);
    await both.storage.compactDatabase();
    await both.storage.saveInteractions(read);
    expect(await query()).toEqual(read);
    expect(await store.recordCount()).toBe(1);
  });

  it('keeps an id once on its UTC day: days are not searched for ids of other days', async () => {
    const with1 = (daysAgo: number) =>
      visitAt(now - daysAgo * DAY_MS, `https://a.example/${daysAgo}`, { id: 'd.0.1' });
    for (const daysAgo of [0, 1, 0, 1]) await both.storage.saveInteractions([with1(daysAgo)]);
    expect(await query({})).toHaveLength(2);
    await both.profile.store.erase(({ id }) => id === 'd.0.1');
    expect(await query({})).toEqual([]);
  });

  it('keeps an id once, also when one call has it twice with different content', async () => {
    await both.storage.saveInteractions([
      visitAt(now, 'https://a.example/', { id: 'd.0.1', dwellMs: 5 }),
      visitAt(now, 'https://b.example/', { id: 'd.0.1', dwellMs: 9 }),
    ]);
    expect(await query()).toMatchObject([{ url: 'https://a.example/', dwellMs: 5 }]);
  });

  it('while sync is on, queues each day that gained something, once', async () => {
    const { store } = both.profile;
    store.syncing = true;
    const all = [visitAt(now), visitAt(now - 1), searchAt(now - 2 * DAY_MS, 'x')];
    const queued = async () => (await store.db.getAll('outbox')).map((row) => row.what === 'day' && row.day);
    await both.storage.saveInteractions(all);
    const days = [dayOf(now - 2 * DAY_MS), dayOf(now)];
    expect(await queued()).toEqual(days);
    await both.storage.saveInteractions(all);
    expect(await queued()).toEqual(days);
  });

  it('keeps what other devices and files accept too: ids of the caller, parts of a millisecond', async () => {
    await both.storage.saveInteractions([
      visitAt(now, 'https://a.example/', { id: 'my-app.0.1', dwellMs: 1.5 }),
      searchAt(now, 'x'),
      clickAt(now),
      reducedAt(now - (now % HOUR_MS)),
    ]);
    const { events } = await both.profile.store.eventsOfDay(dayOf(now));
    expect(events).toHaveLength(5);
    for (const event of events) expect(parseEvent(event)).toEqual(event);
  });

  it.each<[string, object]>([
    ['level', { level: 'ephemeral' }],
    ['level', { level: 'anonymous' }],
    ['url', { url: 'javascript:alert(1)' }],
    ['timestamp', { timestamp: new Date(Number.NaN) }],
    ['timestamp', { timestamp: now }],
    ['timestamp', { timestamp: new Date(8.64e15) }],
    ['id', { id: 'no dots' }],
    ['dwellMs', { dwellMs: -1 }],
    ['more', { more: 1 }],
  ])('refuses a wrong %s (%j), and then saves none', async (field, wrong) => {
    const bad = { ...visitAt(now), ...wrong } as NewInteraction;
    const error = await both.storage.saveInteractions([visitAt(now), bad]).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain(field);
    expect(await query()).toEqual([]);
  });

  it('refuses a reduced record with an exact time', async () => {
    await expect(both.storage.saveInteractions([reducedAt(HOUR_MS + 1)])).rejects.toBeInstanceOf(TypeError);
  });
});

describe('a query', () => {
  const titles = async (filter: InteractionFilter) =>
    (await query(filter)).map((one) => ('title' in one ? one.title : one.kind));
  beforeEach(() =>
    both.storage.saveInteractions([
      visitAt(now - 3 * DAY_MS, 'https://news.a.example/x', { title: 'Old garden' }),
      visitAt(now - 2 * DAY_MS, 'https://b.example/', { title: 'Garden shed' }),
      reducedAt(now - 2 * DAY_MS + HOUR_MS),
      searchAt(now - DAY_MS, 'garden gate'),
      visitAt(now, 'https://a.example/', { title: 'Kitchen' }),
    ]),
  );

  it('goes by time: from, up to but not including', async () => {
    expect(await titles({ from: new Date(now - 2 * DAY_MS), to: new Date(now) })).toEqual([
      'search',
      'reduced',
      'Garden shed',
    ]);
  });
  it('goes by site with its subdomains, however it is written', async () => {
    expect(await titles({ site: 'a.example' })).toEqual(['Kitchen', 'Old garden']);
    expect(await titles({ site: 'https://www.a.example/path' })).toEqual(['Kitchen', 'Old garden']);
  });
  it('goes by type', async () => {
    expect(await titles({ type: 'search' })).toEqual(['search']);
    expect(await titles({ type: 'visit' })).toEqual(['Kitchen', 'reduced', 'Garden shed', 'Old garden']);
  });
  it('finds a packed day that has only records without a page', async () => {
    await both.storage.saveInteractions([reducedAt(now - 20 * DAY_MS)]);
    await both.storage.compactDatabase();
    expect(await titles({ to: new Date(now - 10 * DAY_MS) })).toEqual(['reduced']);
    expect(await titles({ to: new Date(now - 10 * DAY_MS), type: 'visit' })).toEqual(['reduced']);
  });
  it('goes by words of the record', async () => {
    expect(await titles({ text: 'GARD' })).toEqual(['search', 'Garden shed', 'Old garden']);
    expect(await titles({ text: 'garden b.example' })).toEqual(['Garden shed']);
    expect(await titles({ text: '!?' })).toEqual([]);
    expect(await titles({ text: ' ' })).toHaveLength(5);
  });
  it('stops at the limit, and reads no further day', async () => {
    let metrics: QueryMetrics | undefined;
    const found = await both.storage.queryInteractions({ limit: 1 }, { metrics: (m) => (metrics = m) });
    expect(found).toHaveLength(1);
    expect(metrics).toMatchObject({ rowsRead: 1, rowsReturned: 1 });
    expect(await query({ limit: 0 })).toEqual([]);
  });
  it.each<InteractionFilter>([
    { from: new Date(Number.NaN) },
    { site: 'no host!' },
    { type: 'clicks' as never },
    { limit: -1 },
  ])('refuses %j', async (filter) => {
    await expect(query(filter)).rejects.toBeInstanceOf(TypeError);
  });
});

describe('a cursor', () => {
  beforeEach(() => both.storage.saveInteractions([0, 1, 2, 3].map((days) => visitAt(now - days * DAY_MS))));

  it('stops reading when its consumer stops, and tells what it cost', async () => {
    let metrics: QueryMetrics | undefined;
    for await (const _ of both.storage.interactionsCursor({}, { metrics: (m) => (metrics = m) })) break;
    expect(metrics).toMatchObject({ rowsRead: 1, rowsReturned: 1 });
  });

  it('rejects with the reason when it is stopped, in between or before', async () => {
    const stop = new AbortController();
    let count = 0;
    let metrics: QueryMetrics | undefined;
    const reading = async () => {
      const options = { signal: stop.signal, metrics: (m: QueryMetrics) => (metrics = m) };
      for await (const _ of both.storage.interactionsCursor({}, options)) {
        count += 1;
        if (count === 2) stop.abort(new Error('enough'));
      }
    };
    await expect(reading()).rejects.toThrow('enough');
    expect([count, metrics?.rowsRead]).toEqual([2, 2]);
    await expect(reading()).rejects.toThrow('enough');
    expect(count).toBe(2);
  });
});

it('a cursor stops within a day, too', async () => {
  await both.storage.saveInteractions([0, 1, 2].map((i) => visitAt(now - i, `https://a.example/${i}`)));
  const stop = new AbortController();
  const cursor = both.storage.interactionsCursor({}, { signal: stop.signal });
  await cursor.next();
  stop.abort(new Error('enough'));
  await expect(cursor.next()).rejects.toThrow('enough');
});

it('what a query finds is what a plain filter finds, packed or not', async () => {
  const startMs = Math.floor(now / DAY_MS) * DAY_MS;
  const filters = fc.record(
    {
      text: fc.constantFrom('alpha', 'be cafe', '東', 'google', 'example'),
      site: fc.constantFrom('a.example', 'example'),
      type: fc.constantFrom('visit', 'search', 'click'),
      from: fc.constantFrom(startMs, startMs + 5 * HOUR_MS).map((ms) => new Date(ms)),
      to: fc.constantFrom(startMs + 9 * HOUR_MS, startMs + 2 * DAY_MS).map((ms) => new Date(ms)),
      limit: fc.nat(9),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(
      eventsOfOneDay(startMs),
      fc.array(filters, { maxLength: 4 }),
      fc.boolean(),
      async (events, asked, packed) => {
        both = await contextProfile();
        const { store } = both.profile;
        if (events.length > 0) await store.addEvents(dayOf(startMs), events);
        if (packed) await store.pack(true);
        for (const filter of asked as InteractionFilter[]) {
          const parsed = parseFilter(filter);
          const expected = foldEvents(events)
            .filter((record) => matchesFilter(record, parsed) && matchesWords(record, parsed.words))
            .reverse()
            .slice(0, parsed.limit)
            .map((record) => `${record.id} ${recordKind(record)}`);
          const found = await query(filter);
          expect(found.map((one) => `${one.id} ${one.kind === 'reduced' ? one.of : one.kind}`)).toEqual(
            expected,
          );
        }
        store.close();
      },
    ),
    { numRuns: 60 },
  );
});
