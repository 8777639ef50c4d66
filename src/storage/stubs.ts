/**
 * What is left here of archived days. How many records each had is plaintext in `metadata`; where they are and which sites
 * they are of is one sealed row of `models`, whose key is renewed by every erasure (derived.ts). Beside it stands what was
 * erased since there are archives in files, as keyed hashes: it must not come back with a file.
 */
import * as v from 'valibot';
import { DAY_MS, type Day, dayOf, dayStartMs } from '../base/clock.ts';
import type { InteractionRecord } from '../model/interaction.ts';
import { hostOf } from '../model/page.ts';
import { coversHost, domainsOf } from '../model/rules.ts';
import { type EraseTarget, recordHost } from '../model/selector.ts';
import { DamagedError, type Database } from './database.ts';
import type { Derived } from './derived.ts';
import { STUBS } from './derived-rows.ts';
import type { Vault } from './vault.ts';

/** Days that were archived, with how many records each had then. In `metadata`. */
export const ARCHIVED = 'archived';
export type ArchivedDays = Readonly<Record<Day, number>>;

const targetSchema = v.variant('what', [
  v.strictObject({ what: v.literal('record'), id: v.string() }),
  v.strictObject({ what: v.literal('page'), tag: v.string() }),
  v.strictObject({ what: v.literal('site'), tag: v.string() }),
  v.strictObject({ what: v.literal('range'), fromMs: v.number(), toMs: v.number() }),
]);
const keptSchema = v.strictObject({ atMs: v.number(), target: targetSchema });
/** An erasure that is remembered; it means records up to its time. */
export type KeptErasure = v.InferOutput<typeof keptSchema>;

const stubSchema = v.strictObject({
  where: v.picklist(['file', 'service']),
  /** The file's name. */
  file: v.exactOptional(v.string()),
  /** Hosts that it has records of; absent: not known (any more). */
  sites: v.exactOptional(v.array(v.string())),
});
export type StubDetails = v.InferOutput<typeof stubSchema>;
const sealedSchema = v.strictObject({
  days: v.record(v.string(), stubSchema),
  erasures: v.array(keptSchema),
});
export type SealedStubs = v.InferOutput<typeof sealedSchema>;

/** One archived day. */
export interface Stub extends StubDetails {
  readonly day: Day;
  readonly records: number;
}

export const archivedDays = async (db: Database): Promise<ArchivedDays> =>
  ((await db.get('metadata', ARCHIVED)) as ArchivedDays | undefined) ?? {};

export async function readSealedStubs(derived: Derived): Promise<SealedStubs> {
  const stored = await derived.read('models', STUBS).catch((error: unknown) => {
    if (error instanceof DamagedError) return undefined;
    throw error;
  });
  const parsed = v.safeParse(sealedSchema, stored);
  return parsed.success ? parsed.output : { days: {}, erasures: [] };
}

/** The caller holds the write lock. */
export const writeSealedStubs = (derived: Derived, sealed: SealedStubs): Promise<void> =>
  derived.write('models', [{ name: STUBS, value: sealed }]);

/** Oldest first. One whose details are lost counts as being at the service while parts of its day are known there. */
export async function readStubs(db: Database, derived: Derived): Promise<Stub[]> {
  const counts = Object.entries(await archivedDays(db)).sort(([a], [b]) => (a < b ? -1 : 1));
  if (counts.length === 0) return [];
  const { days } = await readSealedStubs(derived);
  const stubs: Stub[] = [];
  let atService: Set<Day> | undefined;
  for (const [day, records] of counts) {
    let details = days[day];
    if (!details) {
      atService ??= await daysOfParts(db);
      details = { where: atService.has(day) ? 'service' : 'file' };
    }
    stubs.push({ day, records, ...details });
  }
  return stubs;
}

async function daysOfParts(db: Database): Promise<Set<Day>> {
  const peers = await db.getAll('peers');
  return new Set(peers.flatMap(({ kind, day }) => (kind === 'part' && day !== undefined ? [day] : [])));
}

/** Archived days that are at the service: their keys here open their parts there, and must stay. */
export async function daysAtService(db: Database, derived: Derived): Promise<Set<Day>> {
  const stubs = await readStubs(db, derived);
  return new Set(stubs.filter(({ where }) => where === 'service').map(({ day }) => day));
}

/** Says where days are before they leave: until they are counted in `metadata` too, nobody takes them for archived. */
export async function noteDetails(
  derived: Derived,
  added: ReadonlyMap<Day, StubDetails>,
  isArchived: (day: Day) => boolean,
): Promise<void> {
  const sealed = await readSealedStubs(derived);
  const days = { ...sealed.days };
  for (const [day, details] of added) {
    // One that was archived before and got something anew since then has both.
    const before = isArchived(day) ? days[day] : undefined;
    const sites = before && before.sites === undefined ? undefined : details.sites;
    days[day] = {
      ...details,
      ...(sites === undefined ? {} : { sites: [...new Set([...(before?.sites ?? []), ...sites])].sort() }),
    };
    if (sites === undefined) {
      const { sites: _, ...unknown } = days[day] as StubDetails;
      days[day] = unknown;
    }
  }
  await writeSealedStubs(derived, { ...sealed, days });
}

