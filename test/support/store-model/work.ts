/**
 * What changes the store. Each can be done to its end, or be killed in the middle: then the store is as before or as after.
 * Over 300 lines, because the model's answer to each stands beside what the store does.
 */
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { daysOf as daysOfProfile } from '../../../src/background/services/search.ts';
import { type Bytes, concat } from '../../../src/base/bytes.ts';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import {
  foldEvents,
  type InteractionEvent,
  type InteractionRecord,
  type NewEvent,
  type VisitRecord,
} from '../../../src/model/interaction.ts';
import { type EraseTarget, isTargeted } from '../../../src/model/selector.ts';
import { DamagedError } from '../../../src/storage/database.ts';
import { movedOf } from '../../../src/storage/erase.ts';
import {
  type Archived,
  addNew,
  DAYS,
  foldByDay,
  monthOfRecord,
  ofDay,
  recordsIn,
  startOf,
  stubsOf,
  type Waiting,
  type World,
} from './world.ts';

/** The days that the background erases on. */
const daysOf = (profile: World['profile'], target: EraseTarget) =>
  daysOfProfile(profile as unknown as Parameters<typeof daysOfProfile>[0], target);

export interface Work {
  /** Does it to the store, then to the model. */
  run(world: World): Promise<void>;
  /** The store was killed while `run` was under way, and opened again. */
  interrupted(world: World): Promise<void>;
  toString(): string;
}

const expectAsBefore = async ({ profile, events }: World): Promise<void> =>
  expect(await recordsIn(profile)).toEqual(foldByDay(events));

/** Each month is as it was, or as it was to become. */
async function expectByMonth({ profile, events }: World, left: readonly InteractionEvent[]) {
  const [before, after, now] = [foldByDay(events), foldByDay(left), await recordsIn(profile)];
  for (const month of new Set(before.map(monthOfRecord))) {
    const inMonth = (all: readonly InteractionRecord[]) => all.filter((one) => monthOfRecord(one) === month);
    if (!isDeepStrictEqual(inMonth(now), inMonth(after))) expect(inMonth(now)).toEqual(inMonth(before));
  }
  expect(now.every((record) => before.some(({ id }) => id === record.id))).toBe(true);
}

export class Append implements Work {
  constructor(readonly event: InteractionEvent) {}
  async run(world: World) {
    const { id: _id, ...event } = this.event;
    const stored = await world.profile.store.append({ event: event as NewEvent });
    if (!stored) throw new Error('not stored');
    world.events.push(stored);
  }
  async interrupted(world: World) {
    const { id: _id, ...event } = this.event;
    const known = new Set(world.events.map(({ id }) => id));
    const { events } = await world.profile.store.eventsOfDay(dayOf(event.atMs));
    const [added, ...more] = events.filter(({ id }) => !known.has(id));
    expect(more).toEqual([]);
    if (added) {
      expect(added).toEqual({ ...event, id: added.id });
      world.events.push(added);
    }
    await expectAsBefore(world);
  }
  toString = () => `append ${JSON.stringify(this.event)}`;
}

export class AddDay implements Work {
  constructor(
    readonly atMs: number,
    readonly events: readonly InteractionEvent[],
  ) {}
  /** A device's counter names one event for ever: what another day has under the same id is left out. */
  #own({ events, archives }: World): InteractionEvent[] {
    const all = [...events, ...archives.flatMap((archive) => archive.events)];
    const elsewhere = new Set(
      all.filter(({ atMs }) => startOf(atMs) !== startOf(this.atMs)).map(({ id }) => id),
    );
    return this.events.filter(({ id }) => !elsewhere.has(id));
  }
  async run(world: World) {
    const own = this.#own(world);
    const added = await world.profile.store.addEvents(dayOf(this.atMs), own);
    expect(added).toBe(addNew(world, own));
  }
  async interrupted(world: World) {
    const { events } = await world.profile.store.eventsOfDay(dayOf(this.atMs));
    const own = this.#own(world);
    if (events.length !== ofDay(world.events, this.atMs).length) addNew(world, own);
    await expectAsBefore(world);
  }
  toString = () => `add ${dayOf(this.atMs)} ${JSON.stringify(this.events)}`;
}

/** Work that no answer tells of. */
abstract class Upkeep implements Work {
  abstract run(world: World): Promise<void>;
  interrupted = expectAsBefore;
}

export class Pack extends Upkeep {
  constructor(readonly force: boolean) {
    super();
  }
  run = ({ profile }: World) => profile.store.pack(this.force);
  override toString = () => `pack ${this.force}`;
}

/** A month later its packs are merged. */
export class Merge extends Upkeep {
  async run({ profile }: World) {
    profile.nowMs += 31 * DAY_MS;
    await profile.store.pack();
  }
  override toString = () => 'merge';
}

export class Compact extends Upkeep {
  run = ({ profile }: World) => profile.store.compact();
  override toString = () => 'compact';
}

