/**
 * Erase commands: how a deletion reaches every device and stays. A command names what it means without saying it: hosts and
 * addresses as keyed hashes. It holds for records up to the time it was given, also for those that arrive later from a
 * device that was away.
 *
 * Over 300 lines, because what a command means and on which days it may mean something must say the same.
 */
import * as v from 'valibot';
import { toBase64Url, utf8 } from '../base/bytes.ts';
import { type Day, dayOf } from '../base/clock.ts';
import { randomId } from '../base/random.ts';
import { hmac, type MacKey, macInput } from '../crypto/primitives.ts';
import type { LogFact } from '../model/deletion-log.ts';
import {
  countsAtMs,
  type EventId,
  type InteractionEvent,
  type InteractionRecord,
} from '../model/interaction.ts';
import { MAX_TIME_MS } from '../model/interaction-fields.ts';
import { linkOf, type MeantAs } from '../model/links.ts';
import { hostOf } from '../model/page.ts';
import { CARRIED_OUT, PURGE_KIND_OF } from '../model/purge.ts';
import { reductionFields } from '../model/reduction.ts';
import { domainsOf } from '../model/rules.ts';
import {
  type DayLinks,
  type DayRecords,
  type EraseTarget,
  isInRange,
  recordHost,
} from '../model/selector.ts';
import { DamagedError } from '../storage/database.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { noteUnerased } from './unerased.ts';

/** Characters: enough to tell sites apart, where taking one for another costs a look, and pages of a day, where it costs a link. */
const SHORT = 8;
const short = (one: string): string => one.slice(0, SHORT);

/**
 * Characters of ids in one command, so that it fits into the smallest body that a service may allow (16 KiB, limits.ts) together with
 * what is said of its days.
 */
const MOST_NAMED = 10_000;
/** What each of its days takes beside the ids, and how they begin. */
const DAY_CHARS = 50;

const time = v.pipe(v.number(), v.safeInteger());
/** Ids that begin alike; `ends`: what follows. */
const dayRecords = v.strictObject({
  day: v.pipe(v.string(), v.isoDate()),
  begin: v.pipe(v.string(), v.maxLength(120)),
  ends: v.array(v.pipe(v.string(), v.maxLength(120))),
});
const dayLinks = v.strictObject({
  day: v.pipe(v.string(), v.isoDate()),
  tokens: v.exactOptional(v.array(v.pipe(v.string(), v.length(SHORT)))),
});
export const commandSchema = v.strictObject({
  id: v.pipe(v.string(), v.maxLength(40)),
  /** When it was given (interaction.ts, `countsAtMs`): what counts as recorded later is not meant. Later ones no event can be stamped with. */
  atMs: v.pipe(time, v.maxValue(MAX_TIME_MS - 1)),
  target: v.variant('what', [
    /** `day`: on which it lies, where that is known. */
    v.strictObject({
      what: v.literal('record'),
      id: v.pipe(v.string(), v.maxLength(120)),
      day: v.exactOptional(v.pipe(v.string(), v.isoDate())),
      /** Its address, as a keyed hash: links to it of that day are meant, too. */
      link: v.exactOptional(v.string()),
    }),
    /** `site`: of its host, so that days without it need not be opened. `whole`: not what rules shortened to it (selector.ts). */
    v.strictObject({
      what: v.literal('page'),
      token: v.string(),
      site: v.exactOptional(v.string()),
      whole: v.exactOptional(v.literal(true)),
    }),
    v.strictObject({ what: v.literal('site'), token: v.string() }),
    /** What a page or a site of the same deletion means, by ids: a device where rules left less of it does not know its address. */
    v.strictObject({ what: v.literal('records'), days: v.array(dayRecords) }),
    v.strictObject({
      what: v.literal('range'),
      fromMs: time,
      toMs: time,
      /** Of days that are in it with a part: what other records of such a day link to, as shortened keyed hashes; without, all that they do. */
      links: v.exactOptional(v.array(dayLinks)),
    }),
    v.strictObject({ what: v.literal('all') }),
    /** Less is to be kept: level and rules (model/reduction.ts). Carried out by whoever holds the store, in steps. */
    v.strictObject({ what: v.literal('reduce'), ...reductionFields }),
  ]),
});
export type EraseCommand = v.InferOutput<typeof commandSchema>;

export function parseCommand(value: unknown): EraseCommand | null {
  const parsed = v.safeParse(commandSchema, value);
  return parsed.success ? parsed.output : null;
}

const COMMANDS = 'erasures';