/** They are here again, or nowhere any more. The caller holds the write lock. */
export async function removeStubs(db: Database, derived: Derived, removed: readonly Day[]): Promise<void> {
  const before = await archivedDays(db);
  if (!removed.some((day) => day in before)) return;
  const left = Object.entries(before).filter(([day]) => !removed.includes(day));
  await db.put('metadata', Object.fromEntries(left), ARCHIVED);
  const sealed = await readSealedStubs(derived);
  const days = Object.entries(sealed.days).filter(([day]) => !removed.includes(day));
  await writeSealedStubs(derived, { ...sealed, days: Object.fromEntries(days) });
}

/** What an erasure means, as far as it matters for what is not here. */
export interface Meant {
  /** Later records are not meant. */
  readonly atMs: number;
  /** To be remembered for archives in files. Absent where that is known elsewhere. */
  readonly kept?: KeptErasure['target'];
  /** [fromMs, toMs) */
  readonly range?: { readonly fromMs: number; readonly toMs: number };
  /** `day`: where it lies; absent: nobody knows. */
  readonly record?: { readonly day?: Day | undefined };
  /** Sites that it may be about, absent: any; `whole`: nothing of them is left. */
  readonly sites?: { readonly whole: boolean; covers?(host: string): boolean | Promise<boolean> };
}

export async function meantBy(vault: Vault, target: EraseTarget, atMs: number): Promise<Meant> {
  switch (target.what) {
    case 'record':
      return { atMs, kept: { what: 'record', id: target.id }, record: { day: target.day } };
    case 'range': {
      const { fromMs, toMs } = target;
      return { atMs, kept: { what: 'range', fromMs, toMs }, range: { fromMs, toMs } };
    }
    case 'page': {
      const host = hostOf(target.url);
      const kept = { what: 'page', tag: await pageTag(vault, target.url) } as const;
      return { atMs, kept, sites: { whole: false, covers: (one) => one === host } };
    }
    case 'site': {
      const kept = { what: 'site', tag: await siteTag(vault, target.host) } as const;
      return { atMs, kept, sites: { whole: true, covers: (one) => coversHost(target.host, one) } };
    }
    case 'all':
      return { atMs, range: { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER } };
  }
}

const pageTag = (vault: Vault, url: string) => vault.tagOf(`archive page ${url}`);
const siteTag = (vault: Vault, host: string) => vault.tagOf(`archive site ${host}`);

/** Whether an erasure may touch a day that is not here, and whether it takes all of it. */
export async function touches(meant: Meant, { day, sites }: Pick<Stub, 'day' | 'sites'>) {
  const { range, record, atMs } = meant;
  const [startMs, endMs] = [dayStartMs(day), dayStartMs(day) + DAY_MS];
  if (range)
    return range.fromMs <= startMs && range.toMs >= endMs
      ? 'whole'
      : range.fromMs < endMs && range.toMs > startMs
        ? 'part'
        : 'no';
  if (record) return record.day === undefined || record.day === day ? 'part' : 'no';
  if (day > dayOf(atMs)) return 'no';
  if (sites === undefined || !meant.sites?.covers) return 'part';
  for (const host of sites) if (await meant.sites.covers(host)) return 'part';
  return 'no';
}

/** A test for "was erased since it was archived", for records that come back with a file. */
export function erasedSince(
  vault: Vault,
  erasures: readonly KeptErasure[],
): (record: InteractionRecord) => Promise<boolean> {
  const hosts = new Map<string, Promise<string[]>>();
  const tagsOf = (host: string) => {
    const known = hosts.get(host) ?? Promise.all(domainsOf(host).map((domain) => siteTag(vault, domain)));
    hosts.set(host, known);
    return known;
  };
  return async (record) => {
    for (const { atMs, target } of erasures) {
      if (target.what === 'record') {
        if (record.id === target.id) return true;
        continue;
      }
      if (record.atMs > atMs) continue;
      if (target.what === 'range') {
        if (record.atMs >= target.fromMs && record.atMs < target.toMs) return true;
        continue;
      }
      if (record.kind === 'reduced') continue;
      if (target.what === 'page' && target.tag === (await pageTag(vault, record.url))) return true;
      const host = recordHost(record);
      if (target.what === 'site' && host !== null && (await tagsOf(host)).includes(target.tag)) return true;
    }
    return false;
  };
}
