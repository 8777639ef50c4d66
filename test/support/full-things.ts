/** One of each thing that an export has, with every field that its type has, each text of its own. */
import type { ARQContext } from '../../src/model/context.ts';
import type {
  ClickEvent,
  InteractionRecord,
  ReducedEvent,
  SearchEvent,
  VisitRecord,
} from '../../src/model/interaction.ts';
import type { PreferencesObject, UserProfile } from '../../src/model/profile.ts';

export const AT_MS = Date.UTC(2026, 4, 6, 7, 48, 49, 123);
const DEVICE = 'D'.repeat(22);

export const VISIT: Required<VisitRecord> = {
  kind: 'visit',
  id: `${DEVICE}.1.1`,
  atMs: AT_MS,
  afterMs: AT_MS + 3_600_000,
  level: 'private',
  shortened: true,
  url: 'https://visited.example/secret-path?q=secret-query#x',
  title: 'Secret title of a visit',
  transition: 'typed',
  referrer: 'https://referring.example/secret-referrer',
  dwellMs: 123_456,
};
export const SEARCH: Required<SearchEvent> = {
  kind: 'search',
  id: `${DEVICE}.1.2`,
  atMs: AT_MS + 1_000,
  afterMs: AT_MS + 3_600_000,
  level: 'public',
  shortened: true,
  engine: 'Secret Engine',
  query: 'secret words',
  url: 'https://engine.example/search?q=secret+words',
};
export const CLICK: Required<ClickEvent> = {
  kind: 'click',
  id: `${DEVICE}.1.3`,
  atMs: AT_MS + 2_000,
  afterMs: AT_MS + 3_600_000,
  level: 'private',
  shortened: true,
  url: 'https://clicked.example/secret-page',
  title: 'Secret title of a click',
  role: 'secret-role',
  text: 'Secret text',
  target: 'https://target.example/secret-target',
};
export const REDUCED: Required<ReducedEvent> = {
  kind: 'reduced',
  id: `${DEVICE}.1.4`,
  atMs: Date.UTC(2026, 4, 6, 7),
  afterMs: AT_MS + 3_600_000,
  level: 'anonymous',
  of: 'click',
  category: 'secret-category',
};
export const RECORDS: readonly InteractionRecord[] = [VISIT, SEARCH, CLICK, REDUCED];

export const PREFERENCES: PreferencesObject = {
  language: 'de-SECRETAT',
  timezone: 'Europe/Secretville',
  theme: 'dark',
  dataRetentionDays: 90,
  autoLearn: true,
  learningIntensity: 'high',
  sharingLevel: 'aggregated',
};
export const PROFILE: UserProfile = {
  ...PREFERENCES,
  userId: 'secret-user',
  createdAt: new Date(AT_MS),
  lastUpdated: new Date(AT_MS + 1),
  privacyLevel: 'private',
  totalInteractions: 4321,
  averageSessionDuration: 654_321,
  lastActiveDate: new Date(AT_MS + 2),
};
export const CONTEXT: ARQContext = {
  id: '01234567-89ab-4cde-8f01-23456789abcd',
  userId: 'secret-user-of-context',
  timestamp: new Date(AT_MS + 3),
  recentSearches: ['secret search one', 'secret search two'],
  recentVisits: ['https://recent.example/secret'],
  clickPatterns: [{ hour: 7, weekday: 3, role: 'secret-pattern-role', count: 12 }],
  userSegment: 'secret-segment',
  interestTopics: ['secret topic'],
  confidenceScore: 0.25,
  predictedNextActions: [
    { kind: 'visit', target: 'https://next.example/secret', probability: 0.5, reason: 'secret reason' },
  ],
  recommendedContent: [
    { url: 'https://content.example/secret', title: 'Secret content', score: 0.75, reason: 'secret because' },
  ],
  deviceInfo: { os: 'Secret OS', browser: 'Secret Browser 1', screenSize: '1234x987' },
  locationHint: 'Secret Region',
};

export const SETTINGS = {
  settings: { level: 'private', rules: [{ id: '1', host: 'secret-ruled.example', capture: 'skip' }] },
  policy: { retentionDays: null },
  consents: [{ use: 'sync', to: 'https://secret-service.example' }],
  extensions: { on: true },
  keptOut: null,
  requests: [{ requestType: 'export', timestamp: '2026-05-06T07:48:49.123Z', status: 'running' }],
};