/**
 * The list, and further ones beside it: where one does not open, it stays as it is (it may be repaired) and the next one begins.
 * What was only in it is not held to meanwhile: it may come back from a device that was away, or with an import; and what of it
 * was not sent yet, the others do not hear of.
 */
async function readLists(store: LocalStore): Promise<{ commands: EraseCommand[]; free: string }> {
  const commands = new Map<string, EraseCommand>();
  let free: string | undefined;
  for (let n = 0; ; n++) {
    const name = n === 0 ? COMMANDS : `${COMMANDS}/${n}`;
    let stored: unknown;
    try {
      stored = await store.readNamed(name);
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      continue;
    }
    free ??= name;
    if (stored === undefined) return { commands: [...commands.values()], free };
    const list = Array.isArray(stored) ? stored.flatMap((value) => parseCommand(value) ?? []) : [];
    for (const command of list) commands.set(command.id, command);
  }
}

export const readCommands = async (store: LocalStore): Promise<EraseCommand[]> =>
  (await readLists(store)).commands;

/** All of them; what is recorded from here on is later than what they mean. The caller holds the write lock. */
export async function writeCommands(store: LocalStore, commands: readonly EraseCommand[]): Promise<void> {
  await store.heardOf(Math.max(...commands.map(({ atMs }) => atMs)));
  await store.writeNamed((await readLists(store)).free, commands);
}

/** A command that says what goes. */
export type Erasure = EraseCommand & { readonly target: { readonly what: EraseTarget['what'] | 'records' } };
export const isErasure = (command: EraseCommand): command is Erasure => command.target.what !== 'reduce';

/**
 * Adds what is not there yet, to be carried out. One at a time: a command that comes from another device must not push out one given
 * here.
 */
export const addCommands = (store: LocalStore, commands: readonly EraseCommand[]): Promise<void> =>
  store.exclusive(async () => {
    const known = await readCommands(store);
    const ids = new Set(known.map(({ id }) => id));
    const fresh = commands.filter(({ id }) => !ids.has(id));
    if (fresh.length === 0) return;
    await noteUnerased(
      store,
      fresh.filter(isErasure).map(({ id }) => id),
    );
    await writeCommands(store, [...known, ...fresh]);
  });

/** Commands of another account: they mean nothing in this one, and those without a token would erase what they never meant. */
export async function forgetCommands(store: LocalStore): Promise<void> {
  await store.forgetNamed(`${COMMANDS}/`);
  await store.writeNamed(COMMANDS, []);
}

const token = async (key: MacKey, kind: 'page' | 'site', text: string): Promise<string> =>
  toBase64Url(await hmac(key, macInput(`erase/${kind}`, utf8(text))));

/** Whether other devices may know of a deletion by now. */
export const isGiven = async (store: LocalStore, deletion: string): Promise<boolean> =>
  (await readCommands(store)).some(({ id }) => id.startsWith(`${deletion}.`));

/** Of one deletion: when it was asked for, and what its commands are called, so that a repeat gives none twice. */
export interface CommandNames {
  readonly id: string;
  readonly atMs: number;
  /** What its pages and sites mean. */
  readonly named?: readonly DayRecords[] | undefined;
}

/** Each says which deletion it is of, which of its commands it is and of how many: they may come one after another. */
export function commandsOf(
  targets: readonly EraseTarget[],
  key: MacKey,
  { id, atMs, named = [] }: CommandNames,
): Promise<EraseCommand[]> {
  const names = namesOf(named);
  const of = targets.length + names.length;
  const idOf = (index: number) => `${id}.${index}.${of}`;
  return Promise.all([
    ...targets.map((target, index) => commandOf(target, key, atMs, idOf(index))),
    ...names.map((target, index) => ({ id: idOf(targets.length + index), atMs, target })),
  ]);
}

type Names = Extract<EraseCommand['target'], { what: 'records' }>;

/** Ids as targets, as many in each as fit. */
function namesOf(named: readonly DayRecords[]): Names[] {
  const targets: Names[] = [];
  let room = 0;
  for (const { day, ids } of named)
    for (const [begin, ends] of byBeginning(ids)) {
      let last: string[] | undefined;
      for (const end of ends) {
        const takes = end.length + 3;
        if (room < takes + (last ? 0 : DAY_CHARS + begin.length)) {
          targets.push({ what: 'records', days: [] });
          room = MOST_NAMED;
          last = undefined;
        }
        if (!last) {
          last = [];
          targets.at(-1)?.days.push({ day, begin, ends: last });
          room -= DAY_CHARS + begin.length;
        }
        last.push(end);
        room -= takes;
      }
    }
  return targets;
}

