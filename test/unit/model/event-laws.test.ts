/** Laws of events: what they fold into, and what is left of them by deletions and rules, in whatever order all of it comes. */
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { reduceEvents, withoutMeant } from '../../../src/capture/late-rules.ts';
import { importMacKey } from '../../../src/crypto/primitives.ts';
import {
  compareEvents,
  countsAtMs,
  foldEvents,
  type InteractionEvent,
  type InteractionRecord,
  recordOf,
  type VisitEvent,
  type VisitUpdate,
} from '../../../src/model/interaction.ts';
import type { Reduction } from '../../../src/model/reduction.ts';
import { type EraseTarget, targetedBy } from '../../../src/model/selector.ts';
import { commandsOf, type EraseCommand, meantUntil } from '../../../src/sync/erasures.ts';
import { withoutErased } from '../../../src/sync/parts.ts';
import { LAWS_SEED, law, slowLaw } from '../../support/laws.ts';
import { eventsOfOneDay } from '../../support/some-events.ts';

const START = Date.UTC(2026, 9, 29);
const key = importMacKey(new Uint8Array(32).fill(5));

const minute = fc.nat(5).map((n) => START + n * 60_000);
/** With some updates of one visit, which may be of one moment. */
const some = fc
  .tuple(
    eventsOfOneDay(START, 10),
    fc.array(fc.tuple(minute, fc.option(fc.constantFrom('One', 'Two')), fc.nat(9)), { maxLength: 4 }),
  )
  .map(([events, more]): InteractionEvent[] => {
    const [visit] = events.filter(({ kind }) => kind === 'visit');
    if (!visit) return events;
    const updates = more.map(
      ([atMs, title, dwellMs], n): VisitUpdate => ({
        kind: 'visit-update',
        id: `CCCCCCCCCCCCCCCCCCCCCC.1.${n}`,
        visit: visit.id,
        atMs,
        ...(title === null ? {} : { title }),
        ...(dwellMs === 0 ? {} : { dwellMs }),
      }),
    );
    return [...events, ...updates];
  });
const parts = some.chain((events) =>
  fc.record({
    events: fc.constant(events),
    arriving: fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 }),
  }),
);
const updatesOf = (events: readonly InteractionEvent[], id: string): VisitUpdate[] =>
  events
    .filter((event) => event.kind === 'visit-update' && event.visit === id)
    .map((event) => event as VisitUpdate)
    .sort(compareEvents);

describe(`folding, ARQ_SEED=${LAWS_SEED}`, () => {
  law('the order of events does not matter, nor how often each comes', parts, ({ events, arriving }) => {
    expect(foldEvents(arriving)).toEqual(foldEvents(events));
  });

  law('a record follows from its own events alone', some, (events) => {
    const whole = foldEvents(events);
    for (const record of whole)
      expect(foldEvents(events.filter((event) => recordOf(event) === record.id))).toEqual([record]);
  });

  law('without the events of one record all others are as they were', some, (events) => {
    const whole = foldEvents(events);
    for (const { id } of whole.slice(0, 3))
      expect(foldEvents(events.filter((event) => recordOf(event) !== id))).toEqual(
        whole.filter((record) => record.id !== id),
      );
  });

  law('time spent is the sum of all that was added, each once; the title is the newest', parts, (drawn) => {
    for (const record of foldEvents(drawn.arriving)) {
      if (record.kind !== 'visit') continue;
      const updates = updatesOf(drawn.events, record.id);
      expect(record.dwellMs).toBe(updates.reduce((sum, { dwellMs = 0 }) => sum + dwellMs, 0));
      const last = updates.findLast(({ title }) => title !== undefined);
      const visit = drawn.events.find(({ id }) => id === record.id);
      expect(record.title).toBe(last?.title ?? (visit && 'title' in visit ? visit.title : undefined));
    }
  });
});

/** Few addresses, so that they meet. */
const page = fc
  .tuple(fc.constantFrom('a.example', 'sub.a.example', 'b.example'), fc.constantFrom('/', '/x', '/x?q=1'))
  .map(([host, path]) => `https://${host}${path}`);
const hours = fc.nat(2).map((hour) => START + hour * 3_600_000);
const time = fc.tuple(hours, fc.nat(2)).map(([hour, more]) => hour + more * 60_000);
const optional = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });
const visits: fc.Arbitrary<InteractionEvent[]> = fc
  .array(
    fc.tuple(page, time, optional(page), optional(hours)).map(([url, atMs, referrer, afterMs]) => ({
      kind: 'visit' as const,
      id: '',
      atMs,
      level: 'private' as const,
      url,
      title: 'A title',
      transition: 'link' as const,
      ...(referrer === undefined ? {} : { referrer }),
      ...(afterMs === undefined ? {} : { afterMs }),
    })),
    { minLength: 1, maxLength: 6 },
  )
  .map((all) => all.map((event, n) => ({ ...event, id: `A.1.${n}` })));
const target: fc.Arbitrary<EraseTarget> = fc.oneof(
  page.map((url) => ({ what: 'page' as const, url })),
  fc.constantFrom('a.example', 'b.example').map((host) => ({ what: 'site' as const, host })),
  fc.tuple(hours, hours).map(([fromMs, toMs]) => ({ what: 'range' as const, fromMs, toMs })),
  fc.constant({ what: 'all' as const }),
);
const reduction: fc.Arbitrary<Reduction> = fc.record({
  level: fc.constantFrom('private' as const, 'anonymous' as const),
  rules: fc.array(
    fc.record({
      id: fc.constant('r'),
      host: fc.constantFrom('a.example', 'b.example'),
      capture: fc.constantFrom('skip' as const, 'domain' as const, 'no-query' as const, 'full' as const),
    }),
    { maxLength: 2 },
  ),
});

