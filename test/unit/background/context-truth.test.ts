/** Every field of the context and of the profile is true after recorded browsing, as the background keeps them. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY_MS } from '../../../src/base/clock.ts';
import { START_MS, Worker } from '../../support/worker.ts';

const MINUTE_MS = 60_000;
const SEARCH = 'https://duckduckgo.com/?q=';

let worker: Worker;
beforeEach(async () => {
  vi.stubEnv('TZ', 'America/Sao_Paulo');
  vi.stubGlobal('navigator', {
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    language: 'pt-BR',
  });
  worker = await Worker.start();
});
afterEach(() => {
  worker.end();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});

const storage = () => worker.services.profile.context;

describe('after recorded browsing', () => {
  /** Five days with developer sites; today two searches and clicks. */
  const browse = async () => {
    for (let day = 4; day >= 0; day--) {
      vi.setSystemTime(START_MS - day * DAY_MS);
      for (let i = 0; i < 12; i++) {
        await worker.visit(1, `https://github.com/day${day}/${i}`);
        worker.pass(MINUTE_MS);
      }
    }
    await worker.visit(2, `${SEARCH}first`);
    worker.pass(MINUTE_MS);
    await worker.visit(2, `${SEARCH}second`);
    worker.pass(MINUTE_MS);
    await worker.visit(2, 'https://docs.example/page');
    await worker.click(2, undefined, 'A'.repeat(22));
    await worker.click(2, undefined, 'B'.repeat(22));
    await worker.services.recorder.spent(2, 90_000);
    return Date.now();
  };

  it('each field of the latest context is true', async () => {
    await worker.send('device.seen', { width: 1920, height: 1080, theme: 'dark' });
    const nowMs = await browse();
    await worker.services.contexts.tick();
    const visits = [
      'https://docs.example/page',
      `${SEARCH}second`,
      `${SEARCH}first`,
      ...[0, 1, 2, 3, 4].flatMap((day) =>
        Array.from({ length: 12 }, (_, i) => `https://github.com/day${day}/${11 - i}`),
      ),
    ];
    const total = visits.length + 2 + 2;
    expect(await storage().latestContext()).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4/),
      userId: storage().userId,
      timestamp: new Date(nowMs),
      recentSearches: ['second', 'first'],
      recentVisits: visits,
      // 12:49 UTC of a Tuesday is 9:49 in Sao Paulo.
      clickPatterns: [{ weekday: 2, hour: 9, role: 'button', count: 2 }],
      userSegment: 'tech-savvy',
      interestTopics: [],
      confidenceScore: total / 500,
      predictedNextActions: [],
      recommendedContent: [],
      deviceInfo: { os: 'Linux', browser: 'Firefox', screenSize: '1920x1080' },
      locationHint: 'South America',
    });
  });

  it('each field of the profile is true, also as it lies in the store', async () => {
    const createdAt = new Date(START_MS);
    await worker.services.contexts.tick();
    vi.setSystemTime(START_MS);
    await worker.send('device.seen', { width: 1920, height: 1080, theme: 'dark' });
    await worker.send('level.set', { level: 'public' });
    await worker.send('retention.set', { retention: { levels: { public: 90, private: 30 }, sites: [] } });
    const nowMs = await browse();
    // A session of 11 minutes on each of four days; today 13 and the time spent at the end.
    const today = 14 * MINUTE_MS + 90_000;
    worker.pass(DAY_MS);
    await worker.services.contexts.tick();
    const expected = {
      userId: storage().userId,
      createdAt,
      lastUpdated: new Date(nowMs + DAY_MS),
      privacyLevel: 'public',
      dataRetentionDays: 90,
      language: 'pt-BR',
      timezone: 'America/Sao_Paulo',
      theme: 'dark',
      totalInteractions: 67,
      averageSessionDuration: (4 * 11 * MINUTE_MS + today) / 5,
      lastActiveDate: new Date(nowMs + 90_000),
      autoLearn: true,
      learningIntensity: 'medium',
      sharingLevel: 'none',
    };
    const stored = await worker.store.readNamed('profile');
    expect(stored).toEqual(JSON.parse(JSON.stringify(expected)));
    expect(await storage().profile()).toEqual(expected);
  });
});
