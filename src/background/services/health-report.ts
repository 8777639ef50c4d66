/** The figures of the health page, as they are now. What does not open is left out and said. */
import { SEGMENT_RULES, segmentOf } from '../../context/segment.ts';
import type { ContextFigures, HealthReport, PersonFigures } from '../../model/health.ts';
import type { Compaction } from './compaction.ts';
import { KEPT_CONTEXTS } from './context-keeper.ts';
import { droppedMessages } from './drops.ts';
import type { Profile } from './profile.ts';
import { unlessDamaged } from './unless-damaged.ts';

async function personFigures({ context }: Profile): Promise<PersonFigures> {
  const [profile, all, month] = [
    await context.profile(),
    await context.getContextStats('all'),
    await context.getContextStats('month'),
  ];
  const segment = segmentOf(month);
  return {
    totalInteractions: profile.totalInteractions,
    sessions: all.sessions.count,
    averageSessionMs: profile.averageSessionDuration,
    ...(profile.totalInteractions === 0 ? {} : { lastActiveMs: profile.lastActiveDate.getTime() }),
    createdMs: profile.createdAt.getTime(),
    segment,
    segmentRule: SEGMENT_RULES[segment],
  };
}

async function latestFigures({ context }: Profile): Promise<ContextFigures | null> {
  const latest = await context.latestContext();
  if (!latest) return null;
  const { os, browser, screenSize } = latest.deviceInfo;
  return {
    madeMs: latest.timestamp.getTime(),
    searches: latest.recentSearches.length,
    visits: latest.recentVisits.length,
    clicks: latest.clickPatterns.reduce((sum, { count }) => sum + count, 0),
    device: `${browser}, ${os}, screen ${screenSize}`,
    region: latest.locationHint,
  };
}

export async function healthReport(profile: Profile, compaction: Compaction): Promise<HealthReport> {
  const { store, context, clock } = profile;
  // Before those of this report.
  const queries = context.queryTotals();
  const [days, sizes, caches] = [await store.days(), await store.sizes(), await context.cacheStats()];
  const [lastDay, firstDay] = [days[0], days.at(-1)];
  const person = await unlessDamaged(personFigures(profile));
  const latest = await unlessDamaged(latestFigures(profile));
  const { loss } = store;
  return {
    madeMs: clock.nowMs(),
    sizes: { ...sizes },
    records: await store.recordCount(),
    days: days.length,
    ...(firstDay === undefined ? {} : { firstDay }),
    ...(lastDay === undefined ? {} : { lastDay }),
    queries,
    caches,
    memory: { bytes: store.cache.sizeBytes, maxBytes: store.cache.maxBytes },
    ...(person ? { person } : {}),
    contexts: await context.contextCount(),
    maxContexts: KEPT_CONTEXTS,
    ...(latest ? { latest } : {}),
    unreadable: [
      ...(person === undefined ? (['profile'] as const) : []),
      ...(latest === undefined ? (['context'] as const) : []),
    ],
    ...(compaction.doneMs === undefined ? {} : { compactedMs: compaction.doneMs }),
    damagedRows: profile.damagedRows,
    droppedMessages: await droppedMessages(),
    ...(loss === undefined ? {} : { loss: { what: loss.what, beforeMs: loss.beforeMs } }),
  };
}
