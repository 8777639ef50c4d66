/** The current context, the segment, the region, and what a device tells of itself. */
import { beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/base/clock.ts';
import { randomUuid } from '../../../src/base/random.ts';
import { weekPlaces } from '../../../src/context/current.ts';
import { deviceInfoOf } from '../../../src/context/device-info.ts';
import { parseContext } from '../../../src/model/context.ts';
import { regionOf } from '../../../src/model/region.ts';
import {
  type ContextProfile,
  clickAt,
  contextProfile,
  reducedAt,
  searchAt,
  visitAt,
} from '../../support/context-profile.ts';

let both: ContextProfile;
let now: number;
beforeEach(async () => {
  both = await contextProfile();
  now = both.profile.nowMs;
});
/** `perDay` interactions made by `make`, on each of the last `days` days. */
const days = (count: number, perDay: number, make: (atMs: number) => ReturnType<typeof visitAt>) =>
  Array.from({ length: count * perDay }, (_, i) =>
    make(now - Math.floor(i / perDay) * DAY_MS - (i % perDay) * 1000),
  );

describe('the current context', () => {
  it('of an empty profile is valid, can be saved, and claims nothing', async () => {
    const context = await both.storage.currentContext();
    expect(parseContext(JSON.parse(JSON.stringify(context)))).toEqual(context);
    expect(context).toMatchObject({
      userId: both.storage.userId,
      timestamp: new Date(now),
      recentSearches: [],
      recentVisits: [],
      clickPatterns: [],
      userSegment: 'unknown',
      interestTopics: [],
      confidenceScore: 0,
      predictedNextActions: [],
      recommendedContent: [],
      deviceInfo: { os: 'Linux', browser: 'Firefox', screenSize: 'unknown' },
      locationHint: 'Europe',
    });
    await both.storage.saveContext(context);
    expect(await both.storage.latestContext()).toEqual(context);
  });

  it('has the last 100 searches and visits, newest first, over days and packs', async () => {
    await both.storage.saveInteractions([
      ...Array.from({ length: 120 }, (_, i) => searchAt(now - i * HOUR_MS, `query ${i}`)),
      ...Array.from({ length: 130 }, (_, i) => visitAt(now - i * HOUR_MS, `https://a.example/${i}`)),
      reducedAt(now - HOUR_MS),
      reducedAt(now - HOUR_MS, 'search'),
    ]);
    await both.storage.compactDatabase();
    const { recentSearches, recentVisits } = await both.storage.currentContext();
    expect(recentSearches).toEqual(Array.from({ length: 100 }, (_, i) => `query ${i}`));
    expect(recentVisits).toEqual(Array.from({ length: 100 }, (_, i) => `https://a.example/${i}`));
  });

  it('counts the clicks of four weeks by weekday, hour of the time zone, and role', async () => {
    // A Tuesday; 23:30 in UTC is 00:30 of Wednesday in Berlin.
    const tuesday = Date.UTC(2026, 10, 17, 23, 30);
    await both.storage.saveInteractions([
      clickAt(tuesday, 'link'),
      clickAt(tuesday + 60_000, 'link', 'Other'),
      clickAt(tuesday, 'button'),
      clickAt(tuesday - 7 * DAY_MS, 'link'),
      reducedAt(Date.UTC(2026, 10, 18, 9), 'click'),
      clickAt(now - 29 * DAY_MS, 'link'),
    ]);
    const { clickPatterns } = await both.storage.currentContext();
    expect(clickPatterns).toEqual([
      { weekday: 3, hour: 0, role: 'button', count: 1 },
      { weekday: 3, hour: 0, role: 'link', count: 3 },
      { weekday: 3, hour: 10, role: 'unknown', count: 1 },
    ]);
  });

  it('knows the screen from a page, also after a restart', async () => {
    await both.storage.screenSeen({ width: 1920, height: 1080 });
    await both.reopen();
    expect((await both.storage.currentContext()).deviceInfo.screenSize).toBe('1920x1080');
    await expect(both.storage.screenSeen({ width: 0.5, height: -1 })).rejects.toBeInstanceOf(TypeError);
  });

  it('has an id of its own each time', async () => {
    const [a, b] = [await both.storage.currentContext(), await both.storage.currentContext()];
    expect(a.id).not.toBe(b.id);
    expect(randomUuid({ bytes: (n) => new Uint8Array(n).fill(255) })).toBe(
      'ffffffff-ffff-4fff-bfff-ffffffffffff',
    );
  });
});

describe('the segment', () => {
  const segment = async (interactions: ReturnType<typeof visitAt>[]) => {
    await both.storage.saveInteractions(interactions);
    return both.storage.computeUserSegment();
  };
  const visits = (count: number, perDay: number, url = 'https://a.example/') =>
    days(count, perDay, (atMs) => visitAt(atMs, url));

  it('is unknown with few days', async () => {
    expect(await segment(visits(2, 80))).toBe('unknown');
    expect(await segment(visits(3, 1, 'https://b.example/'))).toBe('casual-user');
  });
  it('is unknown with few interactions', async () => {
    expect(await segment(visits(3, 16))).toBe('unknown');
    expect(await segment(visits(3, 1, 'https://b.example/'))).toBe('casual-user');
  });
  it('is unknown when everything is older than 30 days', async () => {
    both.profile.nowMs += 40 * DAY_MS;
    expect(await segment(visits(5, 20))).toBe('unknown');
  });
  it('is tech-savvy from a fifth on sites for developers on', async () => {
    expect(await segment(visits(4, 17))).toBe('casual-user');
    expect(await segment(visits(4, 4, 'https://docs.github.com/'))).toBe('casual-user');
    expect(await segment(visits(1, 1, 'https://github.com/'))).toBe('tech-savvy');
  });
  it('is researcher from a search for every four visits on', async () => {
    expect(await segment(visits(4, 20))).toBe('casual-user');
    expect(await segment(days(4, 5, (atMs) => searchAt(atMs, String(atMs))))).toBe('researcher');
  });
  it('is power-user with much on most days', async () => {
    expect(await segment(visits(19, 100))).toBe('casual-user');
    expect(await segment(visits(20, 100))).toBe('power-user');
  });
});

it.each([
  ['Europe/Berlin', 'Europe'],
  ['America/New_York', 'North America'],
  ['America/Argentina/Buenos_Aires', 'South America'],
  ['America/Sao_Paulo', 'South America'],
  ['Asia/Tokyo', 'Asia'],
  ['Australia/Sydney', 'Oceania'],
  ['Pacific/Auckland', 'Oceania'],
  ['UTC', 'unknown'],
  ['Etc/GMT+3', 'unknown'],
  ['constructor', 'unknown'],
])('%s lies in %s', (zone, region) => {
  expect(regionOf(zone)).toBe(region);
});

it('every zone of this computer that is a place lies somewhere', () => {
  const lost = Intl.supportedValuesOf('timeZone').filter(
    (zone) => zone.includes('/') && !zone.startsWith('Etc/') && regionOf(zone) === 'unknown',
  );
  expect(lost).toEqual([]);
});

it.each([
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    'Windows',
    'Chrome',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
    'Windows',
    'Edge',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
    'macOS',
    'Safari',
  ],
  ['Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0', 'Android', 'Firefox'],
  [
    'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    'ChromeOS',
    'Chrome',
  ],
  ['', 'unknown', 'unknown'],
])('%s', (userAgent, os, browser) => {
  expect(deviceInfoOf(userAgent, undefined)).toEqual({ os, browser, screenSize: 'unknown' });
});

it('hours follow a zone of quarter hours and a change of the clocks', () => {
  expect(weekPlaces('Asia/Kathmandu')(Date.UTC(2026, 0, 4, 18, 14))).toEqual({ hour: 23, weekday: 0 });
  expect(weekPlaces('Asia/Kathmandu')(Date.UTC(2026, 0, 4, 18, 15))).toEqual({ hour: 0, weekday: 1 });
  const berlin = weekPlaces('Europe/Berlin');
  expect([berlin(Date.UTC(2026, 2, 29, 0, 59)).hour, berlin(Date.UTC(2026, 2, 29, 1)).hour]).toEqual([1, 3]);
});
