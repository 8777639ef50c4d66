/**
 * Corrections that were interrupted, after something was erased: one of which nothing is left to correct ends, so that what it says is
 * destroyed with what it was said of.
 */
import type { CorrectionOfRecords, DataAccessRequest } from '../../model/data-request.ts';
import type { VisitRecord } from '../../model/interaction.ts';
import type { EraseTarget } from '../../model/selector.ts';
import type { Targeted } from '../../storage/erase.ts';
import type { Services } from '../services.ts';
import { correctedBy, newId } from './rectify.ts';
import { daysOf } from './search.ts';
import { unlessDamaged } from './unless-damaged.ts';

type Ending = Pick<Services, 'profile' | 'requests' | 'sync'>;

const GONE = 'What it was to correct was deleted.';

/** `means`: a test for what was erased; `targets`: what it was asked for as. May be repeated. */
export async function endErasedCorrections(
  services: Ending,
  means: Targeted,
  targets: readonly EraseTarget[],
): Promise<void> {
  const { requests } = services;
  for (const one of await requests.list()) {
    if (!waits(one) || (await isOwn(services, one.id, targets))) continue;
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

/** Whether the correction itself asked for it: the new versions of what was erased are there, and it is gone on with. */
async function isOwn(
  { profile }: Ending,
  request: string,
  targets: readonly EraseTarget[],
): Promise<boolean> {
  for (const target of targets) {
    if (target.what !== 'record' || target.day === undefined) continue;
    const id = await newId(profile, request, target.id);
    if ((await profile.store.recordsOfDay(target.day)).some((record) => record.id === id)) return true;
  }
  return false;
}

async function isGone(
  { profile, sync }: Ending,
  correction: CorrectionOfRecords,
  means: Targeted,
): Promise<boolean> {
  const page = { what: 'page', url: correction.url } as const;
  for (const day of (await daysOf(profile, page)) ?? (await profile.store.days()))
    for (const record of await profile.store.recordsOfDay(day))
      if (correctedBy(record, correction)) return false;
  if (await means(wheneverOf(correction))) return true;
  const filed = await unlessDamaged(profile.store.archives.filed(page));
  return (filed?.days ?? 0) === 0 && (await sync.days.of(page)).length === 0;
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
