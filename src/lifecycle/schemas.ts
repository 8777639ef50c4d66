/** A JSON Schema (2020-12) for each file of an export, so that other programs can read it. `test/unit/lifecycle/package.test.ts` holds exports to them. */
import { LOG_KINDS } from '../model/deletion-log.ts';
import { PURGE_REASONS, PURGE_STEPS } from '../model/purge.ts';
import { calledAfterwards, type How, TABLES, type TableName } from './anonymise.ts';

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const time: Schema = { type: 'string', format: 'date-time', description: 'ISO 8601, UTC' };
const number: Schema = { type: 'number', minimum: 0 };
const share: Schema = { type: 'number', minimum: 0, maximum: 1 };
const flag: Schema = { type: 'boolean' };
const words = (...values: readonly (string | number)[]): Schema => ({ enum: values });
const list = (items: Schema): Schema => ({ type: 'array', items });

/** Names that end with `?` may be absent. */
function object(fields: Readonly<Record<string, Schema>>, more: Schema = {}): Schema {
  const entries = Object.entries(fields);
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, schema]) => [name.replace('?', ''), schema])),
    required: entries.flatMap(([name]) => (name.endsWith('?') ? [] : [name])),
    ...more,
  };
}

const LEVEL = words('public', 'private', 'anonymous');
const after = {
  'after?': {
    ...time,
    description: 'only where the clock said less: recorded when deletions up to this time were known',
  },
};
const record = { id: text, at: time, ...after, level: LEVEL, url: text };
const KIND = ['visit', 'search', 'click'] as const;

const visit = object({
  ...record,
  kind: words('visit'),
  title: text,
  transition: { ...text, description: 'how the page was come to' },
  'referrer?': { ...text, description: 'the address of the page before' },
  dwellMs: { ...number, description: 'active time on the page, in milliseconds' },
});
const search = object({ ...record, kind: words('search'), engine: text, query: text });
const click = object({
  ...record,
  kind: words('click'),
  title: { ...text, description: 'of the page that was clicked on' },
  role: { ...text, description: 'an ARIA role' },
  text: { ...text, description: 'the visible text' },
  'target?': { ...text, description: 'where a link leads' },
});
const reduced = object({
  id: text,
  at: { ...time, description: 'the full hour' },
  ...after,
  kind: words('reduced'),
  level: words('anonymous'),
  of: words(...KIND),
  category: text,
});

const preferences = {
  language: { ...text, description: 'a language tag (BCP 47)' },
  timezone: { ...text, description: 'a name of the IANA time zone database' },
  theme: words('system', 'light', 'dark'),
  dataRetentionDays: words(30, 90, 365, 'forever'),
  autoLearn: flag,
  learningIntensity: words('low', 'medium', 'high'),
  sharingLevel: words('none', 'aggregated', 'identified'),
};

const profile = object({
  ...preferences,
  userId: text,
  createdAt: time,
  lastUpdated: time,
  privacyLevel: words('public', 'private', 'anonymous', 'ephemeral'),
  totalInteractions: number,
  averageSessionDuration: { ...number, description: 'milliseconds' },
  lastActiveDate: time,
});

const context = object({
  id: text,
  userId: text,
  timestamp: time,
  recentSearches: list(text),
  recentVisits: list(text),
  clickPatterns: list(object({ hour: number, weekday: number, role: text, count: number })),
  userSegment: text,
  interestTopics: list(text),
  confidenceScore: share,
  predictedNextActions: list(
    object({ kind: words('visit', 'search'), target: text, probability: share, reason: text }),
  ),
  recommendedContent: list(object({ url: text, title: text, score: share, reason: text })),
  deviceInfo: object({ os: text, browser: text, screenSize: text }),
  locationHint: text,
});

const OF_HOW: Readonly<Record<Exclude<How, 'each' | 'left out'>, Schema>> = {
  kept: {},
  hour: { ...time, description: 'the full hour, UTC' },
  minutes: { ...number, description: 'minutes' },
  keyed: { ...text, description: 'a hash whose key was thrown away' },
  site: { ...text, description: 'a hash of the host name whose key was thrown away' },
  count: { ...number, description: 'how many there are' },
  region: { ...text, description: 'a part of the world' },
  language: text,
  role: text,
  category: text,
};

function anonymisedSchema(table: TableName): Schema {
  const hows = Object.entries<How>(TABLES[table]).filter(([, how]) => how !== 'left out');
  const one = ([field, how]: [string, How]): [string, Schema] => {
    if (how !== 'each') return [calledAfterwards(field), OF_HOW[how as keyof typeof OF_HOW]];
    const inner = anonymisedSchema(field as TableName);
    return [field, field === 'deviceInfo' ? inner : list(inner)];
  };
  return {
    type: 'object',
    properties: { ...Object.fromEntries(hows.map(one)), ...ofKind(table) },
    additionalProperties: false,
  };
}
const ofKind = (table: TableName): Readonly<Record<string, Schema>> =>
  ['visit', 'search', 'click', 'reduced'].includes(table) ? { kind: words(table) } : {};

