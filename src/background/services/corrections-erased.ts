/**
 * Corrections that were interrupted, after something was erased: one of which nothing is left to correct ends, so that what it says is
 * destroyed with what it was said of.
 */
import type { CorrectionOfRecords, DataAccessRequest } from '../../model/data-request.ts';
import type { VisitRecord } from '../../model/interaction.ts';
import type { Targeted } from '../../storage/erase.ts';
import type { Services } from '../services.ts';
import { correctedBy } from './rectify.ts';
import { daysOf } from './search.ts';
import { unlessDamaged } from './unless-damaged.ts';

type Ending = Pick<Services, 'profile' | 'requests' | 'sync'>;

const GONE = 'What it was to correct was deleted.';

/** `means`: a test for what was erased. May be repeated. */
export async function endErasedCorrections(services: Ending, means: Targeted): Promise<void> {
  const { requests } = services;
  for (const one of await requests.list()) {
    if (!waits(one)) continue;
    const { correction } = one.detail;
    // What it said went with everything.
    const isOver =
      correction === undefined || ('url' in correction && (await isGone(services, correction, means)));
    if (isOver) await requests.end(one.id, { status: 'cancelled', message: GONE });
  }
}

type Waiting = DataAccessRequest & { readonly detail: { readonly type: 'rectify' } };
const waits = (one: DataAccessRequest): one is Waiting =>
  one.detail.type === 'rectify' && (one.status === 'interrupted' || one.status === 'failed');

async function isGone(
  { profile, sync }: Ending,
  correction: CorrectionOfRecords,
  means: Targeted,
): Promise<boolean> {
  if (await means(wheneverOf(correction))) return true;
  const page = { what: 'page', url: correction.url } as const;
  for (const day of (await daysOf(profile, page)) ?? (await profile.store.days()))
    for (const record of await profile.store.recordsOfDay(day))
      if (correctedBy(record, correction)) return false;
  const filed = await unlessDamaged(profile.store.archives.filed(page));
  return (filed?.days ?? 0) === 0 && (await sync.awayDays(page)).length === 0;
}

/** A record of its page that is as old as can be: whatever means it is no span of time, and means the page. */
const wheneverOf = ({ url }: CorrectionOfRecords): VisitRecord => ({
  kind: 'visit',
  id: '',
  atMs: 0,
  level: 'private',
  url,
  title: '',
  transition: 'other',
  dwellMs: 0,
});