/** As a device gives one that has all of the events: with the ids of what is meant (docs/decisions/0013). */
async function given(one: EraseTarget, atMs: number, events: readonly InteractionEvent[], n: number) {
  const isTargeted = targetedBy([one]);
  const named = foldEvents(events)
    .filter((record) => countsAtMs(record) <= atMs && isTargeted(record))
    .map((record): EraseTarget => {
      const { id } = record;
      return 'url' in record
        ? { what: 'record', id, day: '2026-10-29', url: record.url }
        : { what: 'record', id, day: '2026-10-29' };
    });
  return commandsOf([one, ...named], await key, { id: `deletion${n}`, atMs });
}

/** What a device has, and what it knows of. */
class Held {
  events: readonly InteractionEvent[] = [];
  readonly #commands: EraseCommand[] = [];
  #reduction: (Reduction & { readonly atMs: number }) | undefined;

  async #meant(): Promise<ReturnType<typeof meantUntil>> {
    return meantUntil(this.#commands, await key);
  }

  async #isMeant(): Promise<(record: InteractionRecord) => Promise<boolean>> {
    const until = await this.#meant();
    return async (record) => (await until(record)) !== undefined;
  }

  async erase(commands: readonly EraseCommand[]): Promise<void> {
    this.#commands.push(...commands);
    this.events = await withoutErased(this.events, meantUntil(commands, await key));
  }

  async reduce(one: Reduction & { readonly atMs: number }): Promise<void> {
    this.#reduction = one;
    this.events = await withoutMeant(this.events, reduceEvents(this.events, one), await this.#isMeant());
  }

  async arrive(events: readonly InteractionEvent[]): Promise<void> {
    const one = this.#reduction;
    const left = one ? await withoutMeant(events, reduceEvents(events, one), await this.#isMeant()) : events;
    const there = new Set(this.events.map(({ id }) => id));
    const fresh = await withoutErased(left, await this.#meant());
    this.events = [...this.events, ...fresh.filter(({ id }) => !there.has(id))];
  }

  left(): readonly InteractionRecord[] {
    return foldEvents(this.events);
  }
}

const given2 = fc.record({
  events: visits,
  targets: fc.array(fc.tuple(target, hours), { minLength: 1, maxLength: 3 }),
  orders: fc.tuple(fc.nat(), fc.nat()),
});
/** One of all orders, from a number. */
function inOrder<T>(all: readonly T[], drawn: number): T[] {
  const left = [...all];
  let rest = drawn;
  const ordered: T[] = [];
  while (left.length > 0) {
    ordered.push(...left.splice(rest % left.length, 1));
    rest = Math.floor(rest / (left.length + 1)) + 7;
  }
  return ordered;
}

describe(`deletions, ARQ_SEED=${LAWS_SEED}`, () => {
  slowLaw('mean the same in whatever order and however often they are known', given2, async (drawn) => {
    const { events, targets, orders } = drawn;
    const groups = await Promise.all(targets.map(([one, atMs], n) => given(one, atMs, [], n)));
    const one = meantUntil(inOrder(groups.flat(), orders[0]), await key);
    const other = meantUntil(inOrder([...groups, ...groups].flat(), orders[1]), await key);
    const apart = await Promise.all(groups.map(async (group) => meantUntil(group, await key)));
    for (const record of foldEvents(events)) {
      const until = await one(record);
      expect(await other(record)).toBe(until);
      // All together mean what any of them does.
      const each = (await Promise.all(apart.map((by) => by(record)))).filter((ms) => ms !== undefined);
      expect(each.length === 0 ? undefined : Math.max(...each)).toBe(until);
    }
  });

  slowLaw('leave the same, whatever of them and of the records comes first', given2, async (drawn) => {
    const { events, targets, orders } = drawn;
    const groups = await Promise.all(targets.map(([one, atMs], n) => given(one, atMs, events, n)));
    const ends = await Promise.all(
      orders.map(async (order) => {
        const held = new Held();
        const steps = [
          ...groups.map((group) => () => held.erase(group)),
          () => held.arrive(events.slice(0, 2)),
          () => held.arrive(events),
        ];
        for (const step of inOrder(steps, order)) await step();
        return held.left();
      }),
    );
    expect(ends[1]).toEqual(ends[0]);
  });

  slowLaw(
    'and rules leave the same, whichever comes first',
    fc.tuple(given2, reduction, hours),
    async ([{ events: drawn, targets, orders }, rules, atMs]) => {
      // Links apart: one that rules shortened first is not what a deletion of its page means any more.
      const events = drawn.map((event): InteractionEvent => {
        const { referrer: _, ...rest } = event as VisitEvent;
        return rest;
      });
      const groups = await Promise.all(targets.map(([one, when], n) => given(one, when, events, n)));
      const ends = await Promise.all(
        orders.map(async (order) => {
          const held = new Held();
          const steps = [
            ...groups.map((group) => () => held.erase(group)),
            () => held.reduce({ ...rules, atMs }),
            () => held.arrive(events),
          ];
          for (const step of inOrder(steps, order)) await step();
          return held.left();
        }),
      );
      expect(ends[1]).toEqual(ends[0]);
    },
  );

  slowLaw('mean nothing that was recorded knowing of them', given2, async ({ events, targets }) => {
    for (const [n, [one, atMs]] of targets.entries()) {
      const later = events.map((event) => ({ ...event, id: `B.1.${event.id.slice(4)}`, afterMs: atMs }));
      const held = new Held();
      await held.erase(await given(one, atMs, events, n));
      await held.arrive(later);
      expect(held.left()).toEqual(foldEvents(later));
    }
  });
});
