/** How long records are kept, by level and by site. Everything counts in whole UTC days, as the store does. */
import * as v from 'valibot';
import { DAY_MS, type Day, dayOf } from '../base/clock.ts';
import type { InteractionRecord } from './interaction.ts';
import type { PrivacyLevel } from './privacy.ts';
import { domainsOf } from './rules.ts';
import { recordHost } from './selector.ts';

/** What can be chosen, in days; without a choice records stay for ever. */
export const RETENTION_DAYS = [30, 90, 365] as const;
export type RetentionDays = (typeof RETENTION_DAYS)[number];
/** What can be said of a site: `forever`, whatever the levels say. */
export type SiteRetention = RetentionDays | 'forever';
export const SITE_RETENTIONS = [...RETENTION_DAYS, 'forever'] as const;

/** Levels whose records are stored; ephemeral ones end by themselves. */
export const STORED_LEVELS = ['public', 'private', 'anonymous'] as const;
export type StoredLevel = Exclude<PrivacyLevel, 'ephemeral'>;

const days = v.picklist(RETENTION_DAYS);
const levels = v.strictObject({
  public: v.exactOptional(days),
  private: v.exactOptional(days),
  anonymous: v.exactOptional(days),
});
/** Absent: for ever. A list is no empty choice. */
const levelsSchema = v.custom<v.InferOutput<typeof levels>>(
  (value) => !Array.isArray(value) && v.is(levels, value),
);
/** What is said of a host holds for its subdomains, unless something is said of them. */
const siteSchema = v.strictObject({
  host: v.pipe(v.string(), v.maxLength(253)),
  keep: v.picklist(SITE_RETENTIONS),
});
export type SiteRule = v.InferOutput<typeof siteSchema>;

export const retentionSchema = v.strictObject({
  levels: levelsSchema,
  sites: v.pipe(v.array(siteSchema), v.maxLength(1_000)),
});
export type Retention = v.InferOutput<typeof retentionSchema>;
export const KEEP_ALL: Retention = { levels: {}, sites: [] };

/** What decides whether a record's time is over on the day `today`. */
export const expirySchema = v.object({
  ...retentionSchema.entries,
  today: v.string(),
  /** Pinned sites: no level's retention holds for them. */
  pinned: v.array(v.string()),
});
export type Expiry = v.InferOutput<typeof expirySchema>;

export const expiryOf = ({ levels, sites }: Retention, pinned: readonly string[], nowMs: number): Expiry => ({
  levels: { ...levels },
  sites: [...sites],
  pinned: [...pinned],
  today: dayOf(nowMs),
});

/** Days before this one are past a retention of so many days. */
export const cutoffOf = (today: Day, keepDays: number): Day =>
  dayOf(Date.parse(`${today}T00:00:00Z`) - keepDays * DAY_MS);

/** Every retention, in days, that is in force somewhere. */
const allOf = ({ levels, sites }: Expiry): number[] => [
  ...Object.values(levels),
  ...sites.flatMap(({ keep }) => (keep === 'forever' ? [] : [keep])),
];

/** Days before this one may have something whose time is over; `null`: nothing ever ends. */
export function lastCutoff(expiry: Expiry): Day | null {
  const all = allOf(expiry);
  return all.length === 0 ? null : cutoffOf(expiry.today, Math.min(...all));
}

/** Days before this one have nothing that stays; `null`: there may be such. */
export function wholeCutoff(expiry: Expiry): Day | null {
  const { levels, sites, pinned, today } = expiry;
  if (pinned.length > 0 || sites.some(({ keep }) => keep === 'forever')) return null;
  if (STORED_LEVELS.some((level) => levels[level] === undefined)) return null;
  return cutoffOf(today, Math.max(...allOf(expiry)));
}

/** Days that came to some cutoff between two days: only in these is there something new to look for. */
export function passedCutoff(day: Day, before: Day, expiry: Expiry): boolean {
  return allOf(expiry).some((keep) => day < cutoffOf(expiry.today, keep) && day >= cutoffOf(before, keep));
}

/**
 * What is said of the record's site holds, also where it is pinned; else, but for pinned sites, what is said of its level. Of a
 * site and its subdomains the most specific decides.
 */
export function isExpired(record: InteractionRecord, { today, levels, sites, pinned }: Expiry): boolean {
  if (record.level === 'ephemeral') return false;
  const host = recordHost(record);
  const domains = host === null ? [] : domainsOf(host);
  const site = domains.map((domain) => sites.find((one) => one.host === domain)).find((one) => one);
  const isPinned = domains.some((domain) => pinned.includes(domain));
  const keep = site?.keep ?? (isPinned ? undefined : levels[record.level]);
  if (keep === undefined || keep === 'forever') return false;
  return dayOf(record.atMs) < cutoffOf(today, keep);
}

/** What a policy would delete now. */
export interface RetentionForecast {
  /** Also those that are not here; each below is a part of it. */
  readonly records: number;
  /** Only in files that the person keeps, which open no more then. */
  readonly inFiles?: number;
  /** Only at the sync service. */
  readonly atService?: number;
  /** Days that have some of it, and the oldest. */
  readonly days: number;
  readonly oldest?: Day;
  /** What the computer says it is: a person sees whether that is right. */
  readonly today: Day;
}

/** What the options page shows. */
export interface RetentionReport {
  readonly retention: Retention;
  readonly pinned: readonly string[];
  readonly nowMs: number;
  /** The clock is in doubt: the last time that was believed. */
  readonly waitsSinceMs?: number;
}
