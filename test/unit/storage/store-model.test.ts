/** Random commands against the store and against plain arrays: the same answers, whatever is packed, merged, erased or reopened. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import { foldEvents, type InteractionEvent, type NewEvent } from '../../../src/model/interaction.ts';
import { newestFirst, type PageQuery, pagesFound, typedQuery } from '../../../src/model/page-query.ts';
import { type EraseTarget, isTargeted } from '../../../src/model/selector.ts';
import { summaryOf } from '../../../src/model/summary.ts';
import type { DaySummary } from '../../../src/storage/statistics.ts';
import { emptyProfile, type LocalProfile } from '../../support/local-profile.ts';
import { eventsOfOneDay } from '../../support/some-events.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
/** Over a change of month, so that there are several digests. */
const DAYS = [0, 1, 2, 23, 24, 25].map((before) => NOW - before * DAY_MS);
const startOf = (ms: number) => Math.floor(ms / DAY_MS) * DAY_MS;

interface World {
  readonly profile: LocalProfile;
  events: InteractionEvent[];
}

/** An update lies with its visit: of one that lies on another day it is an orphan. */
const foldByDay = (events: readonly InteractionEvent[]) =>
  [...DAYS]
    .reverse()
    .flatMap((day) => foldEvents(events.filter(({ atMs }) => startOf(atMs) === startOf(day))));

const anyDay = fc.constantFrom(...DAYS);
const words = fc.constantFrom(
  '',
  'alpha',
  'be',
  'cafe',
  'a alpha',
  '東',
  'gamma beta',
  'nothing',
  'ex',
  'a.example/alpha',
  'alpha-beta',
);
const query: fc.Arbitrary<PageQuery> = fc
  .record(
    {
      text: words,
      site: fc.constantFrom('a.example', 'b.a.example', 'example', 'other.example'),
      kind: fc.constantFrom('visit', 'search', 'click'),
      fromMs: anyDay,
      toMs: fc.oneof(anyDay, anyDay.map(startOf)),
    },
    { requiredKeys: ['text'] },
  )
  .map(({ text, ...filter }) => ({ ...typedQuery(text), ...filter }) as PageQuery);
const target: fc.Arbitrary<EraseTarget> = fc.oneof(
  fc.constantFrom('a.example', 'b.a.example').map((host) => ({ what: 'site', host }) as const),
  fc
    .tuple(anyDay, fc.nat(3 * DAY_MS))
    .map(([fromMs, lengthMs]) => ({ what: 'range', fromMs, toMs: fromMs + lengthMs }) as const),
  fc.nat(60).map((n) => ({ what: 'record', id: `AAAAAAAAAAAAAAAAAAAAAA.1.${n.toString(36)}` }) as const),
);

class Append implements fc.AsyncCommand<object, World> {
  constructor(readonly event: InteractionEvent) {}
  check = () => this.event.kind !== 'visit-update';
  async run(_: object, world: World) {
    const { id: _id, ...event } = this.event;
    const stored = await world.profile.store.append({ event: event as NewEvent });
    if (!stored) throw new Error('not stored');
    world.events.push(stored);
  }
  toString = () => `append ${JSON.stringify(this.event)}`;
}

class AddDay implements fc.AsyncCommand<object, World> {
  constructor(
    readonly atMs: number,
    readonly events: readonly InteractionEvent[],
  ) {}
  check = () => true;
  async run(_: object, world: World) {
    // A device's counter names one event for ever: what another day has under the same id is left out.
    const elsewhere = new Set(
      world.events.filter(({ atMs }) => startOf(atMs) !== startOf(this.atMs)).map(({ id }) => id),
    );
    const own = this.events.filter(({ id }) => !elsewhere.has(id));
    const known = new Set(world.events.map(({ id }) => id));
    const fresh = own.filter(({ id }) => !known.has(id));
    expect(await world.profile.store.addEvents(dayOf(this.atMs), own)).toBe(fresh.length);
    world.events.push(...fresh);
  }
  toString = () => `add ${dayOf(this.atMs)} ${JSON.stringify(this.events)}`;
}

class Pack implements fc.AsyncCommand<object, World> {
  constructor(readonly force: boolean) {}
  check = () => true;
  run = (_: object, { profile }: World) => profile.store.pack(this.force);
  toString = () => `pack ${this.force}`;
}

class Reopen implements fc.AsyncCommand<object, World> {
  check = () => true;
  run = (_: object, { profile }: World) => profile.reopen();
  toString = () => 'reopen';
}

