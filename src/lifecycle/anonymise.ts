/**
 * What is left of each field in an anonymised export (seed §3.3; docs/decisions/0012). A field that is not in these tables is left out;
 * one that a type has and its table does not have is an error of the compiler, and of a test. It is *reduced*, not anonymous: how
 * often which hash comes in which hour may still tell a person to somebody who knows them.
 */
import { type Bytes, toBase64Url, utf8 } from '../base/bytes.ts';
import { HOUR_MS } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import { CATEGORIES } from '../capture/site-category.ts';
import { hmac, importMacKey, type MacKey, macInput } from '../crypto/primitives.ts';
import type {
  ARQContext,
  ClickPattern,
  ContentRecommendation,
  DeviceInfo,
  PredictedAction,
} from '../model/context.ts';
import type {
  ClickEvent,
  InteractionRecord,
  ReducedEvent,
  SearchEvent,
  VisitRecord,
} from '../model/interaction.ts';
import type { PreferencesObject, UserProfile } from '../model/profile.ts';
import { REGIONS, regionOf } from '../model/region.ts';

export type How =
  /** As it is: a number, or one of a fixed list of words. */
  | 'kept'
  /** The full hour, in UTC. */
  | 'hour'
  /** A span in ms, as whole minutes. */
  | 'minutes'
  /** A keyed hash (`KeyedNames`). */
  | 'keyed'
  /** Of an address: a keyed hash of its host, and nothing else. */
  | 'site'
  /** Of a list: how long it is. */
  | 'count'
  /** A part of the world. */
  | 'region'
  /** The language without country and script. */
  | 'language'
  /** One of the usual ARIA roles, else `other`: pages may write anything there. */
  | 'role'
  /** One of our own categories of sites, else `web`. */
  | 'category'
  /** A list of things, or a thing, with a table of its own. */
  | 'each'
  | 'left out';

type Table<T> = Readonly<Record<keyof Required<T>, How>>;

const PREFERENCES = {
  language: 'language',
  timezone: 'region',
  theme: 'kept',
  dataRetentionDays: 'kept',
  autoLearn: 'kept',
  learningIntensity: 'kept',
  sharingLevel: 'kept',
} as const satisfies Table<PreferencesObject>;

export const TABLES = {
  visit: {
    kind: 'kept',
    id: 'keyed',
    atMs: 'hour',
    afterMs: 'left out',
    level: 'kept',
    shortened: 'left out',
    url: 'site',
    title: 'left out',
    transition: 'kept',
    referrer: 'site',
    dwellMs: 'minutes',
  } satisfies Table<VisitRecord>,
  search: {
    kind: 'kept',
    id: 'keyed',
    atMs: 'hour',
    afterMs: 'left out',
    level: 'kept',
    shortened: 'left out',
    engine: 'keyed',
    query: 'left out',
    url: 'site',
  } satisfies Table<SearchEvent>,
  click: {
    kind: 'kept',
    id: 'keyed',
    atMs: 'hour',
    afterMs: 'left out',
    level: 'kept',
    shortened: 'left out',
    url: 'site',
    title: 'left out',
    role: 'role',
    text: 'left out',
    target: 'site',
  } satisfies Table<ClickEvent>,
  reduced: {
    kind: 'kept',
    id: 'keyed',
    atMs: 'hour',
    afterMs: 'left out',
    level: 'kept',
    of: 'kept',
    category: 'category',
  } satisfies Table<ReducedEvent>,
  context: {
    id: 'keyed',
    userId: 'keyed',
    timestamp: 'hour',
    recentSearches: 'count',
    recentVisits: 'count',
    clickPatterns: 'each',
    userSegment: 'left out',
    interestTopics: 'count',
    confidenceScore: 'kept',
    predictedNextActions: 'each',
    recommendedContent: 'each',
    deviceInfo: 'each',
    locationHint: 'region',
  } satisfies Table<ARQContext>,
  clickPatterns: { hour: 'kept', weekday: 'kept', role: 'role', count: 'kept' } satisfies Table<ClickPattern>,
  predictedNextActions: {
    kind: 'kept',
    target: 'left out',
    probability: 'kept',
    reason: 'left out',
  } satisfies Table<PredictedAction>,
  recommendedContent: {
    url: 'site',
    title: 'left out',
    score: 'kept',
    reason: 'left out',
  } satisfies Table<ContentRecommendation>,
  deviceInfo: { os: 'keyed', browser: 'keyed', screenSize: 'left out' } satisfies Table<DeviceInfo>,
  preferences: PREFERENCES,
  profile: {
    ...PREFERENCES,
    userId: 'keyed',
    createdAt: 'hour',
    lastUpdated: 'hour',
    privacyLevel: 'kept',
    totalInteractions: 'kept',
    averageSessionDuration: 'minutes',
    lastActiveDate: 'hour',
  } satisfies Table<UserProfile>,
} as const;
export type TableName = keyof typeof TABLES;

