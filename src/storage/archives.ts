/**
 * Days leave the store in two steps: a file of them is made, and only when somebody says that it is safe are they dropped. What
 * is erased meanwhile and later does not come back with the file: of a day that goes as a whole the key is destroyed, of
 * anything less it is noted what it was (archive-list.ts).
 *
 * Over 300 lines, because what may happen between the two steps is only understood on one page.
 */

import { type Bytes, toBase64Url, utf8 } from '../base/bytes.ts';
import type { Day } from '../base/clock.ts';
import { randomId } from '../base/random.ts';
import { sha256 } from '../crypto/primitives.ts';
import type { WaitingArchive } from '../model/budget.ts';
import { foldEvents, type InteractionEvent, type InteractionRecord } from '../model/interaction.ts';
import type { MeantAs } from '../model/links.ts';
import type { EraseTarget } from '../model/selector.ts';
import {
  ArchiveWriter,
  archiveOf,
  hasKey,
  openSection,
  readSections,
  type Section,
  sealDay,
} from './archive.ts';
import {
  type ArchivedSection,
  ArchiveList,
  coversDay,
  type Erased,
  type List,
  noteOf,
  touchesDay,
  withoutErased,
} from './archive-list.ts';
import { DamagedError, PartlyErasedError } from './database.ts';
import type { DayEvents } from './days.ts';
import { erase, isOfSites, movedOf } from './erase.ts';
import type { ByteSource } from './format/byte-source.ts';
import type { PackSource } from './packs.ts';
import { bytesByDay } from './sizes.ts';
import type { Shred } from './vault.ts';

/** What archives need of the store that they are part of. */
export interface ArchiveHost {
  source(): PackSource;
  syncing(): boolean;
  days(): Promise<Day[]>;
  eventsOfDay(day: Day): Promise<DayEvents>;
  /** While nothing else writes. */
  exclusive<T>(task: () => Promise<T>): Promise<T>;
  /** The same, and nothing that was opened stays in memory. */
  erasing<T>(task: () => Promise<T>): Promise<T>;
  /** Adds what is chosen while nothing else writes. */
  importDay(
    day: Day,
    choose: () => Promise<{ readonly events: readonly InteractionEvent[] }>,
  ): Promise<number>;
}

/** Days that are in files only, with how many records of each. */
export type ArchivedDays = Readonly<Record<Day, number>>;

export interface MakeOptions {
  /** Only days before this one. */
  readonly before: Day;
  /** Sites whose records stay here, with their subdomains. */
  readonly keep?: readonly string[] | undefined;
  /** Stops when so many bytes of the store, about, are in the file. Default: all days. */
  readonly enoughBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RestoreOptions {
  /** A further test for what was erased, asked for in each step that adds. */
  readonly alsoErased?:
    | (() => Promise<((record: InteractionRecord, as?: MeantAs) => Promise<boolean>) | null>)
    | undefined;
  readonly signal?: AbortSignal | undefined;
  /** So many more events of the file were opened. */
  onRead?(events: number): void;
}

export interface Restored {
  /** Events that were not here. */
  readonly events: number;
  readonly days: number;
  /** Days of the file that were deleted since, so that nobody can open them any more. */
  readonly deletedDays: number;
}

/** Days that are sealed in one step: recording waits meanwhile. */
const STEP_DAYS = 16;

export class Archives {
  readonly #list: ArchiveList;
  #making = false;

  constructor(private readonly host: ArchiveHost) {
    const { db, vault } = host.source();
    this.#list = new ArchiveList(db, vault);
  }

