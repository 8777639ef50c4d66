/**
 * Every view in every state that a person can meet, with long names where they can be long.
 *
 * Over 300 lines, because it is one list.
 */
import { fail, ok } from '../../src/base/result.ts';
import type { PageRecords, RuleTrial, SearchHit } from '../../src/messaging/answers.ts';
import type { BudgetReport } from '../../src/model/budget.ts';
import type { ClosedReport } from '../../src/model/closed.ts';
import type { DataAccessRequest } from '../../src/model/data-request.ts';
import type { Deletion } from '../../src/model/deletion.ts';
import type { LogEntry, LogReading } from '../../src/model/deletion-log.ts';
import type { HealthReport } from '../../src/model/health.ts';
import type { HeldContents, HeldPage } from '../../src/model/held.ts';
import type { JoinPreview } from '../../src/model/join-preview.ts';
import type { PluginsReport } from '../../src/model/plugins.ts';
import type { PrivacyReport } from '../../src/model/privacy-policy.ts';
import type { CompactionState, Status, SyncState } from '../../src/model/recording.ts';
import type { ReductionCount, ReductionState } from '../../src/model/reduction.ts';
import type { RetentionReport } from '../../src/model/retention.ts';
import { NO_COUNTS } from '../../src/model/sensitive.ts';
import type { SyncConflict } from '../../src/model/sync-conflict.ts';
import { lied } from '../../src/sync/service-lie.ts';
import type { TestPage } from './browser.ts';
import type { FakeBackground } from './fake-background.ts';
import { SOME_KDF } from './locking.ts';
import { waitFor } from './wait-for.ts';

export interface ViewState extends Partial<FakeBackground> {
  readonly name: string;
  /** Default: popup, options or onboarding, by the beginning of the name. */
  readonly tab?: string;
  /** Leads from the loaded page to the state. */
  readonly reach?: (page: TestPage) => Promise<void>;
}

const NOW = Date.now();
const LONG_HOST = 'a-department-with-a-very-long-name.research.university-of-somewhere.example';
const LONG_TITLE =
  'Proceedings of the Fourteenth International Workshop on Very Long Titles That Nobody Shortened Before They Were Printed, Volume 2';

const recording: Status = {
  consent: 'accepted',
  level: 'private',
  pause: { kind: 'none' },
  health: { code: 'ok', message: 'Recording.' },
  sync: { phase: 'off' },
  recordCount: 12843,
  ephemeralCount: 0,
  droppedMessages: 0,
  persisted: true,
};
const LOCKED: Status = {
  ...recording,
  recordCount: 0,
  health: {
    code: 'locked',
    message: 'Locked. What you visit is still recorded, sealed; nothing can be read until you unlock.',
  },
  lock: { state: 'locked', sealed: 12_345 },
};
const PASSKEYS = [
  { id: 'A'.repeat(40), salt: 'A'.repeat(43), madeMs: NOW - 9e8 },
  { id: 'B'.repeat(40), salt: 'B'.repeat(43), madeMs: NOW },
] as const;
const LOCKED_BY_PASSKEY: Status = {
  ...LOCKED,
  lock: { state: 'locked', sealed: 3, passkeys: PASSKEYS, passphrase: false },
};
const UNLOCKED: Status = { ...recording, lock: { state: 'unlocked', autoLockMinutes: 60 } };
const withHealth = (code: Status['health']['code'], message: string): Status => ({
  ...recording,
  health: { code, message },
});
const undecided = (consent: 'unasked' | 'declined'): Status => ({
  ...withHealth('no-consent', 'Nothing is recorded until you agree.'),
  consent,
  recordCount: 0,
});
const syncing = (sync: Partial<SyncState>): Status => ({
  ...recording,
  sync: {
    phase: 'synced',
    serviceUrl: 'https://sync.family.example',
    lastSyncedMs: NOW - 20_000,
    when: 'unmetered',
    devices: [
      { id: 'a', name: 'Laptop', thisDevice: true, addedMs: NOW - 9e8, lastSeenMs: NOW - 20_000 },
      { id: 'b', name: 'The computer in the living room, upstairs', thisDevice: false, addedMs: NOW - 8e8 },
    ],
    ...sync,
  },
});

/** The longest sentence of those that end sync. */
const STOPPED = syncing({
  phase: 'error',
  message: lied({ what: 'went-back' }).error.message,
  hasEvidence: true,
});

const compacting = (compaction: CompactionState): Status => ({ ...recording, compaction });

/** The twelve words that 16 bytes of zero give. */
const SECRET = 'A'.repeat(22);
const PHRASE_WAITS: Status = {
  ...syncing({ phrase: 'waits' }),
  health: {
    code: 'phrase-waits',
    message:
      'Recording. Your recovery phrase is not written down yet. Without it nobody can bring your memory back when your devices are lost: do it on the Sync tab.',
  },
};
const stranger = {
  id: 'c',
  name: 'Chromium on a computer that nobody in the family has seen before',
  thisDevice: false,
  addedMs: NOW - 60_000,
  isNew: true,
  byPhrase: true,
} as const;
const NEW_DEVICE: Status = {
  ...syncing({ devices: [...(syncing({}).sync.devices ?? []), stranger] }),
  health: {
    code: 'new-device',
    message: `Somebody used your recovery phrase: “${stranger.name}” is a new device in your account. If that was not you, remove it on the Sync tab.`,
  },
};
const JOIN_ASKS: Status = {
  ...syncing({ phase: 'asks', devices: [] }),
  health: {
    code: 'join-asks',
    message:
      'Recording. Joining your account waits for you: look on the Sync tab at what it brings and changes here.',
  },
};
const BRAKED: Status = {
  ...syncing({ phase: 'asks' }),
  health: {
    code: 'join-asks',
    message:
      'Recording. Another device deletes much of what is here, so sync waits: look at it on the Sync tab.',
  },
};
const closed: ClosedReport = {
  madeMs: NOW,
  days: [
    {
      day: '2026-02-11',
      rows: 3,
      records: 1204,
      open: 0,
      needs: [
        { of: 'day', generation: 2, why: 'damaged' },
        { of: 'month', generation: 1, why: 'missing' },
      ],
    },
    { day: '2026-02-10', rows: 1, records: 12, open: 88, needs: [] },
  ],
  objects: 2,
  mended: 0,
  lacking: [],
};

const visit = { kind: 'visit', level: 'private', title: '', transition: 'link', dwellMs: 0 } as const;
const page = {
  url: 'https://en.wikipedia.example/wiki/Blue_whale',
  host: 'en.wikipedia.example',
  title: 'Blue whale',
  capture: 'full',
  records: [
    { ...visit, id: '1', url: '', atMs: NOW - 60_000 },
    { ...visit, id: '2', url: '', atMs: NOW - 90_000, kind: 'click', role: 'link', text: 'Baleen whale' },
    { ...visit, id: '3', url: '', atMs: NOW - 3e8 },
  ],
} as const;
const longPage = {
  ...page,
  host: LONG_HOST,
  records: Array.from({ length: 12 }, (_, i) => ({
    ...page.records[1],
    id: String(i),
    text: LONG_TITLE.slice(0, 80),
    atMs: NOW - i * 4e7,
  })),
};

