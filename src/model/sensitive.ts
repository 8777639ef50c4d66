/** Sorts of sensitive pieces that are recognised in what is captured, what happens with each, and how often it did. */
import * as v from 'valibot';

export const SENSITIVE_KINDS = [
  'credential',
  'card',
  'card-code',
  'iban',
  'bank-account',
  'national-id',
  'document',
  'one-time-code',
  'wallet',
  'url-token',
  'email',
  'phone',
  'ip',
  'health',
  'finance',
] as const;
export type SensitiveKind = (typeof SENSITIVE_KINDS)[number];

/** `replace`: by what it was. `hash`: by a keyed hash too, so that equal ones stay equal. `count`: it stays. */
export type Treatment = 'replace' | 'hash' | 'count';

export const TREATMENTS: Readonly<Record<SensitiveKind, Treatment>> = {
  credential: 'replace',
  card: 'replace',
  'card-code': 'replace',
  iban: 'replace',
  'bank-account': 'replace',
  'national-id': 'replace',
  document: 'replace',
  'one-time-code': 'replace',
  wallet: 'replace',
  'url-token': 'replace',
  email: 'hash',
  phone: 'hash',
  ip: 'hash',
  health: 'count',
  finance: 'count',
};

/** How many of each. */
export type SensitiveCounts = Readonly<Record<SensitiveKind, number>>;

const zero = (): Record<SensitiveKind, number> =>
  Object.fromEntries(SENSITIVE_KINDS.map((kind) => [kind, 0])) as Record<SensitiveKind, number>;

/** The counts of these, one each. */
export function countsOf(kinds: Iterable<SensitiveKind>): SensitiveCounts {
  const counts = zero();
  for (const kind of kinds) counts[kind] += 1;
  return counts;
}

export function addCounts(a: SensitiveCounts, b: SensitiveCounts): SensitiveCounts {
  const counts = zero();
  for (const kind of SENSITIVE_KINDS) counts[kind] = a[kind] + b[kind];
  return counts;
}

export const NO_COUNTS: SensitiveCounts = zero();

export const isNone = (counts: SensitiveCounts): boolean =>
  SENSITIVE_KINDS.every((kind) => counts[kind] === 0);

/** Since a time, in ms. */
export interface SensitiveTotals {
  readonly sinceMs: number;
  readonly counts: SensitiveCounts;
}

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const totalsSchema = v.object({
  sinceMs: whole,
  /** A kind that a later version adds begins at none; one that is not known is left out. */
  counts: v.object(
    v.entriesFromList(SENSITIVE_KINDS, v.optional(whole, 0)) as Record<
      SensitiveKind,
      v.OptionalSchema<typeof whole, 0>
    >,
  ),
});

/** `undefined` when it is none. */
export function parseSensitiveTotals(value: unknown): SensitiveTotals | undefined {
  const parsed = v.safeParse(totalsSchema, value);
  return parsed.success ? parsed.output : undefined;
}