/** They begin with who recorded them, and end with a number (model/interaction.ts). */
function byBeginning(ids: readonly EventId[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const id of ids) {
    const at = id.lastIndexOf('.') + 1;
    const begin = id.slice(0, at);
    const ends = found.get(begin);
    if (ends) ends.push(id.slice(at));
    else found.set(begin, [id.slice(at)]);
  }
  return found;
}

/** The ids that a command names, with their days. */
export const namedBy = ({ days }: Names): { readonly id: EventId; readonly day: Day }[] =>
  days.flatMap(({ day, begin, ends }) => ends.map((end) => ({ id: begin + end, day })));

/** What it means, as far as it says that. */
export const kindOf = ({ target }: Erasure): EraseTarget['what'] =>
  target.what === 'records' ? 'record' : target.what;

/** A deletion, as its commands tell of it. */
export interface CommandedDeletion {
  /** As cards name it; with how many commands are known, where it is not said how many there are. */
  readonly name: string;
  readonly atMs: number;
  /** In the order in which they were given; at least one. */
  readonly commands: readonly Erasure[];
  /** Whether none of them is still to come, as far as that is said. */
  readonly isWhole: boolean;
}

/**
 * Commands by deletion. Older versions did not say how many there are, before that not even of which deletion: then those of one
 * kind that were given in one moment are one.
 */
export function deletionsOf(commands: readonly Erasure[]): CommandedDeletion[] {
  const groups = new Map<string, { at: number; of: number; command: Erasure }[]>();
  for (const command of commands) {
    const [id = '', at, of] = command.id.split('.');
    const name = at === undefined ? `${command.atMs} ${command.target.what}` : id;
    const group = groups.get(name) ?? [];
    group.push({ at: Number(at ?? 0), of: Number(of ?? 0), command });
    groups.set(name, group);
  }
  return [...groups].map(([name, group]) => {
    group.sort((a, b) => a.at - b.at);
    const [{ command, of }] = group as [(typeof group)[number]];
    return {
      name: of > 0 ? name : `${name}*${group.length}`,
      atMs: command.atMs,
      commands: group.map((one) => one.command),
      isWhole: group.length >= of,
    };
  });
}

/** A command for what the person chose, as of then. */
export async function commandOf(
  target: EraseTarget,
  key: MacKey,
  atMs: number,
  id = randomId(),
): Promise<EraseCommand> {
  switch (target.what) {
    case 'page': {
      const [page, site] = [token(key, 'page', target.url), token(key, 'site', hostOf(target.url))];
      const whole = target.whole ? { whole: true as const } : {};
      return { id, atMs, target: { what: 'page', token: await page, site: await site, ...whole } };
    }
    case 'site':
      return { id, atMs, target: { what: 'site', token: await token(key, 'site', target.host) } };
    case 'record': {
      const day = target.day === undefined ? {} : { day: target.day };
      const link = target.url === undefined ? {} : { link: await token(key, 'page', target.url) };
      return { id, atMs, target: { what: 'record', id: target.id, ...day, ...link } };
    }
    case 'range': {
      const { links, ...span } = target;
      return { id, atMs, target: links ? { ...span, links: await linkTokens(links, key) } : span };
    }
    case 'all':
      return { id, atMs, target };
  }
}

const linkTokens = (links: readonly DayLinks[], key: MacKey) =>
  Promise.all(
    links.map(async ({ day, urls }) => ({
      day,
      ...(urls && {
        tokens: await Promise.all(urls.map(async (url) => short(await token(key, 'page', url)))),
      }),
    })),
  );

/** Keyed hashes of a host and the domains above it, computed once, so that a command for a site covers its subdomains. */
function siteTokens(key: MacKey): (host: string) => Promise<string[]> {
  const known = new Map<string, Promise<string>>();
  const tokenOf = (domain: string) => {
    let found = known.get(domain);
    if (!found) {
      found = token(key, 'site', domain);
      known.set(domain, found);
    }
    return found;
  };
  return (host) => Promise.all(domainsOf(host).map(tokenOf));
}

/** Shortened keyed hashes of the sites that events are of or link to, and of the domains above them. */
export async function shortTokens(events: readonly InteractionEvent[], key: MacKey): Promise<string[]> {
  const tokensOf = siteTokens(key);
  const hosts = new Set(
    events.flatMap((event) =>
      [('url' in event ? event.url : undefined) ?? '', linkOf(event) ?? ''].map(hostOf),
    ),
  );
  const found = new Set<string>();
  for (const host of hosts) if (host !== '') for (const one of await tokensOf(host)) found.add(short(one));
  return [...found];
}