const hit = (n: number, more: Partial<SearchHit>): SearchHit => ({
  url: `https://site${n}.example/page/${n}`,
  title: `How to keep a garden in month ${n}`,
  atMs: NOW - n * n * 5e6,
  level: 'private',
  count: n,
  kinds: ['visit'],
  details: [],
  ephemeral: false,
  ...more,
});
const hits = [
  hit(0, { ephemeral: true, level: 'ephemeral', count: 1 }),
  hit(1, { title: '', url: 'https://search.example/?q=blue+whales', details: ['Example: blue whales'] }),
  hit(2, { title: LONG_TITLE, url: `https://${LONG_HOST}/${'a-long-path/'.repeat(12)}`, count: 1204 }),
  hit(3, { details: ['Buy tickets', 'Example: whale watching near me', 'Opening hours'], level: 'public' }),
  ...[4, 5, 6, 7].map((n) => hit(n, {})),
];
/** What was recorded on one page: enough for a second look, with all that a row can be. */
const visits: PageRecords = {
  records: Array.from({ length: 20 }, (_, i) => {
    const base = {
      id: String(i),
      atMs: NOW - i * i * 2e7,
      level: 'private',
      url: hits[2]?.url ?? '',
    } as const;
    if (i === 1) return { ...base, kind: 'click', title: '', role: 'link', text: 'Opening hours' };
    if (i === 2) return { ...base, kind: 'search', engine: 'Example', query: 'whale watching near me' };
    const title = i % 4 === 3 ? LONG_TITLE : i === 4 ? '' : 'Blue whale';
    return { ...base, kind: 'visit', title, transition: 'link', dwellMs: (i % 3) * i * 61_000 };
  }),
  next: { atMs: 1, id: '1' },
};
const rules = {
  rules: [
    { id: '1', host: 'news.example', capture: 'no-query', level: 'anonymous' },
    { id: '2', host: LONG_HOST, capture: 'skip' },
    { id: '3', host: 'stripe.*', capture: 'full' },
    { id: '4', kind: 'path', host: 'news.example', path: '/account/settings', capture: 'skip' },
    { id: '5', kind: 'pattern', host: '', pattern: '[?&](user|customer)=', capture: 'domain' },
    { id: '6', kind: 'unknown', host: 'later.example', capture: 'skip' },
  ],
  sensitive: [
    'names with banking in them',
    'names without a dot',
    ...'paypal.* stripe.* mail.example health.example a-clinic-with-a-very-long-name.hospital.example'.split(
      ' ',
    ),
  ],
} as const;
const asked = (more: Partial<DataAccessRequest> & Pick<DataAccessRequest, 'detail'>): DataAccessRequest => ({
  id: JSON.stringify(more.detail),
  userId: 'u',
  requestType: more.detail.type,
  reason: '',
  timestamp: new Date(NOW - 9e6).toISOString(),
  status: 'completed',
  ...more,
  ...(more.status === undefined ? { completionDate: new Date(NOW - 8e6).toISOString() } : {}),
});
const REQUESTS: readonly DataAccessRequest[] = [
  asked({ detail: { type: 'export', kind: 'encrypted' }, status: 'running' }),
  asked({ detail: { type: 'rectify', of: 'title' }, status: 'interrupted' }),
  asked({
    detail: { type: 'delete', account: true },
    status: 'failed',
    affectedRecords: 12_843,
    reason: 'I want to begin anew, and the computer in the living room is given away next week',
    message:
      'Everything here is deleted; the account at the sync service is not yet. The sync service does not answer. Check its address, and that it is running.',
  }),
  asked({ detail: { type: 'export', kind: 'full' }, affectedRecords: 12_843 }),
  asked({ detail: { type: 'rectify', of: 'timezone' }, affectedRecords: 1 }),
];
const trial: RuleTrial = {
  address: `https://${LONG_HOST}/account?customer=17`,
  capture: 'domain',
  level: 'private',
  by: [
    { id: '5', kind: 'pattern', host: '', pattern: '[?&](user|customer)=', capture: 'domain' },
    { id: 'new', kind: 'pattern', host: '', pattern: 'account', capture: 'full' },
  ],
  bySensitive: false,
  draft: 'new',
  events: [
    {
      kind: 'visit',
      atMs: NOW,
      level: 'private',
      url: `https://${LONG_HOST}/`,
      title: '',
      transition: 'link',
    },
  ],
};
const stored = { ...visit, transition: 'link' as const, level: 'private' as const };
const joinPreview: JoinPreview = {
  deleted: {
    records: 4_120,
    of: 'some',
    sites: 37,
    listed: [
      { ...stored, id: '1', atMs: NOW, url: `https://${LONG_HOST}/a?user=1`, title: LONG_TITLE },
      { ...stored, id: '2', atMs: NOW - 9e8, url: 'https://short.example/', title: 'Short' },
    ],
  },
  joining: true,
  added: 184_120,
  changed: { level: 'anonymous', rules: 12 },
};
const conflictRule = { id: 'r', host: LONG_HOST, capture: 'skip' } as const;
const conflicts: readonly SyncConflict[] = [
  {
    name: 'level',
    what: 'level',
    deviceA: { device: 'a', version: 3, timestamp: new Date(NOW - 9e6).toISOString(), data: 'public' },
    deviceB: { device: 'b', version: 1, timestamp: new Date(NOW - 8e6).toISOString(), data: 'anonymous' },
    others: [],
    merged: 'anonymous',
    state: 'a 3, b 1',
  },
  {
    name: LONG_HOST,
    what: 'rule',
    deviceA: { device: 'gone', version: 1, timestamp: new Date(NOW - 9e6).toISOString(), data: null },
    deviceB: { device: 'b', version: 2, timestamp: new Date(NOW - 7e6).toISOString(), data: conflictRule },
    others: [],
    merged: conflictRule,
    state: 'c 1, b 2',
  },
];
const reduction: ReductionCount = {
  reduced: 1_204,
  erased: 31,
  kinds: {
    visit: { reduced: 1_180, erased: 0 },
    search: { reduced: 24, erased: 0 },
    click: { reduced: 0, erased: 31 },
  },
  sites: 12,
  inMemory: 0,
  elsewhereDays: 59,
  examples: [
    {
      before: { ...stored, id: '1', atMs: NOW, url: `https://${LONG_HOST}/a?user=1`, title: LONG_TITLE },
      after: { ...stored, id: '1', atMs: NOW, url: `https://${LONG_HOST}/`, title: '' },
    },
    {
      before: {
        kind: 'search',
        id: '2',
        atMs: NOW,
        level: 'private',
        engine: 'Example',
        query: 'blue whales',
        url: 'https://search.example/?q=blue+whales',
      },
      after: { kind: 'reduced', id: '2', atMs: NOW, level: 'anonymous', of: 'search', category: 'other' },
    },
    {
      before: {
        kind: 'click',
        id: '3',
        atMs: NOW,
        level: 'private',
        url: 'https://shop.example/',
        title: '',
        role: 'link',
        text: 'Buy tickets',
      },
      after: null,
    },
  ],
};
const privacy: PrivacyReport = {
  policy: {
    retentionDays: null,
    autoDelete: false,
    anonymization: false,
    encryption: 'medium',
    sharingConsent: ['sync:https://sync.family.example'],
  },
  consents: [
    {
      use: 'sync',
      to: 'https://sync.family.example',
      name: 'https://sync.family.example',
      givenMs: NOW - 4e8,
    },
    {
      use: 'plugin',
      to: 'some-extension@with-a-long-name.some-developer.example',
      name: 'Somebody’s very long name for an extension that does a lot',
      fields: ['host', 'searchQuery', 'title', 'url'],
      givenMs: NOW - 6e8,
      untilMs: NOW - 2e8,
      withdrawnMs: NOW - 2e8,
    },
    { use: 'recording', to: '', name: 'This device', givenMs: NOW - 9e9 },
  ],
};
const NO_SERVICE = 'The sync service does not answer. Check the address, and that the service runs.';
const NOT_SENT = `What was recorded or deleted here lately did not reach your other devices yet. ${NO_SERVICE}`;
const code = { code: `arq1:${'x7Kq-93_fLmP2'.repeat(14)}`, expiresMs: NOW + 300_000 };