  /** At start: goes on with what was confirmed and interrupted. A list that does not open is left alone. */
  async open(): Promise<void> {
    try {
      const list = await this.#list.read();
      const isLeaving = list.sections.some(({ state }) => state === 'leaving');
      if (isLeaving) await this.host.erasing(() => this.#drop(list));
      await this.#destroyErased();
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
    }
  }

  /** @throws DamagedError when the list does not open. */
  async days(): Promise<ArchivedDays> {
    const days: Record<Day, number> = {};
    for (const { day, records, state } of (await this.#list.read()).sections)
      if (state === 'out') days[day] = (days[day] ?? 0) + records;
    return days;
  }

  /** The file that was made last, while nobody said that it is safe. */
  async made(): Promise<WaitingArchive | undefined> {
    const { made, sections } = await this.#list.read();
    return (
      made &&
      madeOf(
        made.id,
        sections.filter(({ state }) => state === 'made'),
      )
    );
  }

  /**
   * Makes a file of the oldest days, and hands its parts to `write`, each when the one before was taken. The days stay. Days
   * with damaged rows are left out, as is what was made before and not confirmed. Resolves with `null`, and without a call
   * of `write`, when there is nothing to archive.
   * @throws DOMException InvalidStateError while sync is on (what leaves here would be missing at the service), or while
   * another file is being made.
   */
  async make(options: MakeOptions, write: (part: Bytes) => Promise<void>): Promise<WaitingArchive | null> {
    if (this.#making) throw new DOMException('An archive is being made.', 'InvalidStateError');
    this.#making = true;
    try {
      return await this.#make(options, write);
    } finally {
      this.#making = false;
    }
  }

  async #make(
    { before, keep = [], enoughBytes = Number.POSITIVE_INFINITY, signal }: MakeOptions,
    write: (part: Bytes) => Promise<void>,
  ): Promise<WaitingArchive | null> {
    const { vault } = this.host.source();
    const days = await this.host.exclusive(async () => {
      this.#refuseWhileSyncing();
      await this.#settle('here');
      return (await this.host.days()).filter((day) => day < before).reverse();
    });
    const sizes = await bytesByDay(this.host.source());
    const writer = new ArchiveWriter(vault);
    const sections: ArchivedSection[] = [];
    let bytes = 0;
    for (let next = 0; next < days.length && bytes < enoughBytes; next += STEP_DAYS) {
      signal?.throwIfAborted();
      const parts = await this.host.exclusive(async () => {
        const sealed: Bytes[] = [];
        for (const day of days.slice(next, next + STEP_DAYS)) {
          if (bytes >= enoughBytes) break;
          const { events, damaged } = await this.host.eventsOfDay(day);
          const moved = movedOf(events, keep);
          if (damaged > 0 || moved.length === 0) continue;
          const one = await this.#seal(day, moved);
          sections.push(one.section);
          sealed.push(one.bytes);
          bytes += ((sizes.get(day) ?? 0) * moved.length) / events.length;
        }
        return sealed;
      });
      if (parts.length > 0 && sections.length === parts.length) await write(writer.start);
      for (const part of parts) await write(writer.add(part));
    }
    if (sections.length === 0) return null;
    await write(await writer.end());
    return this.host.exclusive(async () => {
      // Whoever is gone by now has not saved a file.
      signal?.throwIfAborted();
      // What was erased as a whole while the file was made opens no more.
      const left = sections.filter(({ day, generation }) => vault.knows(archiveOf(day), generation));
      const list = await this.#list.read();
      const id = randomId();
      await this.#list.write({
        ...list,
        sections: [...list.sections, ...left],
        made: { id, keep: [...keep] },
      });
      return madeOf(id, left) ?? null;
    });
  }

  #refuseWhileSyncing(): void {
    if (this.host.syncing())
      throw new DOMException('Nothing is archived while sync is on.', 'InvalidStateError');
  }

  /** From here on the day's key is in the ring: what is erased is noted. */
  async #seal(day: Day, moved: readonly InteractionEvent[]) {
    const { vault } = this.host.source();
    const { deletions } = await this.#list.read();
    const key = await vault.newKey(archiveOf(day));
    const { generation } = key;
    const section: ArchivedSection = {
      day,
      generation,
      records: foldEvents(moved).length,
      content: await this.#contentOf(moved),
      state: 'made',
    };
    return { section, bytes: await sealDay(vault, key, deletions, moved) };
  }