export class Reopen extends Upkeep {
  run = ({ profile }: World) => profile.reopen();
  override toString = () => 'reopen';
}

export class Erase implements Work {
  /** `everyDay`: also those that the index says have nothing of it. */
  constructor(
    readonly target: EraseTarget,
    readonly everyDay: boolean,
  ) {}
  #goes = (record: InteractionRecord): boolean => isTargeted(record, this.target);
  #erase = ({ profile }: World) => {
    const days = this.everyDay ? undefined : () => daysOf(profile, this.target);
    return profile.store.erase(this.#goes, false, days, [this.target]);
  };
  /** Links to what goes go too: by what is meant, and on its day by its address. */
  #left(events: readonly InteractionEvent[]): InteractionEvent[] {
    const urls = new Set(
      foldByDay(events)
        .filter(this.#goes)
        .flatMap((record) => ('url' in record ? [`${dayOf(record.atMs)} ${record.url}`] : [])),
    );
    return withoutLinks(
      events.filter(survivesOf(events, this.#goes)),
      ({ atMs }, page) => this.#goes(page) || urls.has(`${dayOf(atMs)} ${page.url}`),
    );
  }
  async run(world: World) {
    const gone = new Set(
      foldByDay(world.events)
        .filter(this.#goes)
        .map(({ id }) => id),
    );
    expect(await this.#erase(world)).toBe(gone.size);
    this.#model(world);
  }
  #model(world: World): void {
    world.events = this.#left(world.events);
    for (const archive of world.archives) {
      const { target } = this;
      for (const day of archive.days) {
        const startMs = Date.parse(day);
        const whole = target.what === 'range' && target.fromMs <= startMs && target.toMs >= startMs + DAY_MS;
        if (!whole) continue;
        archive.days.delete(day);
        archive.out.delete(day);
      }
      archive.events = withoutLinks(
        archive.events.filter(
          (event) =>
            archive.days.has(dayOf(event.atMs)) &&
            survivesOf(ofDay(archive.events, event.atMs), this.#goes)(event),
        ),
        (_, page) => this.#goes(page),
      );
    }
  }
  async interrupted(world: World) {
    await expectByMonth(world, this.#left(world.events));
    // Whoever asked was not told that it is done, and asks again.
    await this.#erase(world);
    this.#model(world);
    await expectAsBefore(world);
  }
  toString = () => `erase ${JSON.stringify(this.target)}${this.everyDay ? '' : ', by the index'}`;
}

function withoutLinks(
  events: readonly InteractionEvent[],
  goes: (event: InteractionEvent, page: VisitRecord) => boolean,
): InteractionEvent[] {
  return events.map((event) => {
    const url = event.kind === 'visit' ? event.referrer : event.kind === 'click' ? event.target : undefined;
    if (url === undefined || (event.kind !== 'visit' && event.kind !== 'click')) return event;
    const { id, atMs, level } = event;
    const page = { kind: 'visit', id, atMs, level, url, title: '', transition: 'link', dwellMs: 0 } as const;
    if (!goes(event, page)) return event;
    const { referrer: _, target: __, ...rest } = event as InteractionEvent & Record<string, unknown>;
    return rest as InteractionEvent;
  });
}

/** An update goes with its visit, beside which it lies; one that lies on another day belongs to nothing. */
function survivesOf(events: readonly InteractionEvent[], goes: (record: InteractionRecord) => boolean) {
  const nameOf = (atMs: number, id: string) => `${dayOf(atMs)} ${id}`;
  const gone = new Set(
    foldByDay(events)
      .filter(goes)
      .map(({ atMs, id }) => nameOf(atMs, id)),
  );
  return (event: InteractionEvent) =>
    !gone.has(nameOf(event.atMs, event.kind === 'visit-update' ? event.visit : event.id));
}

export class Archive implements Work {
  constructor(readonly beforeMs: number) {}
  #file: Bytes | undefined;
  #moved = ({ atMs }: { readonly atMs: number }): boolean => dayOf(atMs) < dayOf(this.beforeMs);
  async run(world: World) {
    this.#file = undefined;
    world.waiting = undefined;
    const moved = world.events.filter(this.#moved);
    const count = await world.profile.store.archive(dayOf(this.beforeMs), async (file) => {
      this.#file = file;
    });
    expect(count).toBe(foldByDay(moved).length);
    // A day that has only updates goes too.
    expect(this.#file !== undefined).toBe(moved.length > 0);
    if (!this.#file) return;
    world.events = world.events.filter((event) => !this.#moved(event));
    const days = new Set(moved.map(({ atMs }) => dayOf(atMs)));
    const out = new Map(moved.map(({ atMs }) => [dayOf(atMs), foldEvents(ofDay(moved, atMs)).length]));
    world.archives.push({ file: this.#file, events: moved, days, out });
  }
  /** What left the store is in the file, which is brought back. */
  async interrupted(world: World) {
    world.waiting = undefined;
    if (this.#file) {
      await expectByMonth(
        world,
        world.events.filter((event) => !this.#moved(event)),
      );
      await world.profile.store.restoreArchive(this.#file);
    }
    await expectAsBefore(world);
  }
  toString = () => `archive before ${dayOf(this.beforeMs)}`;
}

/** Makes a file without some sites, and leaves it to be confirmed. */
export class Make implements Work {
  constructor(
    readonly beforeMs: number,
    readonly keep: readonly string[],
  ) {}
  async run(world: World) {
    const { keep } = this;
    world.waiting = undefined;
    const parts: Bytes[] = [];
    const options = { before: dayOf(this.beforeMs), keep };
    const made = await world.profile.store.archives.make(options, async (part) => void parts.push(part));
    const moved = DAYS.filter((ms) => dayOf(ms) < dayOf(this.beforeMs)).flatMap((ms) =>
      movedOf(ofDay(world.events, ms), keep),
    );
    const days = new Set(moved.map(({ atMs }) => dayOf(atMs)));
    expect(made?.days ?? 0).toBe(days.size);
    if (!made) return;
    expect(made.records).toBe(foldByDay(moved).length);
    const archive: Archived = { file: concat(...parts), events: moved, days, out: new Map() };
    world.archives.push(archive);
    const content = new Map([...days].map((day) => [day, contentOf(ofDay(moved, Date.parse(day)))]));
    world.waiting = { id: made.id, archive, keep, content };
  }
  /** The file is not whole; the one before it does not wait any more, or nobody knows. */
  async interrupted(world: World) {
    world.waiting = undefined;
    await expectAsBefore(world);
  }
  toString = () =>
    `make an archive before ${dayOf(this.beforeMs)} without ${this.keep.join(', ') || 'nothing'}`;
}

/** With all that they have: what lost a link is not what the file has. */
const contentOf = (events: readonly InteractionEvent[]): string =>
  events
    .map((event) => JSON.stringify([event.id, Object.entries(event).sort()]))
    .sort()
    .join();

/** The file that waits is safe: what has not changed leaves, but sites that were pinned since. */
export class Confirm implements Work {
  constructor(readonly pinned: readonly string[]) {}
  async run(world: World) {
    if (!world.waiting) return;
    const left = await world.profile.store.archives.confirm(world.waiting.id, this.pinned);
    expect(left).toBe(this.#model(world, world.waiting));
  }
  #model(world: World, { archive, keep, content }: Waiting): number {
    world.waiting = undefined;
    let left = 0;
    for (const [day, made] of content) {
      // Without a key it was erased as a whole.
      if (!archive.days.has(day)) continue;
      const here = ofDay(world.events, Date.parse(day));
      if (contentOf(movedOf(here, keep)) !== made) continue;
      const moved = new Set(movedOf(here, [...keep, ...this.pinned]));
      if (moved.size === 0) continue;
      const records = foldEvents([...moved]).length;
      left += records;
      archive.out.set(day, records);
      world.events = world.events.filter((event) => !moved.has(event));
    }
    return left;
  }
  async interrupted(world: World) {
    const { waiting } = world;
    // Either it was not told yet, or it was finished at the start.
    if (waiting && (await world.profile.store.archives.made())?.id === waiting.id) await this.run(world);
    else if (waiting) this.#model(world, waiting);
    await expectAsBefore(world);
    expect(await world.profile.store.archivedDays()).toEqual(stubsOf(world));
  }
  toString = () => `confirm, ${this.pinned.join(', ') || 'nothing'} pinned`;
}

/** The file that waits was not kept. */
export class Discard extends Upkeep {
  async run(world: World) {
    const id = world.waiting?.id ?? 'none';
    world.waiting = undefined;
    await world.profile.store.archives.discard(id);
    expect(await world.profile.store.archives.confirm(id)).toBeNull();
  }
  override toString = () => 'discard';
}

/** Brings back one of the files, if there is any. */
export class Restore implements Work {
  constructor(readonly which: number) {}
  #archive = ({ archives }: World) => archives[this.which % (archives.length || 1)];
  async run(world: World) {
    const archive = this.#archive(world);
    if (!archive) return;
    const restoring = world.profile.store.restoreArchive(archive.file);
    if (archive.days.size === 0) return expect(restoring).rejects.toBeInstanceOf(DamagedError);
    const added = await restoring;
    expect(added).toBe(addNew(world, archive.events));
    archive.out.clear();
  }
  async interrupted(world: World) {
    const archive = this.#archive(world);
    // Day by day; a further time brings the rest.
    if (archive && archive.days.size > 0) {
      await world.profile.store.restoreArchive(archive.file);
      addNew(world, archive.events);
      archive.out.clear();
    }
    await expectAsBefore(world);
  }
  toString = () => `restore ${this.which}`;
}
