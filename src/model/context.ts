/** The seed's `ARQContext` (§2.2): what this profile is about at one moment. `Date` in memory, ISO 8601 where it is stored. */
import * as v from 'valibot';

/** Clicks of one sort in one hour of the week. */
export interface ClickPattern {
  /** 0 to 23, in the profile's time zone. */
  readonly hour: number;
  /** 0 = Sunday to 6 = Saturday, in the profile's time zone. */
  readonly weekday: number;
  /** ARIA role of what was clicked; `unknown` for records of level `anonymous`, which keep none. */
  readonly role: string;
  readonly count: number;
}

/** What the person may do next. */
export interface PredictedAction {
  readonly kind: 'visit' | 'search';
  /** Address or query. */
  readonly target: string;
  /** 0 to 1. */
  readonly probability: number;
  /** Why, in a sentence. */
  readonly reason: string;
}

export interface ContentRecommendation {
  readonly url: string;
  readonly title: string;
  /** 0 to 1. */
  readonly score: number;
  /** Why, in a sentence. */
  readonly reason: string;
}

export interface DeviceInfo {
  readonly os: string;
  readonly browser: string;
  /** `<width>x<height>` in CSS pixels; `unknown` until a page told. */
  readonly screenSize: string;
}

export interface ARQContext {
  /** A UUID (RFC 9562), in lower case. */
  readonly id: string;
  readonly userId: string;
  readonly timestamp: Date;
  /** Newest first, at most 100. */
  readonly recentSearches: readonly string[];
  /** Addresses, newest first, at most 100. */
  readonly recentVisits: readonly string[];
  readonly clickPatterns: readonly ClickPattern[];
  readonly userSegment: string;
  /** At most 20, strongest first. */
  readonly interestTopics: readonly string[];
  /** 0 to 1: how much data the derived fields rest on. */
  readonly confidenceScore: number;
  readonly predictedNextActions: readonly PredictedAction[];
  readonly recommendedContent: readonly ContentRecommendation[];
  readonly deviceInfo: DeviceInfo;
  /** A part of the world, from the time zone. */
  readonly locationHint: string;
}

export const MAX_RECENT = 100;
export const MAX_TOPICS = 20;

const text = (max: number) => v.pipe(v.string(), v.maxLength(max));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const whole = (max: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(max));

/** An ISO 8601 time as `Date.toISOString` writes it. */
export const storedDate = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.transform((iso) => new Date(iso)),
);

const contextSchema = v.object({
  id: v.pipe(v.string(), v.uuid(), v.toLowerCase()),
  userId: text(200),
  timestamp: storedDate,
  recentSearches: v.pipe(v.array(text(4096)), v.maxLength(MAX_RECENT)),
  recentVisits: v.pipe(v.array(text(4096)), v.maxLength(MAX_RECENT)),
  clickPatterns: v.array(
    v.object({ hour: whole(23), weekday: whole(6), role: text(100), count: whole(Number.MAX_SAFE_INTEGER) }),
  ),
  userSegment: text(100),
  interestTopics: v.pipe(v.array(text(200)), v.maxLength(MAX_TOPICS)),
  confidenceScore: share,
  predictedNextActions: v.array(
    v.object({
      kind: v.picklist(['visit', 'search']),
      target: text(4096),
      probability: share,
      reason: text(500),
    }),
  ),
  recommendedContent: v.array(
    v.object({ url: text(4096), title: text(1000), score: share, reason: text(500) }),
  ),
  deviceInfo: v.object({ os: text(100), browser: text(100), screenSize: text(40) }),
  locationHint: text(100),
});

/** From what is stored, or from JSON; `null` when it is no context. */
export function parseContext(stored: unknown): ARQContext | null {
  const parsed = v.safeParse(contextSchema, stored);
  return parsed.success ? parsed.output : null;
}

/** A context as it is stored. @throws TypeError when it is not one: which field, and why. */
export function storableContext(context: ARQContext): ARQContext {
  const parsed = v.safeParse(contextSchema, toJson(context));
  if (!parsed.success) throw new TypeError(`not a context: ${describeIssue(parsed.issues[0])}`);
  return parsed.output;
}

/** What `JSON` makes of a value; a date that is none becomes `null` and is refused by the parser. */
export const toJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? 'null');

/** Where and why a parser refused, without the value: it may be private. */
export const describeIssue = (issue: v.BaseIssue<unknown>): string =>
  `${v.getDotPath(issue) ?? 'value'} (expected ${issue.expected ?? issue.type})`;

/**
 * A context after records were erased: without their lines, and without all that was derived from more records than it
 * lists. Which part of that rests on what was erased is not known.
 */
export function withoutLines(context: ARQContext, gone: ReadonlySet<string>): ARQContext {
  const keep = (line: string) => !gone.has(line);
  return {
    ...context,
    recentSearches: context.recentSearches.filter(keep),
    recentVisits: context.recentVisits.filter(keep),
    clickPatterns: [],
    userSegment: 'unknown',
    confidenceScore: 0,
    interestTopics: [],
    predictedNextActions: [],
    recommendedContent: [],
  };
}

/** Whether two contexts say the same, apart from when they were made and what they are called. */
export function saySame(a: ARQContext, b: ARQContext): boolean {
  const said = (context: ARQContext) =>
    JSON.stringify({ ...storableContext(context), id: '', timestamp: '' });
  return said(a) === said(b);
}