  async #contentOf(events: readonly InteractionEvent[]): Promise<string> {
    // With all that they have: less may be kept of an event than the file has.
    const fields = events.map((event) => Object.entries(event).sort(([a], [b]) => (a < b ? -1 : 1)));
    const hash = await sha256(utf8(JSON.stringify(fields)));
    return this.host.source().vault.tagOf(`archived ${toBase64Url(hash)}`);
  }

  /** The file that waits is none to wait for any more. The caller holds the write lock. */
  async #settle(state: 'here'): Promise<void> {
    const { made, ...list } = await this.#list.read();
    if (made)
      await this.#list.write({
        ...list,
        sections: list.sections.map((one) => (one.state === 'made' ? { ...one, state } : one)),
      });
  }

  /** The file was not kept: its days stay here. */
  discard(id: string): Promise<void> {
    return this.host.exclusive(async () => {
      if ((await this.#list.read()).made?.id === id) await this.#settle('here');
    });
  }

  /**
   * The file is safe: its days are dropped, but those that changed since it was made, and records of sites in `pinned`: they stay
   * here and are in the file as well. Resolves with how many records left; `null` when it is not the file that was made last.
   * @throws DOMException InvalidStateError while sync is on.
   */
  confirm(id: string, pinned: readonly string[] = []): Promise<number | null> {
    return this.host.erasing(async () => {
      this.#refuseWhileSyncing();
      const list = await this.#list.read();
      if (list.made?.id !== id) return null;
      const { keep } = list.made;
      const stay = [...new Set([...keep, ...pinned])];
      const sections = await Promise.all(
        list.sections.map(async (one): Promise<ArchivedSection> => {
          if (one.state !== 'made') return one;
          const moved = movedOf((await this.host.eventsOfDay(one.day)).events, stay);
          const leaves = moved.length > 0 && (await this.#isAsArchived(one, keep));
          const records = foldEvents(moved).length;
          return leaves ? { ...one, records, state: 'leaving' } : { ...one, state: 'here' };
        }),
      );
      const confirmed: List = { ...list, sections, made: { ...list.made, stay } };
      // First: what is interrupted after this is finished at the next start.
      await this.#list.write(confirmed);
      return this.#drop(confirmed);
    });
  }

  async #isAsArchived({ day, content }: ArchivedSection, keep: readonly string[]): Promise<boolean> {
    const { events, damaged } = await this.host.eventsOfDay(day);
    return damaged === 0 && (await this.#contentOf(movedOf(events, keep))) === content;
  }

  /** Drops the days that are leaving. Resolves with how many records went. */
  async #drop({ made, ...list }: List): Promise<number> {
    const { keep = [], stay = keep } = made ?? {};
    const days: Day[] = [];
    const sections: ArchivedSection[] = [];
    for (const one of list.sections) {
      if (one.state !== 'leaving') {
        sections.push(one);
        continue;
      }
      const { events } = await this.host.eventsOfDay(one.day);
      const isGone = movedOf(events, stay).length === 0;
      const leaves = !isGone && (await this.#isAsArchived(one, keep));
      if (leaves) days.push(one.day);
      sections.push({ ...one, state: isGone || leaves ? 'out' : 'here' });
    }
    const moves = (record: InteractionRecord) => !isOfSites(record, stay);
    const options = { syncing: false, everything: false, moving: true, days };
    if (days.length === 0) {
      await this.#list.write({ ...list, sections });
      return 0;
    }
    const left = await erase(this.host.source(), moves, options).then(
      (count) => ({ count, kept: [] as readonly Day[] }),
      (error: unknown) => {
        // Another day of their pack is damaged, so that cannot be written anew: they stay.
        if (error instanceof PartlyErasedError) return error;
        throw error;
      },
    );
    const isKept = (one: ArchivedSection) => days.includes(one.day) && left.kept.includes(one.day);
    await this.#list.write({
      ...list,
      sections: sections.map((one) => (isKept(one) ? { ...one, state: 'here' } : one)),
    });
    return left.count;
  }

  /**
   * Brings back what a file holds, but what was erased since. When it is stopped in between, days that came stay.
   * @throws DamagedError, with nothing brought back, when it is no archive of this profile, was changed, or all of it was
   * erased.
   */
  async restore(file: ByteSource, { alsoErased, signal, onRead }: RestoreOptions = {}): Promise<Restored> {
    const { vault } = this.host.source();
    const all = await readSections(vault, file);
    const sections: Section[] = [];
    for (const section of all) if (await hasKey(vault, section)) sections.push(section);
    if (sections.length === 0)
      throw new DamagedError('Everything in this archive was deleted, so it does not open any more.');
    let added = 0;
    const back = new Set<string>();
    try {
      for (const section of sections) {
        signal?.throwIfAborted();
        if (!(await hasKey(vault, section))) continue;
        const { deletions, events } = await openSection(vault, file, section);
        onRead?.(events.length);
        signal?.throwIfAborted();
        added += await this.host.importDay(section.day, async () => {
          // In the step that adds: whatever was erased before it is known by now.
          if (!(await hasKey(vault, section))) return { events: [] };
          const { erased } = await this.#list.read();
          const since = erased.filter(({ n }) => n >= deletions);
          const also = (await alsoErased?.()) ?? undefined;
          return { events: await withoutErased(vault, events, since, also) };
        });
        back.add(`${section.day}/${section.generation}`);
      }
    } finally {
      await this.#cameBack(back);
    }
    return { events: added, days: sections.length, deletedDays: all.length - sections.length };
  }

  /** Days of a file are here again, by day and generation. */
  #cameBack(back: ReadonlySet<string>): Promise<void> {
    return this.host.exclusive(async () => {
      const list = await this.#list.read();
      const isBack = ({ day, generation, state }: ArchivedSection) =>
        state === 'out' && back.has(`${day}/${generation}`);
      if (!list.sections.some(isBack)) return;
      const now = list.sections.map((one) => (isBack(one) ? { ...one, state: 'here' as const } : one));
      await this.#list.write({ ...list, sections: now });
    });
  }

  /**
   * What a target takes of days that are in files only: records of days that it takes as a whole, whose keys are destroyed;
   * and how many other days may have some, which then do not come back.
   */
  async filed(target: EraseTarget): Promise<{ readonly records: number; readonly days: number }> {
    let [records, days] = [0, 0];
    for (const [day, count] of Object.entries(await this.days())) {
      if (coversDay(target, day)) records += count;
      else if (touchesDay(target, day)) days += 1;
    }
    return { records, days };
  }

  /** Before somebody is told that this is erased. @throws DamagedError when `erasing` would refuse it. */
  async mayErase(targets: readonly EraseTarget[]): Promise<void> {
    const { vault } = this.host.source();
    if (targets.length > 0 && vault.periods('archives').length > 0) await this.#listFor(targets);
  }

  async #listFor(targets: readonly EraseTarget[]): Promise<List> {
    try {
      return await this.#list.read();
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      // Nothing of it is needed when everything goes.
      if (targets.some(({ what }) => what === 'all')) return { sections: [], deletions: 0, erased: [] };
      throw new DamagedError(
        'The list of archives is damaged, so nothing can be erased alone: it would come back with a file. Erase everything, or restore a backup.',
      );
    }
  }

  /**
   * Before something is erased: notes what, as long as there are archives. Resolves with the keys to destroy, and with whether
   * something of days that are in files only may be meant. `unnamed`: days of which more may be meant than `targets` say. The
   * caller holds the write lock.
   */
  async erasing(
    targets: readonly EraseTarget[],
    unnamed: (day: Day) => boolean = () => false,
  ): Promise<{ readonly shred: Shred[]; readonly filed: boolean }> {
    const { vault } = this.host.source();
    const days = vault.periods('archives');
    if (days.length === 0) return { shred: [], filed: false };
    if (targets.length === 0) {
      // Nothing is noted, so a damaged list does not stand in the way: then nobody can say which days are in files.
      const filed =
        days.some(unnamed) &&
        (await this.days().then((out) => Object.keys(out).some(unnamed), trueWhenDamaged));
      return { shred: [], filed };
    }
    const list = await this.#listFor(targets);
    const covered = new Set(days.filter((day) => targets.some((target) => coversDay(target, day))));
    let { deletions } = list;
    const nameOf = (one: Erased) => JSON.stringify({ ...one, n: 0 });
    const noted = new Map(list.erased.map((one) => [nameOf(one), one]));
    for (const target of targets) {
      if (!days.some((day) => touchesDay(target, day))) continue;
      const note = await noteOf(vault, target, deletions++);
      // The same once more: the later one means all that the earlier one does.
      noted.delete(nameOf(note));
      noted.set(nameOf(note), note);
    }
    const erased = [...noted.values()];
    // The note of a range stays, also when all its days are covered: should the keys outlive an interruption, nothing comes back.
    const sections = list.sections.filter(({ day }) => !covered.has(day));
    if (deletions > list.deletions) await this.#list.write({ ...list, sections, deletions, erased });
    const out = list.sections.filter(({ state }) => state === 'out');
    return {
      shred: [...covered].map((day) => ({ ...archiveOf(day), what: 'all' as const })),
      filed: out.some(({ day }) => unnamed(day) || targets.some((target) => touchesDay(target, day))),
    };
  }

  /** After keys were destroyed: without archives there is nothing to remember. The caller holds the write lock. */
  async erased(): Promise<void> {
    const { db, vault } = this.host.source();
    if (vault.periods('archives').length === 0 && (await db.getKey('metadata', 'archives')) !== undefined)
      await this.#list.clear();
  }

  /** Destroys keys of days that were erased as a whole, should that have been interrupted. */
  async #destroyErased(): Promise<void> {
    const { vault } = this.host.source();
    const { sections, erased } = await this.#list.read();
    const ranges = erased.filter((one) => one.what === 'range');
    const shred = vault
      .periods('archives')
      .filter((day) => ranges.some((range) => coversDay(range, day)))
      // Archived anew since.
      .filter((day) => !sections.some((section) => section.day === day))
      .map((day) => ({ ...archiveOf(day), what: 'all' as const }));
    if (shred.length === 0) return;
    await vault.shred(shred);
    await this.erased();
  }
}

function trueWhenDamaged(error: unknown): true {
  if (error instanceof DamagedError) return true;
  throw error;
}

function madeOf(id: string, sections: readonly ArchivedSection[]): WaitingArchive | undefined {
  const days = sections.map(({ day }) => day).sort();
  const [firstDay, lastDay] = [days[0], days.at(-1)];
  if (firstDay === undefined || lastDay === undefined) return undefined;
  const records = sections.reduce((sum, one) => sum + one.records, 0);
  return { id, firstDay, lastDay, days: days.length, records };
}
