/** Interactions and contexts to put in. */
import type { ARQContext } from '../../src/model/context.ts';
import type { NewInteraction } from '../../src/model/user-interaction.ts';

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