/** Their parts differ from version to version. */
const settings = object({
  settings: object({ level: text, rules: list(object({ host: text })) }),
  policy: object({}),
  consents: list(object({ use: text })),
  extensions: object({}),
  requests: list(
    object({ requestType: words('export', 'delete', 'rectify'), timestamp: time, status: text }),
  ),
});

const deletions = object({
  whole: { ...flag, description: 'whether every entry is there and as it was written' },
  entries: list(
    object(
      {
        n: { ...number, description: 'which entry; older ones may have made room' },
        before: { ...text, description: 'SHA-256 of the entry before as it was written, base64url' },
        purge: { ...text, description: 'which deletion: random' },
        step: words(...PURGE_STEPS),
        reason: words(...PURGE_REASONS),
        kind: words(...LOG_KINDS),
        at: time,
        records: { ...number, description: 'records that were meant' },
        'keptDays?': { ...number, description: 'days that kept something because of damage' },
      },
      { additionalProperties: false },
    ),
  ),
});

export type PackageKind = 'full' | 'anonymised';

const ms: Schema = { ...number, description: 'when, by the clock of the service: milliseconds since 1970' };
const slot: Schema = {
  ...text,
  description: 'the name of an object: only devices of the account know of what',
};
const etag: Schema = { ...text, description: 'SHA-256 of the sealed bytes' };
const size: Schema = { ...number, description: 'bytes' };
/** As the service tells it (`GET /v1/export`): it may tell more. */
const held: Schema = {
  oneOf: [
    object({
      type: words('account'),
      account: text,
      createdAt: ms,
      head: { ...number, description: 'the newest write of the log' },
      usage: object({ objects: number, bodyBytes: size, loggedOps: number }),
    }),
    object({ type: words('devices'), list: object({ body: text, signature: text }) }),
    object({
      type: words('change'),
      seq: { ...number, description: 'which write' },
      device: { ...text, description: 'which device wrote it' },
      at: ms,
      ops: list(object({ slot, etag: { ...etag, type: ['string', 'null'] }, size })),
    }),
    object({
      type: words('object'),
      slot,
      etag,
      size,
      at: ms,
      'here?': {
        ...object({ kind: text, epoch: number, 'day?': text }),
        description: 'not from the service: what this device knows the object to be',
      },
      'body?': {
        ...text,
        description: 'the sealed bytes as they lie there, base64url; where it was asked for',
      },
      'opened?': {
        ...object({ 'header?': object({}), 'closed?': text }),
        description: 'not from the service: what opens of the bytes on this device, or why nothing does',
      },
    }),
    object({ type: words('answer'), key: text, at: ms, answer: object({}) }),
  ],
};

const service: Readonly<Record<PackageKind, Schema>> = {
  full: object({
    service: text,
    askedAt: time,
    complete: { ...flag, description: 'whether the service told everything' },
    'problem?': text,
    held: list(held),
  }),
  anonymised: object({
    askedAt: time,
    complete: flag,
    'problem?': text,
    held: object({}, { additionalProperties: number }),
    bytes: number,
  }),
};

const interactions = (format: string, kinds: readonly Schema[]): Schema =>
  object({ format: words(format), exportedAt: time, interactions: list({ oneOf: kinds }) });

/** By the name of the file that it is of. */
export function schemasOf(kind: PackageKind, format: string): Readonly<Record<string, Schema>> {
  const isFull = kind === 'full';
  const found: Readonly<Record<string, Schema>> = {
    'interactions.json': isFull
      ? interactions(format, [visit, search, click, reduced])
      : interactions(format, (['visit', 'search', 'click', 'reduced'] as const).map(anonymisedSchema)),
    'profile.json': isFull ? profile : anonymisedSchema('profile'),
    'preferences.json': isFull ? object(preferences) : anonymisedSchema('preferences'),
    ...(isFull ? { 'settings.json': settings } : {}),
    'contexts.json': list(isFull ? context : anonymisedSchema('context')),
    ...(isFull ? { 'deletions.json': deletions } : {}),
    'service.json': service[kind],
  };
  return Object.fromEntries(
    Object.entries(found).map(([name, schema]) => [
      name,
      { $schema: 'https://json-schema.org/draft/2020-12/schema', title: name, ...schema },
    ]),
  );
}