const LAPTOP = 'kX3vN0sQ9rTfPq2LwZb7Ag';
const UPSTAIRS = 'Zt81mMxJcUeYh4RoD6iVQw';
const heldAt = (n: number): Omit<HeldPage['objects'][number], 'inside'> => ({
  slot: `${'hQ7dYw2c'.slice(n)}${'Vb3K'.repeat(10)}${'0Zr'}${'x'.repeat(n)}`,
  etag: `${n}`.padEnd(64, '9f86d081'),
  size: [4_352, 1_040, 214_016, 1_040, 1_168, 2_608][n] ?? 1_040,
  seq: 1_204 - 3 * n,
  atMs: NOW - 20_000 - n * 5_400_000,
  device: n % 3 === 2 ? UPSTAIRS : LAPTOP,
});
const held: HeldPage = {
  accountId: '2Xb9QmTt7cVw0LrPz5sKd8eYh1nAaJfUgI4oE6xCqRk',
  account: { createdMs: NOW - 9e8, objects: 1_140, bytes: 38_204_331, logged: 5_112 },
  head: 1_204,
  gone: [],
  objects: [
    { ...heldAt(0), inside: { kind: 'part', author: LAPTOP, day: '2026-03-01', epoch: 1, events: 42 } },
    { ...heldAt(1), inside: { kind: 'card', author: LAPTOP, epoch: 2 } },
    { ...heldAt(2), inside: { kind: 'part', author: UPSTAIRS, day: '2026-02-28', epoch: 1, events: 9_812 } },
    { ...heldAt(3), inside: { kind: 'erase', author: UPSTAIRS, epoch: 2 } },
    { ...heldAt(4), closed: 'changed' },
    {
      ...heldAt(5),
      closed: 'no-key',
      inside: { kind: 'part', author: UPSTAIRS, day: '2026-02-27', epoch: 1 },
    },
  ],
  next: 1_180,
  names: { [LAPTOP]: 'Laptop', [UPSTAIRS]: 'The computer in the living room, upstairs' },
};
const heldPart: HeldContents = {
  slot: heldAt(0).slot,
  etag: heldAt(0).etag,
  bytes: Buffer.from(Array.from({ length: 4_352 }, (_, i) => (i * 167 + (i >> 3) * 59) % 256)).toString(
    'base64url',
  ),
  headerBytes: 306,
  inside: { kind: 'part', author: LAPTOP, day: '2026-03-01', epoch: 1, events: 42 },
  header: JSON.stringify(
    { kind: 'part', author: LAPTOP, incarnation: 1, counter: 7, day: '2026-03-01' },
    null,
    2,
  ),
  text: JSON.stringify(
    [
      {
        kind: 'visit',
        id: 'a.1',
        atMs: NOW,
        url: 'https://sea.example/whales',
        title: 'Whale watching near me',
      },
    ],
    null,
    2,
  ),
  cut: 0,
  leftOut: 3,
  unknown: 0,
};
const heldClosed: HeldContents = (({ text: _, leftOut: __, ...rest }) => ({
  ...rest,
  closed: 'no-key' as const,
}))(heldPart);
const openHeld = async (view: TestPage): Promise<void> => {
  await view.evaluate(`document.querySelector('[data-testid=held] details').open = true`);
  await view.waitFor('held-object');
};

const healthy: HealthReport = {
  madeMs: NOW,
  sizes: {
    packs: 41_237_901,
    journal: 182_204,
    derived: 402_110,
    profiles: 4_608,
    outbox: 0,
  },
  records: 1_204_843,
  days: 1_120,
  firstDay: '2023-02-01',
  lastDay: '2026-03-02',
  queries: { count: 214, p50Ms: 3.4, p95Ms: 71.2, rowsRead: 18_204, rowsReturned: 4_120 },
  caches: { l1: { hits: 90_211, misses: 4_302 }, l2: { hits: 812, misses: 96 } },
  memory: { bytes: 11_204_331, maxBytes: 25_165_824 },
  person: {
    totalInteractions: 1_204_843,
    sessions: 3_412,
    averageSessionMs: 3_912_000,
    lastActiveMs: NOW - 90_000,
    createdMs: NOW - 9e10,
    segment: 'tech-savvy',
    segmentRule:
      'In the last 30 days, at least one in 5 interactions on your most used sites was on a site for developers.',
  },
  contexts: 30,
  maxContexts: 30,
  latest: {
    madeMs: NOW - 200_000,
    searches: 100,
    visits: 100,
    clicks: 2_311,
    device: 'Firefox, Linux, screen 2560x1440',
    region: 'South America',
  },
  unreadable: [],
  compactedMs: NOW - 4e8,
  damagedRows: 0,
  droppedMessages: 0,
};
const emptyHealth: HealthReport = {
  madeMs: NOW,
  sizes: { packs: 0, journal: 0, derived: 0, profiles: 640, outbox: 0 },
  records: 0,
  days: 0,
  queries: { count: 0, p50Ms: 0, p95Ms: 0, rowsRead: 0, rowsReturned: 0 },
  caches: { l1: { hits: 0, misses: 0 }, l2: { hits: 0, misses: 0 } },
  memory: { bytes: 0, maxBytes: 25_165_824 },
  person: {
    totalInteractions: 0,
    sessions: 0,
    averageSessionMs: 0,
    createdMs: NOW,
    segment: 'unknown',
    segmentRule:
      'Fewer than 50 interactions in the last 30 days, or on fewer than 3 days: too little to say anything.',
  },
  contexts: 0,
  maxContexts: 30,
  unreadable: [],
  damagedRows: 0,
  droppedMessages: 0,
};
const { person: _person, latest: _latest, ...withoutPerson } = healthy;
const troubledHealth: HealthReport = {
  ...withoutPerson,
  unreadable: ['profile', 'context'],
  damagedRows: 3,
  droppedMessages: 12,
  loss: { what: 'some', beforeMs: NOW - 6e7 },
};

