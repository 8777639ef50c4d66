/** An empty profile with its `ContextStorage`, and interactions to put in. */
import { ContextStorage, type ContextStorageOptions } from '../../src/context/context-storage.ts';
import type { ARQContext } from '../../src/model/context.ts';
import type { NewInteraction } from '../../src/model/user-interaction.ts';
import { emptyProfile, type LocalProfile } from './local-profile.ts';

export interface ContextProfile {
  readonly profile: LocalProfile;
  storage: ContextStorage;
  /** As after the browser was closed. */
  reopen(): Promise<void>;
}

export async function contextProfile(options: Partial<ContextStorageOptions> = {}): Promise<ContextProfile> {
  const profile = await emptyProfile();
  const open = () =>
    new ContextStorage(profile.store, {
      clock: { nowMs: () => profile.nowMs },
      timeZone: 'Europe/Berlin',
      language: 'de',
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      onDamaged: (rows) => {
        profile.damaged += rows;
      },
      ...options,
    });
  const both: ContextProfile = {
    profile,
    storage: open(),
    async reopen() {
      await profile.reopen();
      both.storage = open();
    },
  };
  return both;
}

export const visitAt = (atMs: number, url = 'https://a.example/', more: object = {}): NewInteraction =>
  ({
    kind: 'visit',
    timestamp: new Date(atMs),
    level: 'private',
    url,
    title: 'A page',
    transition: 'link',
    ...more,
  }) as NewInteraction;

export const searchAt = (atMs: number, query: string): NewInteraction => ({
  kind: 'search',
  timestamp: new Date(atMs),
  level: 'private',
  engine: 'duckduckgo',
  query,
  url: `https://duckduckgo.com/?q=${encodeURIComponent(query)}`,
});

export const clickAt = (atMs: number, role = 'link', text = 'More'): NewInteraction => ({
  kind: 'click',
  timestamp: new Date(atMs),
  level: 'private',
  url: 'https://a.example/',
  title: 'A page',
  role,
  text,
});

export const reducedAt = (hourMs: number, of: 'visit' | 'search' | 'click' = 'visit'): NewInteraction => ({
  kind: 'reduced',
  timestamp: new Date(hourMs),
  level: 'anonymous',
  of,
  category: 'news',
});

export const someContext = (userId: string, n: number, atMs: number, more: object = {}): ARQContext => ({
  id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
  userId,
  timestamp: new Date(atMs),
  recentSearches: ['one', 'two'],
  recentVisits: ['https://a.example/', 'https://b.example/'],
  clickPatterns: [{ hour: 1, weekday: 2, role: 'link', count: 3 }],
  userSegment: 'casual-user',
  interestTopics: ['gardens'],
  confidenceScore: 0.5,
  predictedNextActions: [
    { kind: 'visit', target: 'https://a.example/', probability: 0.4, reason: 'Often at this hour.' },
  ],
  recommendedContent: [{ url: 'https://c.example/', title: 'C', score: 0.1, reason: 'Like A.' }],
  deviceInfo: { os: 'Linux', browser: 'Firefox', screenSize: '1920x1080' },
  locationHint: 'Europe',
  ...more,
});
