/**
 * Shortens the list of erase commands: what a later command means as well is taken out of it, here only. A command for a site means what
 * older ones for its pages did, one for a span or for everything what older ones within it did. What the service has stays; a
 * device that learns all of it anew shortens its list again.
 */
import { DAY_MS, type Day, dayStartMs } from '../base/clock.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { deletionsOf, type EraseCommand, isErasure, readCommands, writeCommands } from './erasures.ts';
import { MOST_RECEIPTS, newest } from './receipts.ts';
import { readUnerased } from './unerased.ts';

/** Spans that others are compared with, the widest: more of them would be compared each with each. */
const MOST_RANGES = 100;

/** What may mean more before what may be meant by it, of one time. */
const ORDER = ['all', 'range', 'site', 'page', 'record', 'records', 'reduce'] as const;

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
  /** When it was given. */
  readonly atMs: number;
}
const widthOf = ({ target }: EraseCommand): number =>
  target.what === 'range' ? target.toMs - target.fromMs : 0;

const latestFirst = (a: EraseCommand, b: EraseCommand): number =>
  b.atMs - a.atMs || ORDER.indexOf(a.target.what) - ORDER.indexOf(b.target.what) || widthOf(b) - widthOf(a);

/** What commands mean that are kept. Each is asked of before it is added, the latest first: what they mean holds longer. */
class Kept {
  readonly #names = new Set<string>();
  readonly #ranges: Range[] = [];
  #all: number | undefined;

  constructor(private readonly widest: ReadonlySet<EraseCommand>) {}

  add(command: EraseCommand): void {
    const { target } = command;
    if (target.what === 'all') this.#all ??= command.atMs;
    else if (target.what === 'range') {
      if (this.widest.has(command)) this.#ranges.push({ ...target, atMs: command.atMs });
    } else for (const name of namesOf(target).slice(0, 1)) this.#names.add(name);
  }

  covers({ target }: EraseCommand): boolean {
    if (target.what === 'reduce') return false;
    if (namesOf(target).some((name) => this.#names.has(name))) return true;
    if (target.what !== 'record' && target.what !== 'records')
      return (
        this.#all !== undefined ||
        (target.what === 'range' && this.#ranges.some((one) => isWithin(...spanOf(target), one)))
      );
    // Named by its id alone it is meant whenever it was. On a day that was over by then it was before: had it been recorded after what
    // covers it was known, the command that names it would count as later, too.
    const days = target.what === 'records' ? target.days.map(({ day }) => day) : [target.day];
    return days.every((day) => day !== undefined && this.#coversDay(day));
  }

  #coversDay(day: Day): boolean {
    const fromMs = dayStartMs(day);
    const toMs = fromMs + DAY_MS;
    return (
      toMs <= (this.#all ?? 0) || this.#ranges.some((one) => toMs <= one.atMs && isWithin(fromMs, toMs, one))
    );
  }
}

const isWithin = (fromMs: number, toMs: number, range: Range): boolean =>
  fromMs >= range.fromMs && toMs <= range.toMs;

/** Where it means something: what links to a span lies on all of its days. */
const spanOf = ({ fromMs, toMs, links }: Extract<EraseCommand['target'], { what: 'range' }>) =>
  links
    ? ([
        Math.min(fromMs, ...links.map(({ day }) => dayStartMs(day as Day))),
        Math.max(toMs, ...links.map(({ day }) => dayStartMs(day as Day) + DAY_MS)),
      ] as const)
    : ([fromMs, toMs] as const);

/** Under which names it is meant: its own first. */
function namesOf(target: EraseCommand['target']): string[] {
  switch (target.what) {
    case 'record':
      return [
        ...(target.link === undefined ? [`record ${target.day ?? ''} ${target.id}`] : []),
        `linked ${target.day ?? ''} ${target.id}`,
      ];
    case 'page':
      return [
        ...(target.whole ? [`whole ${target.token}`] : []),
        `page ${target.token}`,
        ...(target.site === undefined ? [] : [`site ${target.site}`]),
      ];
    case 'site':
      return [`site ${target.token}`];
    default:
      return [];
  }
}

interface Bounds {
  /** Whether one has to stay. */
  stays(command: EraseCommand): boolean;
  /** Whether what one means stays as it is. */
  holds(command: EraseCommand): boolean;
}

/** Those that are left, in their order: they mean the same records as all of them. */
export function withoutCovered(
  commands: readonly EraseCommand[],
  { stays, holds }: Bounds,
): readonly EraseCommand[] {
  const ranges = commands.filter((one) => one.target.what === 'range' && holds(one));
  const widest = ranges.sort((a, b) => widthOf(b) - widthOf(a)).slice(0, MOST_RANGES);
  const kept = new Kept(new Set(widest));
  const left = new Set<EraseCommand>();
  for (const command of [...commands].sort(latestFirst)) {
    if (!stays(command) && kept.covers(command)) continue;
    left.add(command);
    if (holds(command)) kept.add(command);
  }
  return commands.filter((command) => left.has(command));
}

/**
 * Of the list that is stored. Those stay that are still to be carried out or to be sent, and the deletions that have receipts: what is
 * said of them is made from their commands.
 */
export const dropCovered = (store: LocalStore): Promise<void> =>
  store.exclusive(async () => {
    const commands = await readCommands(store);
    const deletions = deletionsOf(commands.filter(isErasure));
    if (deletions.length <= MOST_RECEIPTS) return;
    const waiting = await readUnerased(store);
    const told = new Set(newest(deletions, MOST_RECEIPTS).flatMap((one) => one.commands.map(({ id }) => id)));
    const rows = await store.db.getAll('outbox');
    const unsent = new Set(rows.flatMap((row) => (row.what === 'record' ? [row.name] : [])));
    const left = withoutCovered(commands, {
      stays: ({ id }) => told.has(id) || waiting.has(id) || unsent.has(`erase/${id}`),
      holds: ({ id }) => !waiting.has(id),
    });
    if (left.length < commands.length) await writeCommands(store, left);
  });