const nearFull: Status = {
  ...withHealth(
    'near-full',
    'Recording. 86 % of your storage limit is used. Save an archive or raise the limit on the Health tab, or delete what you do not need.',
  ),
  budget: {
    state: 'near',
    usedBytes: 4_310_000_000,
    limitBytes: 5_000_000_000,
    notRecorded: 0,
    archivedDays: 59,
  },
};
const roomy: BudgetReport = {
  state: 'ok',
  usedBytes: 51_637_843,
  limitBytes: 5_000_000_000,
  notRecorded: 0,
  archivedDays: 0,
  archived: {},
  pinned: [],
  away: {},
  syncing: false,
};
const REDUCING: ReductionState = {
  phase: 'running',
  days: 112,
  daysDone: 31,
  reduced: 1_204,
  erased: 31,
  keptDays: 0,
};
const days = (month: string, count: number) =>
  Array.from({ length: count }, (_, i) => [`${month}-${String(i + 1).padStart(2, '0')}`, 29] as const);
const archiving: BudgetReport = {
  ...roomy,
  ...nearFull.budget,
  archived: Object.fromEntries([...days('2024-02', 29), ...days('2024-03', 30)]),
  pinned: ['bank.example', LONG_HOST],
  waiting: { id: '1', firstDay: '2024-04-01', lastDay: '2024-05-20', days: 50, records: 41_220 },
};

const keptOut = {
  sinceMs: NOW - 4e9,
  counts: { ...NO_COUNTS, credential: 3, card: 12, 'national-id': 1, email: 1204, health: 31 },
};
const noPlugins: PluginsReport = {
  on: false,
  allowed: [],
  pending: [],
  refused: [],
  log: [],
  totals: [],
};
const READER = { id: 'abcdefghijklmnopabcdefghijklmnop', name: 'Reading list' };
const LONG_NAME = 'Somebody’s very long name for an extension that does a lot';
const plugins: PluginsReport = {
  on: true,
  allowed: [
    { ...READER, fields: ['host', 'title', 'hour'], grantedMs: NOW - 4e8, untilMs: NOW + 2e8 },
    {
      id: '{01234567-89ab-cdef-0123-456789abcdef}',
      name: LONG_NAME,
      fields: ['host', 'category', 'url', 'title', 'searchQuery', 'hour', 'counts'],
      grantedMs: NOW - 9e8,
      untilMs: NOW - 1e8,
    },
  ],
  pending: [
    {
      id: 'some-extension@with-a-long-name.some-developer.example',
      name: LONG_NAME,
      fields: ['category', 'url', 'searchQuery', 'counts'],
      reason: `${LONG_TITLE}. ${LONG_TITLE}.`,
      askedMs: NOW - 6e6,
    },
  ],
  refused: [],
  log: [
    {
      ...READER,
      kind: 'visits',
      byWords: true,
      fields: ['host', 'title', 'hour'],
      records: 1204,
      times: 61,
      firstMs: NOW - 3e6,
      lastMs: NOW - 6e4,
    },
    {
      ...READER,
      kind: 'access',
      byWords: false,
      fields: [],
      records: 0,
      times: 1,
      firstMs: NOW - 4e6,
      lastMs: NOW - 4e6,
    },
  ],
  totals: [{ ...READER, queries: 62, records: 1204, refused: 3, lastMs: NOW - 6e4 }],
};

const retention: RetentionReport = {
  retention: {
    levels: { private: 365, anonymous: 90 },
    sites: [
      { host: 'news.example', keep: 30 },
      { host: LONG_HOST, keep: 'forever' },
    ],
  },
  pinned: ['pinned.example'],
  nowMs: NOW,
};
const UNDO: Status = {
  ...recording,
  recordCount: 12_831,
  erasing: { id: 'a', count: 12, kind: 'site', reason: 'person', leftMs: 9_000 },
};
const step = (n: number, of: string, more: Pick<LogEntry, 'step' | 'kind' | 'reason' | 'records'>) => ({
  n,
  before: '',
  purge: of,
  atMs: NOW - 9e8 + n * 1e6,
  ...more,
});
const deletionLog: LogReading = {
  whole: true,
  entries: [
    ...(['flagged', 'overwritten', 'dequeued', 'archived', 'notified'] as const).map((name, n) =>
      step(n, 'a', { step: name, kind: 'retention', reason: 'retention', records: 1204 }),
    ),
    step(5, 'b', { step: 'flagged', kind: 'everything', reason: 'browser-history', records: 12_843 }),
    step(6, 'b', { step: 'undone', kind: 'everything', reason: 'browser-history', records: 12_843 }),
    { ...step(7, 'c', { step: 'notified', kind: 'site', reason: 'person', records: 3 }), keptDays: 2 },
    step(8, 'd', { step: 'overwritten', kind: 'rules', reason: 'person', records: 34 }),
  ],
};
const devices = (laptopMs?: number, otherMs?: number): Deletion['devices'] => [
  { name: 'Laptop', thisDevice: true, ...(laptopMs === undefined ? {} : { erasedMs: laptopMs }) },
  {
    name: 'The computer in the living room, upstairs',
    thisDevice: false,
    ...(otherMs === undefined ? {} : { erasedMs: otherMs }),
  },
];
const deletions: readonly Deletion[] = [
  { atMs: NOW - 30_000, what: 'site', count: 1, devices: devices(NOW - 29_000) },
  { atMs: NOW - 9e7, what: 'record', count: 34, devices: devices(NOW - 9e7, NOW - 8e7) },
  { atMs: NOW - 4e8, what: 'range', count: 1, devices: devices(NOW - 4e8, NOW - 4e8) },
];