/** A test for "may mean something of this day", which has these sites (`shortTokens`); without: any. */
export function mayMean(
  day: Day,
  sites: ReadonlySet<string> | undefined,
): (command: EraseCommand) => boolean {
  return ({ atMs, target }) => {
    if (target.what === 'record') return target.day === undefined || target.day === day;
    if (target.what === 'records') return target.days.some((one) => one.day === day);
    if (day > dayAt(atMs)) return false;
    if (target.what === 'range') return day >= dayAt(target.fromMs) && day <= dayAt(target.toMs);
    const site = target.what === 'site' ? target.token : target.what === 'page' ? target.site : undefined;
    return site === undefined || sites === undefined || sites.has(short(site));
  };
}

/** A command may name any time; records have those that days have names for. */
const dayAt = (ms: number): Day => dayOf(Math.min(Math.max(ms, 0), MAX_TIME_MS));

/**
 * Days that may have something that a command means, so that no other day is opened; `undefined`: perhaps all. A record lies
 * on the day of its time.
 */
export async function daysOfCommands(
  store: LocalStore,
  commands: readonly EraseCommand[],
  key: MacKey,
): Promise<Day[] | undefined> {
  const spans: { readonly first: Day; readonly last: Day }[] = [];
  /** The last day, by keyed hash. */
  const sites = new Map<string, Day>();
  for (const { atMs, target } of commands) {
    const last = dayAt(atMs);
    const site = target.what === 'site' ? target.token : target.what === 'page' ? target.site : undefined;
    if (site !== undefined) sites.set(site, [last, sites.get(site) ?? last].sort()[1] as Day);
    else if (target.what === 'record' && target.day !== undefined)
      spans.push({ first: target.day, last: target.day });
    else if (target.what === 'records')
      for (const { day } of target.days) spans.push({ first: day, last: day });
    else if (target.what === 'range') spans.push({ first: dayAt(target.fromMs), last: dayAt(target.toMs) });
    else return undefined;
  }
  const days = new Set(
    (await store.days()).filter((day) => spans.some(({ first, last }) => day >= first && day <= last)),
  );
  const last = [...sites.values()].sort().at(-1);
  if (last === undefined) return [...days];
  const tokensOf = siteTokens(key);
  for await (const { day, summary } of store.summariesByDay('1970-01-01', last, { sites: true })) {
    if (days.has(day)) continue;
    for (const host of summary.sites.keys())
      if ((await tokensOf(host)).some((one) => (sites.get(one) ?? '') >= day)) {
        days.add(day);
        break;
      }
  }
  return [...days];
}

/** Erases what commands mean. Resolves with how many records went. */
/** `again`: they were tried before, and damage kept some of what they mean. */
export const eraseAs = (
  store: LocalStore,
  commands: readonly EraseCommand[],
  key: MacKey,
  again = false,
): Promise<number> =>
  store.erase(
    erasedBy(commands, key),
    false,
    () => daysOfCommands(store, commands, key),
    commands.flatMap(targetOf),
    {
      // A day that is in a file only may have any site.
      unnamed: (day) => commands.some(({ atMs, target }) => 'token' in target && day <= dayAt(atMs)),
      named: hostsOf(commands, key),
      again,
      until: meantUntil(commands, key),
      givenMs: Math.min(...commands.map(({ atMs }) => atMs)),
    },
  );

/** A test for hosts of which a command means something; `undefined`: none names one. */
function hostsOf(
  commands: readonly EraseCommand[],
  key: MacKey,
): ((host: string) => Promise<boolean>) | undefined {
  const named = new Set(
    commands.flatMap(({ target }) =>
      target.what === 'site' ? [target.token] : target.what === 'page' ? [target.site ?? ''] : [],
    ),
  );
  // A page whose site is not named may be of any.
  if (named.has('')) return async () => true;
  const tokensOf = siteTokens(key);
  return named.size === 0 ? undefined : async (host) => (await tokensOf(host)).some((one) => named.has(one));
}

/**
 * Into the log of deletions: what commands that were carried out at once, from another device, erased here. `keptDays`: days that kept
 * something because of damage.
 */
