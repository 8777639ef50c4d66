/** The seed's `PrivacyPolicy`, and what the person agreed to: to be recorded, and to be shared with whom. */
import * as v from 'valibot';
import type { PrivacyLevel } from './privacy.ts';
import type { Retention, RetentionDays } from './retention.ts';
import type { Rule } from './rules.ts';

/** `strong`: a passphrase. `medium`: this device's key alone. `none`: nothing is stored that could be encrypted. */
export type EncryptionLevel = 'strong' | 'medium' | 'none';

/** The seed's, with its fields. */
export interface PrivacyPolicy {
  readonly retentionDays: RetentionDays | null;
  readonly autoDelete: boolean;
  /** Identifiers are left out of what is recorded: level `anonymous` wherever something is stored, also by rules. */
  readonly anonymization: boolean;
  readonly encryption: EncryptionLevel;
  /** Uses of data that are permitted now, as `useName` calls them. */
  readonly sharingConsent: readonly string[];
}

/**
 * Who or what was agreed to. `recording`: on this device. `sync`: with the devices of an account, through the service at an
 * address, which cannot read it. `plugin`: another extension, by id. Nothing else is ever given to anybody.
 */
export const USES = ['recording', 'sync', 'plugin'] as const;
export type Use = (typeof USES)[number];

export interface Consent {
  readonly use: Use;
  /** Of `sync` the address of the service, of `plugin` the extension's id; empty for `recording`. */
  readonly to: string;
  /** How it is called; an extension's own word for itself. */
  readonly name: string;
  /** What of records, for `plugin`. */
  readonly fields?: readonly string[];
  readonly givenMs: number;
  /** Until when it was given, for `plugin`. */
  readonly untilMs?: number;
  /** When it ended; absent while it is in force. */
  readonly withdrawnMs?: number;
}

export const useName = ({ use, to }: Pick<Consent, 'use' | 'to'>): string =>
  to === '' ? use : `${use}:${to}`;

/** What is permitted now, as the parts that enforce it know it: without dates, where they have none. */
export type InForce = Omit<Consent, 'givenMs' | 'withdrawnMs'> & { readonly givenMs?: number };

const consentSchema = v.object({
  use: v.picklist(USES),
  to: v.string(),
  name: v.string(),
  fields: v.exactOptional(v.array(v.string())),
  givenMs: v.number(),
  untilMs: v.exactOptional(v.number()),
  withdrawnMs: v.exactOptional(v.number()),
});

/** What does not open or parse begins anew: what is in force is known elsewhere. */
export function parseConsents(stored: unknown): readonly Consent[] {
  const parsed = v.safeParse(v.array(consentSchema), stored);
  return parsed.success ? parsed.output : [];
}

/** Ended ones that are remembered. */
export const MAX_ENDED = 200;

const sameTerms = (a: InForce, b: InForce): boolean =>
  useName(a) === useName(b) &&
  a.untilMs === b.untilMs &&
  JSON.stringify(a.fields ?? []) === JSON.stringify(b.fields ?? []);

/**
 * The list, made true: what is in force and not in it was given (at its own time, or now), what is in it and not in force any
 * more ended now, or when its time was over. Other terms for the same are another consent. Newest first; the same object when
 * nothing is different.
 */
export function trueConsents(
  known: readonly Consent[],
  inForce: readonly InForce[],
  nowMs: number,
): readonly Consent[] {
  const isOpen = (one: Consent) => one.withdrawnMs === undefined;
  const ended = known.map((one) =>
    isOpen(one) && !inForce.some((now) => sameTerms(now, one))
      ? { ...one, withdrawnMs: Math.max(one.givenMs, Math.min(nowMs, one.untilMs ?? nowMs)) }
      : one,
  );
  const given = inForce
    .filter((now) => !known.some((one) => isOpen(one) && sameTerms(now, one)))
    .map((now): Consent => {
      // What ended and is in force again was given anew.
      const again = known.some(
        (one) => sameTerms(now, one) && (one.withdrawnMs ?? 0) >= (now.givenMs ?? nowMs),
      );
      return { ...now, givenMs: again ? nowMs : (now.givenMs ?? nowMs) };
    });
  if (given.length === 0 && ended.every((one, at) => one === known[at])) return known;
  const all = [...given, ...ended].sort((a, b) => b.givenMs - a.givenMs);
  let left = MAX_ENDED;
  return all.filter((one) => isOpen(one) || left-- > 0);
}

export function policyOf(
  settings: {
    readonly level: PrivacyLevel;
    readonly rules: readonly Pick<Rule, 'level'>[];
    readonly retention: Retention;
  },
  hasPassphrase: boolean,
  consents: readonly Consent[],
): PrivacyPolicy {
  const { level, rules, retention } = settings;
  // A rule may say another level than the global one, also a milder one.
  const stored = [level, ...rules.flatMap((rule) => rule.level ?? [])].filter((one) => one !== 'ephemeral');
  // Of what no rule is about; sites may have their own.
  const retentionDays = level === 'ephemeral' ? null : (retention.levels[level] ?? null);
  return {
    retentionDays,
    autoDelete:
      Object.keys(retention.levels).length > 0 || retention.sites.some(({ keep }) => keep !== 'forever'),
    anonymization: stored.length > 0 && stored.every((one) => one === 'anonymous'),
    encryption: stored.length === 0 ? 'none' : hasPassphrase ? 'strong' : 'medium',
    sharingConsent: consents
      .filter(({ use, withdrawnMs }) => use !== 'recording' && withdrawnMs === undefined)
      .map(useName)
      .sort(),
  };
}

export interface PrivacyReport {
  readonly policy: PrivacyPolicy;
  /** Newest first; those that ended too. */
  readonly consents: readonly Consent[];
}