const answers: FakeBackground['answers'] = {
  'retention.get': ok(retention),
  'retention.forecast': ok({
    records: 1204,
    inFiles: 310,
    atService: 42,
    days: 31,
    oldest: '2024-03-01',
    today: '2026-11-27',
  }),
  'erase.log': ok(deletionLog),
  'plugins.get': ok(noPlugins),
  'budget.get': ok(roomy),
  'budget.sites': ok([
    { host: LONG_HOST, bytes: 1_204_331_000 },
    { host: 'news.example', bytes: 88_204_000 },
  ]),
  'page.current': ok(page),
  'records.search': ok({ hits, next: { atMs: 1, url: 'https://a.example/' } }),
  'records.page': ok(visits),
  'rules.list': ok(rules),
  'rules.test': ok(trial),
  'rules.set': ok({ ...rules, set: '4' }),
  'level.set': ok({ ...recording, level: 'anonymous' }),
  'stored.count': ok(reduction),
  'privacy.get': ok(privacy),
  'sensitive.get': ok(keptOut),
  'erase.count': ok({ count: 12843 }),
  'requests.get': ok([]),
  'rectify.find': ok({
    titles: [
      { text: LONG_TITLE, count: 1_204 },
      { text: '', count: 2 },
    ],
    queries: [{ text: 'whale watching near me', count: 3 }],
    elsewhere: { away: 12, filed: 1 },
  }),
  'sync.invite': ok(code),
  'sync.deletions': ok([]),
  'sync.preview': ok(joinPreview),
  'sync.conflicts': ok([]),
  'sync.held': ok(held),
  'sync.held-object': ok(heldPart),
  'health.get': ok(healthy),
  'phrase.show': ok({ secret: SECRET }),
  'closed.look': ok(closed),
  'closed.fetch': ok({ ...closed, mended: 2, lacking: ['2026-02-10'] }),
  'caches.purge': ok({ ...healthy, memory: { ...healthy.memory, bytes: 0 } }),
};
const without = (type: keyof FakeBackground['answers'], message: string) => ({
  ...answers,
  [type]: fail('failed', message),
});
const FULL = 'The disk is full: nothing more can be recorded. Free some space or delete old records.';
const CLOCK =
  'Recording. The clock of this computer jumped, so nothing is deleted by its age until you say on the Privacy tab that the date is right.';
const UNREADABLE = 'The browser cannot read the stored data. Restart the browser.';
const NO_ACCESS = withHealth(
  'no-host-access',
  'The browser does not let ARQ Context see web pages. Allow access to all sites in its settings.',
);
const says = async (view: TestPage, testid: string, words: string): Promise<void> => {
  await waitFor(`${testid} to say "${words}"`, async () => (await view.text(testid)).includes(words));
};
const seen = (testid: string) => (view: TestPage) => view.waitFor(testid);

