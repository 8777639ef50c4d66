/**
 * The seed's `DataAccessRequest` (§5.3): what the person asked of their data, how far it is, and what came of it, as counts. The
 * exported data itself is in the file that they got, so `data` is not here.
 */
import * as v from 'valibot';
import { MAX_TIME_MS } from './interaction-fields.ts';

export const REQUEST_TYPES = ['export', 'delete', 'rectify'] as const;
export type RequestType = (typeof REQUEST_TYPES)[number];

/** `interrupted`: the background was stopped while it ran; it can be gone on with, or cancelled. So can one that failed. */
export const REQUEST_STATUSES = ['running', 'interrupted', 'failed', 'completed', 'cancelled'] as const;
export type RequestStatus = (typeof REQUEST_STATUSES)[number];

/** `json`, `csv`: only the records, in one file. */
export const EXPORT_KINDS = ['full', 'encrypted', 'anonymised', 'json', 'csv'] as const;
export type ExportKind = (typeof EXPORT_KINDS)[number];

export const REQUEST_LIMITS = { reason: 200, kept: 100, title: 1000, query: 2000, records: 200 } as const;

const text = (max: number) =>
  v.pipe(
    v.string(),
    v.maxLength(max),
    v.check((value) => value.isWellFormed()),
  );
const address = text(4096);

/** What is to be put right. `from`: as it stands; every record of the address that has exactly this is meant. */
export const correctionSchema = v.variant('what', [
  v.strictObject({
    what: v.literal('title'),
    url: address,
    from: text(REQUEST_LIMITS.title),
    to: text(REQUEST_LIMITS.title),
  }),
  v.strictObject({
    what: v.literal('query'),
    url: address,
    from: text(REQUEST_LIMITS.query),
    to: v.pipe(text(REQUEST_LIMITS.query), v.trim(), v.minLength(1)),
  }),
  v.strictObject({
    what: v.picklist(['language', 'timezone']),
    to: v.pipe(text(100), v.trim(), v.minLength(1)),
  }),
]);
export type Correction = v.InferOutput<typeof correctionSchema>;
export type CorrectionOfRecords = Extract<Correction, { url: string }>;

/** Days that may say something of an address and are not looked at: at the sync service only, and in files only. */
export interface DaysElsewhere {
  readonly away: number;
  readonly filed: number;
}

const days = (count: number): string => `${count} ${count === 1 ? 'day' : 'days'}`;

/** What a correction does not reach, and what the person can do. */
export function elsewhereSentences({ away, filed }: DaysElsewhere): string[] {
  return [
    ...(away > 0
      ? [
          `${days(away)} that may say the same ${away === 1 ? 'is' : 'are'} at the sync service only and could not be looked at: fetch ${away === 1 ? 'it' : 'them'} back, then correct again.`,
        ]
      : []),
    ...(filed > 0
      ? [
          `${days(filed)} ${filed === 1 ? 'is' : 'are'} only in files that you keep: correct ${filed === 1 ? 'it' : 'them'} after you brought ${filed === 1 ? 'it' : 'them'} back.`,
        ]
      : []),
  ];
}

/** What records of one address say, each text once, with how many records have it. */
export interface Correctable {
  readonly titles: readonly { readonly text: string; readonly count: number }[];
  readonly queries: readonly { readonly text: string; readonly count: number }[];
  readonly elsewhere: DaysElsewhere;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const detailSchema = v.variant('type', [
  v.object({ type: v.literal('export'), kind: v.picklist(EXPORT_KINDS) }),
  v.object({ type: v.literal('delete'), account: v.boolean() }),
  v.object({
    type: v.literal('rectify'),
    of: v.picklist(['title', 'query', 'language', 'timezone']),
    /** While it is not done, and not in the list itself: it has a key that goes with it (storage/corrections-note.ts). */
    correction: v.exactOptional(correctionSchema),
  }),
]);
export type RequestDetail = v.InferOutput<typeof detailSchema>;

const isoTime = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.check((iso) => Date.parse(iso) <= MAX_TIME_MS),
);

const requestSchema = v.object({
  id: v.pipe(v.string(), v.maxLength(40)),
  userId: v.pipe(v.string(), v.maxLength(200)),
  requestType: v.picklist(REQUEST_TYPES),
  /** In the person's own words, for themselves; may be empty. */
  reason: v.pipe(v.string(), v.maxLength(REQUEST_LIMITS.reason)),
  /** When it was made. ISO 8601, as everything here that is stored or sent. */
  timestamp: isoTime,
  status: v.picklist(REQUEST_STATUSES),
  detail: detailSchema,
  /** Records that were exported, deleted or corrected. */
  affectedRecords: v.exactOptional(count),
  completionDate: v.exactOptional(isoTime),
  /** Something that the person should know: why it failed, or what is missing. */
  message: v.exactOptional(v.pipe(v.string(), v.maxLength(1000))),
});
export type DataAccessRequest = v.InferOutput<typeof requestSchema>;

/** What opens of a stored list; what does not is left out. */
export function parseRequests(stored: unknown): DataAccessRequest[] {
  if (!Array.isArray(stored)) return [];
  return stored.flatMap((one) => {
    const parsed = v.safeParse(requestSchema, one);
    return parsed.success ? [parsed.output] : [];
  });
}

export const isOpenRequest = ({ status }: DataAccessRequest): boolean =>
  status !== 'completed' && status !== 'cancelled';
