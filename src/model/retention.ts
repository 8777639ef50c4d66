/** How long records are kept, by level and by site. Everything counts in whole UTC days, as the store does. */
import * as v from 'valibot';
import { DAY_MS, type Day, dayOf } from '../base/clock.ts';
import type { InteractionRecord } from './interaction.ts';
import type { PrivacyLevel } from './privacy.ts';
import { type Rule, ruleFor } from './rules.ts';
import { recordHost } from './selector.ts';

/** What can be chosen, in days; without a choice records stay for ever. */
export const RETENTION_DAYS = [30, 90, 365] as const;
export type RetentionDays = (typeof RETENTION_DAYS)[number];
/** What a rule for a site can say: `forever`, whatever the levels say. */
export type SiteRetention = RetentionDays | 'forever';
export const SITE_RETENTIONS = [...RETENTION_DAYS, 'forever'] as const;

/** Levels whose records are stored; ephemeral ones end by themselves. */
export const STORED_LEVELS = ['public', 'private', 'anonymous'] as const;
export type StoredLevel = Exclude<PrivacyLevel, 'ephemeral'>;

/** Absent: for ever. */
export type Retention = Readonly<Partial<Record<StoredLevel, RetentionDays>>>;

const days = v.picklist(RETENTION_DAYS);
export const retentionSchema = v.strictObject({
  public: v.exactOptional(days),
  private: v.exactOptional(days),
  anonymous: v.exactOptional(days),
});
export const siteRetentionSchema = v.picklist(SITE_RETENTIONS);

/** What decides whether a record's time is over on the day `today`. */
export const expirySchema = v.strictObject({
  today: v.string(),
  levels: retentionSchema,
  /** Of rules that say something of it. */
  sites: v.array(v.strictObject({ host: v.string(), keep: siteRetentionSchema })),
  /** Pinned sites: no level's retention holds for them. */
  pinned: v.array(v.string()),
});
export type Expiry = v.InferOutput<typeof expirySchema>;

export const expiryOf = (
  {
    retention,
    rules,
    pinned,
  }: { readonly retention: Retention; readonly rules: readonly Rule[]; readonly pinned: readonly string[] },
  nowMs: number,
): Expiry => ({
  today: dayOf(nowMs),
  levels: { ...retention },
  sites: rules.flatMap(({ host, retention: keep }) => (keep === undefined ? [] : [{ host, keep }])),
  pinned: [...pinned],
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
 * What a rule says of the record's site holds, also where it is pinned; else, but for pinned sites, what its level says. The most
 * specific rule that says something of it decides.
 */
export function isExpired(record: InteractionRecord, { today, levels, sites, pinned }: Expiry): boolean {
  if (record.level === 'ephemeral') return false;
  const host = recordHost(record);
  const rule = host === null ? undefined : ruleFor(sites, host);
  const isPinned =
    host !== null &&
    ruleFor(
      pinned.map((one) => ({ host: one })),
      host,
    ) !== undefined;
  const keep = rule?.keep ?? (isPinned ? undefined : levels[record.level]);
  if (keep === undefined || keep === 'forever') return false;
  return dayOf(record.atMs) < cutoffOf(today, keep);
}