/** What a field is called afterwards, where that is not the same. */
const CALLED: Readonly<Record<string, string>> = {
  atMs: 'at',
  url: 'site',
  referrer: 'referrerSite',
  target: 'targetSite',
  dwellMs: 'dwellMinutes',
  averageSessionDuration: 'averageSessionMinutes',
  timezone: 'region',
  locationHint: 'region',
};
export const calledAfterwards = (field: string): string => CALLED[field] ?? field;

const ROLES = new Set('link button tab menuitem option switch checkbox radio combobox unknown'.split(' '));
const MINUTE_MS = 60_000;
/** Sites that are remembered with their hash. */
const KNOWN_SITES = 10_000;

/** Hashes with a key that nobody has: it is made here and thrown away with this. */
export class KeyedNames {
  readonly #key: Promise<MacKey>;
  readonly #sites = new Map<string, Promise<string>>();

  /** `key`: 32 bytes; given by tests alone. */
  constructor(key: Bytes = systemRandom.bytes(32)) {
    this.#key = importMacKey(key);
  }

  /** HMAC-SHA-256 of what it is and its text, 96 bits of it as base64url: the same within one export, and nowhere else. */
  async of(what: string, text: string): Promise<string> {
    const mac = await hmac(await this.#key, macInput(`anonymised/${what}`, utf8(text)));
    return toBase64Url(mac.subarray(0, 12));
  }

  site(host: string): Promise<string> {
    let known = this.#sites.get(host);
    if (!known) {
      if (this.#sites.size >= KNOWN_SITES) this.#sites.clear();
      known = this.of('site', host);
      this.#sites.set(host, known);
    }
    return known;
  }
}

/** @param field where the hash is of: the same text as another thing is another hash. */
async function reduced(how: How, field: string, value: unknown, names: KeyedNames): Promise<unknown> {
  switch (how) {
    case 'kept':
      return value;
    case 'hour': {
      const ms = value instanceof Date ? value.getTime() : Number(value);
      return new Date(Math.floor(ms / HOUR_MS) * HOUR_MS).toISOString();
    }
    case 'minutes':
      return Math.round(Number(value) / MINUTE_MS);
    case 'keyed':
      return names.of(field, String(value));
    case 'site':
      return URL.canParse(String(value)) ? names.site(new URL(String(value)).hostname) : undefined;
    case 'count':
      return Array.isArray(value) ? value.length : undefined;
    case 'region':
      return REGIONS.has(String(value)) ? value : regionOf(String(value));
    case 'language':
      return /^[A-Za-z]{2,3}(?![A-Za-z])/.exec(String(value))?.[0].toLowerCase();
    case 'role':
      return ROLES.has(String(value)) ? value : 'other';
    case 'category':
      return CATEGORIES.has(String(value)) ? value : 'web';
    case 'each': {
      const table = field as TableName;
      if (!Array.isArray(value)) return anonymised(table, value as object, names);
      return Promise.all(value.map((one: object) => anonymised(table, one, names)));
    }
    case 'left out':
      return undefined;
  }
}

/** What is left of one thing. Fields that are not in its table are left out, also those that a newer version added. */
export async function anonymised(
  table: TableName,
  value: object,
  names: KeyedNames,
): Promise<Record<string, unknown>> {
  const hows: Readonly<Record<string, How>> = TABLES[table];
  const fields = Object.entries(hows).map(async ([field, how]) => {
    const before = (value as Record<string, unknown>)[field];
    const after = before === undefined ? undefined : await reduced(how, field, before, names);
    return [calledAfterwards(field), after] as const;
  });
  return Object.fromEntries((await Promise.all(fields)).filter(([, after]) => after !== undefined));
}

/** Of some records of whole days. Within an hour they stand in the order of their hashes, which tells nothing. */
export async function anonymisedRecords(
  records: readonly InteractionRecord[],
  names: KeyedNames,
): Promise<Record<string, unknown>[]> {
  const all = await Promise.all(records.map((record) => anonymised(record.kind, record, names)));
  const order = ({ at, id }: Record<string, unknown>) => `${at} ${id}`;
  return all.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}