export const VIEW_STATES: readonly Required<ViewState>[] = (
  [
    { name: 'onboarding-undecided', status: undecided('unasked') },
    { name: 'onboarding-declined', status: undecided('declined') },
    { name: 'onboarding-accepted', status: recording },
    { name: 'onboarding-no-access', status: NO_ACCESS, reach: seen('grant-access') },
    { name: 'onboarding-paused', status: withHealth('paused', 'Paused: nothing is recorded.') },
    { name: 'popup-starting', status: null },
    { name: 'popup-silent', status: 'gone' },
    { name: 'popup-recording', status: recording },
    {
      name: 'popup-long',
      status: { ...syncing({}), level: 'anonymous', ephemeralCount: 14 },
      answers: { ...answers, 'page.current': ok(longPage) },
    },
    {
      name: 'popup-paused',
      status: {
        ...withHealth('paused', 'Paused: nothing is recorded.'),
        pause: { kind: 'until', untilMs: NOW + 9e5 },
      },
    },
    {
      name: 'popup-excluded',
      status: recording,
      answers: { ...answers, 'page.current': ok({ ...page, skippedBy: 'rule', records: [] }) },
    },
    {
      name: 'popup-sensitive',
      status: recording,
      answers: { ...answers, 'page.current': ok({ ...page, skippedBy: 'sensitive', records: [] }) },
    },
    {
      name: 'popup-no-page',
      status: recording,
      answers: { ...answers, 'page.current': ok({ records: [] }) },
    },
    { name: 'popup-declined', status: undecided('declined') },
    { name: 'popup-no-access', status: NO_ACCESS, reach: seen('grant-access') },
    { name: 'popup-full', status: withHealth('storage-full', FULL) },
    {
      name: 'popup-lost',
      status: withHealth('storage-lost', 'The browser lost the last records. Recording goes on.'),
    },
    { name: 'popup-locked', status: LOCKED },
    { name: 'popup-unlocked', status: UNLOCKED, reach: seen('lock-now') },
    { name: 'options-locked', status: LOCKED, reach: seen('unlock-passphrase') },
    {
      name: 'options-privacy-passphrase',
      tab: 'privacy',
      status: UNLOCKED,
      reach: seen('passphrase-now'),
    },
    { name: 'popup-locked-passkey', status: LOCKED_BY_PASSKEY, reach: seen('unlock-passkey') },
    { name: 'options-locked-passkey', status: LOCKED_BY_PASSKEY, reach: seen('unlock-passkey') },
    {
      name: 'options-locked-both',
      status: { ...LOCKED, lock: { state: 'locked', sealed: 3, passkeys: PASSKEYS } },
      reach: seen('unlock-passkey'),
    },
    {
      name: 'options-privacy-passkeys',
      tab: 'privacy',
      status: { ...UNLOCKED, lock: { state: 'unlocked', autoLockMinutes: 60, passkeys: PASSKEYS } },
      reach: (view) => view.evaluate(`document.querySelector('[data-testid=passkey-add]').scrollIntoView()`),
    },
    {
      name: 'options-privacy-passkey-alone',
      tab: 'privacy',
      status: {
        ...UNLOCKED,
        lock: { state: 'unlocked', autoLockMinutes: 15, passkeys: PASSKEYS.slice(0, 1), passphrase: false },
      },
      reach: (view) =>
        view.evaluate(`document.querySelector('[data-testid=passkey-alone]').scrollIntoView()`),
    },
    { name: 'popup-sync-stopped', status: STOPPED },
    {
      name: 'popup-refused',
      status: syncing({ phase: 'error', message: NO_SERVICE }),
      answers: without('level.set', FULL),
      reach: (view) => view.click('level-public'),
    },
    {
      name: 'popup-level-question',
      status: recording,
      reach: async (view) => {
        await view.click('level-anonymous');
        await view.waitFor('level-reduce');
      },
    },
    {
      name: 'popup-level-delete',
      status: recording,
      reach: async (view) => {
        await view.click('level-anonymous');
        await view.click('level-delete');
        await view.waitFor('level-delete-confirm');
      },
    },
    {
      name: 'popup-stored-running',
      status: { ...recording, storedRules: REDUCING },
      reach: seen('stored-state'),
    },
    {
      name: 'popup-excluded-by-part',
      status: recording,
      answers: {
        ...answers,
        'page.current': ok({ ...page, skippedBy: 'rule', rule: rules.rules[3], records: [] }),
      },
    },
    {
      name: 'options-privacy-trial',
      tab: 'privacy',
      status: recording,
      reach: async (view) => {
        await view.fill('rule-kind', 'pattern');
        await view.fill('rule-pattern', 'account');
        await view.fill('trial-address', trial.address);
        await view.click('trial-run');
        await view.waitFor('trial-stored');
      },
    },
    {
      name: 'options-privacy-stored',
      tab: 'privacy',
      status: recording,
      reach: async (view) => {
        await view.fill('rule-kind', 'path');
        await view.fill('rule-host', 'news.example');
        await view.fill('rule-path', '/account/settings');
        await view.click('rule-add');
        await view.click('rule-apply-now');
        await view.waitFor('stored-apply');
      },
    },
    {
      name: 'options-privacy-stored-done',
      tab: 'privacy',
      status: { ...recording, storedRules: { ...REDUCING, phase: 'done', keptDays: 2 } },
      reach: seen('stored-state'),
    },
    {
      name: 'options-privacy-stored-failed',
      tab: 'privacy',
      status: { ...recording, storedRules: { ...REDUCING, phase: 'failed', message: FULL } },
      reach: seen('stored-state'),
    },
    {
      name: 'options-privacy-level-question',
      tab: 'privacy',
      status: recording,
      reach: async (view) => {
        await view.click('level-anonymous');
        await view.waitFor('level-reduce');
      },
    },
    { name: 'options-search', status: recording, reach: seen('search-result') },
    {
      name: 'options-search-menu',
      status: recording,
      reach: async (view) => {
        await view.waitFor('search-result');
        await view.evaluate(`document.querySelectorAll('summary')[2].click()`);
      },
    },
    {
      name: 'options-search-visits',
      status: recording,
      reach: async (view) => {
        await view.waitFor('search-result');
        await view.click('show-visits', { nth: 2 });
        await view.waitFor('visit');
      },
    },
    {
      name: 'options-search-visits-failed',
      status: recording,
      answers: without('records.page', UNREADABLE),
      reach: async (view) => {
        await view.waitFor('search-result');
        await view.click('show-visits');
        await says(view, 'visits', UNREADABLE);
      },
    },
    {
      name: 'options-search-visits-asking',
      status: recording,
      answers: { ...answers, 'erase.count': ok({ count: 1 }) },
      reach: async (view) => {
        await view.waitFor('search-result');
        await view.click('show-visits');
        await view.click('delete-visit');
        await view.waitFor('confirm');
      },
    },
    {
      name: 'options-search-none',
      status: recording,
      answers: { ...answers, 'records.search': ok({ hits: [] }) },
      reach: (view) => view.fill('search-input', 'no such thing'),
    },
    {
      name: 'options-search-nothing-yet',
      status: { ...recording, recordCount: 0 },
      answers: { ...answers, 'records.search': ok({ hits: [] }) },
    },
    {
      name: 'options-search-failed',
      status: withHealth('storage-full', FULL),
      answers: without('records.search', UNREADABLE),
      reach: (view) => says(view, 'search-problem', UNREADABLE),
    },
    {
      name: 'options-search-bad-filter',
      status: recording,
      reach: async (view) => {
        await view.fill('filter-site', 'not a site');
        await says(view, 'search-problem', 'site');
      },
    },
    {
      name: 'options-privacy',
      status: recording,
      reach: async (view) => {
        await view.waitFor('rule');
        await view.waitFor('plugins-on');
      },
    },
    {
      name: 'options-privacy-plugins',
      status: recording,
      answers: {
        ...answers,
        'plugins.get': ok(plugins),
        'plugins.allow': fail('bad-date', 'Choose a day after today, at most a year away.'),
      },
      reach: async (view) => {
        await view.waitFor('plugin-request');
        await view.click('plugin-field-url');
        await view.fill('plugin-span', 'date');
        await view.fill('plugin-date', '2020-01-01');
        await view.click('plugin-allow');
        await view.evaluate(`document.querySelector('[data-testid=plugin-log]').open = true`);
        await view.evaluate(`document.querySelector('[data-testid=plugin-by-id]').open = true`);
        await says(view, 'plugin-consent-problem', 'Choose a day');
      },
    },
    {
      name: 'options-privacy-plugins-with-passphrase',
      status: UNLOCKED,
      answers: { ...answers, 'plugins.get': ok(plugins) },
      reach: async (view) => {
        await view.waitFor('plugin-request');
        await view.evaluate(`document.querySelector('[data-testid=plugin-by-id]').open = true`);
        await view.waitFor('plugin-passphrase');
      },
    },
    {
      name: 'options-privacy-plugins-off',
      status: recording,
      answers: { ...answers, 'plugins.get': ok({ ...plugins, on: false }) },
      reach: seen('plugin-allowed'),
    },
    {
      name: 'options-privacy-plugins-failed',
      status: recording,
      answers: without('plugins.get', UNREADABLE),
      reach: (view) => says(view, 'plugins-problem', UNREADABLE),
    },
    {
      name: 'options-privacy-nothing-kept-out',
      status: recording,
      answers: { ...answers, 'sensitive.get': ok(null) },
      reach: seen('kept-out-said'),
    },
    {
      name: 'options-privacy-sensitive',
      status: recording,
      reach: async (view) => {
        await view.waitFor('rule');
        await view.evaluate(`document.querySelector('[data-testid=sensitive-sites]').open = true`);
        await view.waitFor('sensitive-skip');
      },
    },
    { name: 'options-no-access', tab: 'search', status: NO_ACCESS, reach: seen('grant-access') },
    { name: 'options-sync-off', status: recording },
    { name: 'options-sync-off-asks', status: UNLOCKED, reach: seen('sync-passphrase') },
    {
      name: 'options-sync-refused',
      status: recording,
      answers: without('sync.create', NO_SERVICE),
      reach: async (view) => {
        await view.click('sync-create');
        await view.waitFor('sync-problem');
      },
    },
    { name: 'options-sync-asks', status: JOIN_ASKS, reach: seen('join-listed') },
    {
      name: 'options-sync-preview',
      status: JOIN_ASKS,
      answers: {
        ...answers,
        'sync.preview': ok({ ...joinPreview, deleted: { records: 0, of: '', sites: 0, listed: [] } }),
      },
      reach: seen('join-preview'),
    },
    { name: 'popup-join-asks', status: JOIN_ASKS },
    {
      name: 'options-sync-braked',
      status: BRAKED,
      answers: {
        ...answers,
        'sync.preview': ok({
          ...joinPreview,
          joining: false,
          by: [{ name: 'Old phone', atMs: NOW - 4e6 }, { atMs: NOW - 9e6 }],
        }),
      },
      reach: seen('join-listed'),
    },
    { name: 'popup-braked', status: BRAKED },
    {
      name: 'options-sync-conflicts',
      status: syncing({}),
      answers: { ...answers, 'sync.conflicts': ok(conflicts) },
      reach: seen('conflict'),
    },
    { name: 'options-sync-on', status: syncing({}), reach: seen('device') },
    {
      name: 'options-sync-compare',
      status: syncing({ lastSyncedMs: 1 }),
      answers: {
        ...answers,
        'sync.fingerprint': { ok: true, value: { entries: 1234, digest: 'AAECAwQFBgcICQo' } },
      },
      reach: async (view) => {
        await view.click('compare-open');
        await says(view, 'compare-entries', '1,234');
      },
    },
    { name: 'options-sync-metered', status: syncing({ holds: 'metered' }), reach: seen('sync-when') },
    {
      name: 'options-sync-on-asks',
      status: { ...syncing({}), lock: { state: 'unlocked', autoLockMinutes: 60 } },
      reach: seen('sync-invite-passphrase'),
    },
    {
      name: 'options-sync-deletions',
      status: syncing({}),
      answers: { ...answers, 'sync.deletions': ok(deletions) },
      reach: seen('deletion'),
    },
    {
      name: 'options-sync-held',
      status: syncing({}),
      reach: async (view) => {
        await openHeld(view);
        await view.click('held-unfold');
        await says(view, 'held-text', 'Whale watching');
      },
    },
    {
      name: 'options-sync-held-closed',
      status: syncing({}),
      answers: { ...answers, 'sync.held-object': ok(heldClosed) },
      reach: async (view) => {
        await openHeld(view);
        await view.click('held-unfold');
        await says(view, 'held-closed', 'The key of this part was destroyed');
      },
    },
    {
      name: 'options-sync-held-offline',
      status: syncing({ phase: 'offline' }),
      answers: without('sync.held', NO_SERVICE),
      reach: async (view) => {
        await view.evaluate(`document.querySelector('[data-testid=held] details').open = true`);
        await says(view, 'held-problem', NO_SERVICE);
      },
    },
    {
      name: 'options-sync-code',
      status: syncing({}),
      reach: async (view) => {
        await view.click('sync-invite');
        await view.waitFor('sync-code');
      },
    },
    { name: 'options-sync-phrase', status: PHRASE_WAITS, reach: seen('phrase-show') },
    {
      name: 'options-sync-phrase-words',
      status: PHRASE_WAITS,
      reach: async (view) => {
        await view.click('phrase-show');
        await says(view, 'phrase-words', 'abandon');
      },
    },
    {
      name: 'options-sync-phrase-quiz',
      status: { ...PHRASE_WAITS, lock: { state: 'unlocked', autoLockMinutes: 60 } },
      answers: { ...answers, 'lock.parameters': ok(SOME_KDF) },
      reach: async (view) => {
        await view.fill('phrase-passphrase', 'four random words here');
        await view.click('phrase-show');
        await view.click('phrase-written');
        await view.fill('phrase-quiz-0', 'zebra');
        await view.click('phrase-check');
        await says(view, 'phrase-problem', 'is not right');
      },
    },
    {
      name: 'options-sync-phrase-later',
      status: PHRASE_WAITS,
      reach: async (view) => {
        await view.click('phrase-later');
        await view.waitFor('phrase-put-off');
      },
    },
    {
      name: 'options-sync-phrase-wrong',
      status: syncing({}),
      reach: async (view) => {
        await view.click('phrase-have');
        await view.fill('phrase-typed', 'abandon ability able');
        await view.click('phrase-is-right');
        await says(view, 'phrase-wrong', 'has 12 words');
      },
    },
    { name: 'options-sync-new-device', status: NEW_DEVICE, reach: seen('devices-known') },
    {
      name: 'options-sync-restore-refused',
      status: recording,
      reach: async (view) => {
        await view.fill('restore-words', `${'abandon '.repeat(11)}zoology`);
        await view.click('restore');
        await says(view, 'sync-problem', 'Word 12');
      },
    },
    {
      name: 'options-sync-not-sent',
      status: syncing({}),
      answers: { ...answers, 'sync.leave': fail('not-sent', NOT_SENT) },
      reach: async (view) => {
        await view.click('sync-leave');
        await view.click('confirm');
        await says(view, 'confirm', 'Leave anyway');
      },
    },
    { name: 'options-sync-error', status: syncing({ phase: 'error', message: NO_SERVICE }) },
    {
      name: 'options-sync-evidence',
      status: STOPPED,
      reach: seen('sync-evidence'),
    },
    { name: 'options-data', status: recording },
    {
      name: 'options-data-encrypting',
      status: syncing({}),
      reach: async (view) => {
        await view.click('export-kind-encrypted');
        await view.fill('export-passphrase', 'short');
        await view.click('export-run');
        await says(view, 'export-result', 'at least 10 characters');
      },
    },
    {
      name: 'options-data-export-unlocks',
      status: UNLOCKED,
      reach: async (view) => {
        await view.waitFor('export-unlock');
        await view.click('export-run');
        await says(view, 'export-result', 'Type the passphrase that unlocks');
      },
    },
    {
      name: 'options-data-requests',
      status: syncing({}),
      answers: { ...answers, 'requests.get': ok(REQUESTS) },
      reach: async (view) => {
        await view.waitFor('request-resume');
        await view.click('request-delete');
        await view.fill('request-word', 'delete');
        await view.click('request-delete-run');
        await says(view, 'request-refused', 'Type DELETE');
      },
    },
    {
      name: 'options-data-correcting',
      status: recording,
      reach: async (view) => {
        await view.fill('correct-url', `https://${LONG_HOST}/page`);
        await view.click('correct-look');
        await view.waitFor('correct-choice');
      },
    },
    {
      name: 'options-data-log',
      status: { ...recording, following: { cleared: true } },
      reach: async (view) => {
        await view.click('deletion-log');
        await view.waitFor('deletion-log-state');
      },
    },
    {
      name: 'options-data-log-changed',
      status: UNDO,
      answers: { ...answers, 'erase.log': ok({ ...deletionLog, whole: false }) },
      reach: async (view) => {
        await view.click('deletion-log');
        await says(view, 'deletion-log-state', 'changed');
      },
    },
    { name: 'options-search-undo', status: UNDO, reach: seen('undo') },
    { name: 'popup-undo', status: UNDO, reach: seen('undo') },
    {
      name: 'popup-left-over',
      status: withHealth(
        'left-over',
        '3 records were deleted. What was meant of 2026-11-03 is still there, because stored data of 2026-11-05 is damaged.',
      ),
      reach: seen('loss-seen'),
    },
    {
      name: 'options-privacy-retention',
      status: withHealth('clock-jumped', CLOCK),
      answers: { ...answers, 'retention.get': ok({ ...retention, waitsSinceMs: NOW - 4e10 }) },
      reach: seen('clock-waits'),
    },
    {
      name: 'options-privacy-retention-asking',
      status: recording,
      reach: async (view) => {
        await view.waitFor('retention-private');
        await view.fill('retention-private', '30');
        await view.waitFor('confirm');
      },
    },
    {
      name: 'options-privacy-retention-failed',
      status: recording,
      answers: without('retention.get', UNREADABLE),
      reach: seen('plugins-on'),
    },
    { name: 'options-data-exporting', status: recording, reach: (view) => view.click('export-json') },
    {
      name: 'options-data-importing',
      status: {
        ...recording,
        historyImport: { phase: 'running', days: 730, daysRead: 212, added: 8211, there: 12, leftOut: 340 },
      },
      reach: seen('import-cancel'),
    },
    {
      name: 'options-data-imported',
      status: {
        ...recording,
        historyImport: { phase: 'done', days: 730, daysRead: 730, added: 31055, there: 12, leftOut: 1 },
      },
      reach: (view) => says(view, 'import-result', 'Imported'),
    },
    {
      name: 'options-data-import-failed',
      status: {
        ...recording,
        historyImport: {
          phase: 'failed',
          days: 730,
          daysRead: 9,
          added: 55,
          there: 0,
          leftOut: 0,
          message: FULL,
        },
      },
      reach: (view) => says(view, 'import-result', FULL),
    },
    {
      name: 'options-data-asking',
      status: syncing({}),
      reach: async (view) => {
        await view.click('delete-all');
        await view.waitFor('confirm');
      },
    },
    {
      name: 'options-data-span-refused',
      status: recording,
      reach: async (view) => {
        await view.fill('delete-from', '2026-03-02T10:30');
        await view.fill('delete-to', '2026-03-02T10:00');
        await view.click('delete-range-run');
        await says(view, 'span-problem', 'before the beginning');
      },
    },
    { name: 'options-health', status: recording, reach: seen('health-person') },
    {
      name: 'options-search-archived',
      status: nearFull,
      reach: (view) => says(view, 'search-archived', '59 archived days are not searched'),
    },
    { name: 'popup-near-full', status: nearFull, reach: seen('budget-link') },
    {
      name: 'options-health-away',
      status: { ...nearFull, sync: syncing({}).sync },
      answers: {
        ...answers,
        'budget.get': ok({
          ...roomy,
          ...nearFull.budget,
          syncing: true,
          away: Object.fromEntries(days('2024-02', 29)),
        }),
      },
      reach: (view) => says(view, 'budget-away', '2024-02: 29 days, 841 records, at the sync service'),
    },
    {
      name: 'options-health-near-full',
      status: nearFull,
      answers: { ...answers, 'budget.get': ok(archiving) },
      reach: async (view) => {
        await says(view, 'budget-notice', 'nearly reached');
        await says(view, 'budget-archived', '2024-03: 30 days, 870 records, in a file');
        await view.click('budget-sites-load');
        await view.waitFor('budget-sites');
      },
    },
    {
      name: 'options-health-keys-old',
      status: {
        ...syncing({
          devices: (syncing({}).sync.devices ?? []).map((device) =>
            device.thisDevice ? device : { ...device, keyWaits: true as const },
          ),
        }),
        health: {
          code: 'keys-old',
          message: 'Recording. Your keys are more than a year old: renew them on the Health tab.',
        },
        keysSinceMs: NOW - 4e10,
      },
      reach: seen('keys-waiting'),
    },
    {
      name: 'options-health-closed',
      status: {
        ...syncing({}),
        health: withHealth('storage-damaged', 'Some stored records are damaged.').health,
      },
      answers: { ...answers, 'health.get': ok(troubledHealth) },
      reach: async (view) => {
        await view.click('closed-look');
        await says(view, 'closed-days', 'does not open');
        await view.click('closed-fetch');
        await says(view, 'closed-said', '2 keys open again');
        await view.evaluate(`document.querySelector('[data-testid=closed-last]').parentElement.open = true`);
        await view.click('closed-erase');
        await says(view, 'closed-problem', 'DELETE');
      },
    },
    {
      name: 'options-health-limit-refused',
      status: recording,
      answers: { ...without('budget.set', 'The limit is too small: choose at least 10 MB (0.01 GB).') },
      reach: async (view) => {
        await view.fill('budget-limit', '0.001');
        await view.click('budget-set');
        await says(view, 'budget-problem', 'too small');
      },
    },
    {
      name: 'options-health-empty',
      status: { ...recording, recordCount: 0 },
      answers: { ...answers, 'health.get': ok(emptyHealth) },
      reach: (view) => says(view, 'health-extent', 'Nothing is stored yet'),
    },
    {
      name: 'options-health-trouble',
      status: withHealth('storage-damaged', 'Some stored records are damaged and cannot be read.'),
      answers: { ...answers, 'health.get': ok(troubledHealth) },
      reach: async (view) => {
        for (const words of ['damaged', 'lost', 'refused', 'profile does not open', 'context that was'])
          await says(view, 'health-integrity', words);
        await says(view, 'health-context', 'does not open');
      },
    },
    {
      name: 'options-health-failed',
      status: recording,
      answers: without('health.get', UNREADABLE),
      reach: (view) => says(view, 'health-problem', UNREADABLE),
    },
    {
      name: 'options-health-compacting',
      status: compacting({ phase: 'running' }),
      reach: seen('compact-cancel'),
    },
    {
      name: 'options-health-compacted',
      status: compacting({ phase: 'done', beforeBytes: 61_237_901, afterBytes: 51_637_843 }),
      reach: (view) => says(view, 'compact-result', 'before'),
    },
    {
      name: 'options-health-compact-cancelled',
      status: compacting({ phase: 'cancelled' }),
      reach: (view) => says(view, 'compact-result', 'stopped'),
    },
    {
      name: 'options-health-compact-failed',
      status: compacting({ phase: 'failed', message: FULL }),
      reach: (view) => says(view, 'compact-result', FULL),
    },
    {
      name: 'options-health-compact-stopped',
      status: recording,
      reach: async (view) => {
        await view.click('compact');
        await says(view, 'compact-result', 'half-way');
      },
    },
    {
      name: 'options-health-purged',
      status: recording,
      reach: async (view) => {
        await view.click('purge');
        await says(view, 'purge-result', 'Forgotten');
      },
    },
  ] as const satisfies readonly ViewState[]
).map((state: ViewState) => ({
  tab: state.name.split('-')[1] ?? '',
  answers,
  reach: async () => {},
  status: null,
  ...state,
}));