class Erase implements fc.AsyncCommand<object, World> {
  constructor(readonly target: EraseTarget) {}
  check = () => true;
  async run(_: object, world: World) {
    const gone = new Set(
      foldByDay(world.events)
        .filter((record) => isTargeted(record, this.target))
        .map(({ id }) => id),
    );
    const erased = await world.profile.store.erase((record) => isTargeted(record, this.target));
    expect(erased).toBe(gone.size);
    world.events = world.events.filter(
      (event) => !gone.has(event.kind === 'visit-update' ? event.visit : event.id),
    );
  }
  toString = () => `erase ${JSON.stringify(this.target)}`;
}

/** Of equal time the order is open. */
const comparable = (found: readonly { page: { url: string }; atMs: number; count: number }[]) =>
  found.map(({ page, atMs, count }) => `${atMs} ${page.url} ${count}`).sort();

class Find implements fc.AsyncCommand<object, World> {
  constructor(readonly query: PageQuery) {}
  check = () => true;
  async run(_: object, { profile, events }: World) {
    const expected = DAYS.flatMap((day) => {
      const ofDay = events.filter(({ atMs }) => startOf(atMs) === startOf(day));
      const sorted = [...ofDay].sort((a, b) => a.atMs - b.atMs);
      return pagesFound(sorted, this.query);
    });
    const found = [];
    for await (const one of profile.store.findPages(this.query)) found.push(one);
    expect(comparable(found)).toEqual(comparable(newestFirst(expected)));
    const days = found.map(({ atMs }) => startOf(atMs));
    expect(days).toEqual([...days].sort((a, b) => b - a));
  }
  toString = () => `find ${JSON.stringify(this.query)}`;
}

class ReadAll implements fc.AsyncCommand<object, World> {
  check = () => true;
  async run(_: object, { profile, events }: World) {
    const all = [];
    for await (const { records } of profile.store.recordsByDay('oldest')) all.push(...records);
    expect(all).toEqual(foldByDay(events));
    expect(await profile.store.recordCount()).toBe(all.length);
  }
  toString = () => 'read all';
}

class Summarise implements fc.AsyncCommand<object, World> {
  check = () => true;
  async run(_: object, { profile, events }: World) {
    const days = DAYS.map(dayOf).sort();
    const expected = days.flatMap((day) => {
      const ofDay = events.filter(({ atMs }) => dayOf(atMs) === day);
      return ofDay.length === 0 ? [] : [{ day, summary: summaryOf(foldEvents(ofDay)) }];
    });
    const found = [];
    for await (const one of profile.store.summariesByDay(days[0] ?? '', days.at(-1) ?? '', { sites: true }))
      found.push(one);
    expect(whole(found)).toEqual(whole(expected));
  }
  toString = () => 'summarise';
}

/** Digests keep whole ms; sites in one order. */
const whole = (summaries: readonly DaySummary[]) =>
  summaries.map(({ day, summary: { hours, spans, sites, dwellMs } }) => ({
    day,
    hours,
    dwellMs: Math.floor(dwellMs),
    spans: spans.map(({ fromMs, toMs }) => [fromMs, Math.floor(toMs)]),
    sites: [...sites]
      .map(([host, site]) => ({ host, ...site, dwellMs: Math.floor(site.dwellMs) }))
      .sort((a, b) => (a.host < b.host ? -1 : 1)),
  }));

const commands = fc.commands(
  [
    anyDay.chain((day) =>
      eventsOfOneDay(startOf(day), 1)
        .filter((events) => events.length === 1 && events[0]?.kind !== 'visit-update')
        .map(([event]) => new Append(event as InteractionEvent)),
    ),
    anyDay.chain((day) => eventsOfOneDay(startOf(day), 12).map((events) => new AddDay(day, events))),
    fc.boolean().map((force) => new Pack(force)),
    fc.constant(new Reopen()),
    target.map((one) => new Erase(one)),
    query.map((one) => new Find(one)),
    query.map((one) => new Find(one)),
    fc.constant(new ReadAll()),
    fc.constant(new Summarise()),
  ],
  { maxCommands: 14 },
);

const RUNS = Number(process.env.ARQ_MODEL_RUNS ?? 300);

it(`the store and the model agree over ${RUNS} sequences`, { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (sequence) => {
      const profile = await emptyProfile(NOW);
      try {
        await fc.asyncModelRun(
          () => ({ model: {}, real: { profile, events: [] as InteractionEvent[] } }),
          [...sequence, new ReadAll(), new Find({ words: [] })],
        );
        expect(profile.damaged).toBe(0);
      } finally {
        profile.store.close();
      }
    }),
    { numRuns: RUNS },
  );
});