export async function logErasures(
  store: LocalStore,
  commands: readonly Erasure[],
  records: number,
  atMs: number,
  keptDays: number,
): Promise<void> {
  // Of an older version, beside a page or a site its records are named one by one.
  const first =
    commands.find(({ target }) => target.what !== 'record' && target.what !== 'records') ?? commands[0];
  if (!first) return;
  const fact = {
    purge: first.id,
    reason: 'other-device',
    kind: PURGE_KIND_OF[kindOf(first)],
    records,
    atMs,
    ...(keptDays === 0 ? {} : { keptDays }),
  } as const;
  await logSteps(store, fact);
}

/** All steps of one that was carried out; those that are in the log are not written again. */
export async function logSteps(store: LocalStore, fact: Omit<LogFact, 'step'>): Promise<void> {
  for (const step of CARRIED_OUT) await store.deletions.append({ ...fact, step });
}

/** What archives remember of a command. Names of sites and pages are not known here: for them commands are asked on restore. */
function targetOf({ atMs, target }: EraseCommand): EraseTarget[] {
  switch (target.what) {
    case 'record':
      return [target];
    case 'records':
      return namedBy(target).map((one) => ({ what: 'record', ...one }));
    case 'range':
      return [{ ...target, toMs: Math.min(target.toMs, atMs + 1) }];
    case 'all':
      return [{ what: 'range', fromMs: 0, toMs: atMs + 1 }];
    default:
      return [];
  }
}

/** A test for "some command means this record", or the page that another one links to. */
export function erasedBy(
  commands: readonly EraseCommand[],
  key: MacKey,
): (record: InteractionRecord, as?: MeantAs) => Promise<boolean> {
  const until = meantUntil(commands, key);
  return async (record, as) => (await until(record, as)) !== undefined;
}

/** Until when a record is meant, or the page that another one links to; `undefined`: not at all. */
export type MeantUntil = (record: InteractionRecord, as?: MeantAs) => Promise<number | undefined>;

/** By all of these commands. There may be many: what names one thing is looked up. */
export function meantUntil(commands: readonly EraseCommand[], key: MacKey): MeantUntil {
  const ranges: { readonly fromMs: number; readonly toMs: number; readonly atMs: number }[] = [];
  /** Until when, by id, by keyed hash, by day and keyed hash; of everything. */
  const ids = new Map<string, number>();
  const pages = new Map<string, number>();
  const shortened = new Map<string, number>();
  const sites = new Map<string, number>();
  /** Of a page its hash is shortened; without a page, all of a day. */
  const links = new Map<string, number>();
  let allMs = Number.NEGATIVE_INFINITY;
  const until = (map: Map<string, number>, one: string, atMs: number) =>
    map.set(one, Math.max(atMs, map.get(one) ?? atMs));
  for (const { atMs, target } of commands) {
    if (target.what === 'record') {
      until(ids, target.id, atMs);
      if (target.link !== undefined) until(links, `${target.day} ${short(target.link)}`, atMs);
    } else if (target.what === 'records') for (const one of namedBy(target)) until(ids, one.id, atMs);
    else if (target.what === 'page') {
      until(pages, target.token, atMs);
      if (!target.whole) until(shortened, target.token, atMs);
    } else if (target.what === 'site') until(sites, target.token, atMs);
    else if (target.what === 'range') {
      ranges.push({ ...target, atMs });
      for (const { day, tokens = [''] } of target.links ?? [])
        for (const one of tokens) until(links, `${day} ${one}`, atMs);
    } else if (target.what === 'all') allMs = Math.max(allMs, atMs);
  }
  const tokensOf = siteTokens(key);
  return async (record, as = 'record') => {
    const [{ atMs }, countsAt] = [record, countsAtMs(record)];
    // By its id it is meant whenever it was. What is linked to it is named beside the id.
    const times = [(as === 'linked' ? undefined : ids.get(record.id)) ?? -1];
    const mayMean = (timeMs: number | undefined) => {
      if (timeMs !== undefined && countsAt <= timeMs) times.push(timeMs);
    };
    mayMean(allMs);
    for (const one of ranges) if (isInRange(record, one)) mayMean(one.atMs);
    if (record.kind !== 'reduced') {
      const named = record.shortened ? shortened : pages;
      const mayLink = as === 'link' && links.size > 0;
      if (named.size > 0 || mayLink) {
        const page = await token(key, 'page', record.url);
        mayMean(named.get(page));
        if (mayLink) for (const one of [short(page), '']) mayMean(links.get(`${dayOf(atMs)} ${one}`));
      }
      const host = sites.size > 0 ? recordHost(record) : null;
      if (host !== null) for (const one of await tokensOf(host)) mayMean(sites.get(one));
    }
    const last = Math.max(...times);
    return last < 0 ? undefined : last;
  };
}
