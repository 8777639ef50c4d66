/** Counting and erasing what a person means, in the store and in memory; both are measured like queries. */

import type { InteractionRecord } from '../../model/interaction.ts';
import { type EraseCount, type EraseQuestion, type EraseTarget, isTargeted } from '../../model/selector.ts';
import { PartlyErasedError } from '../../storage/database.ts';
import type { Services } from '../services.ts';
import { daysOf, targetOf } from './search.ts';
import { unlessDamaged } from './unless-damaged.ts';

type Erasing = Pick<
  Services,
  'profile' | 'ephemeral' | 'recorder' | 'unsealing' | 'sync' | 'history' | 'contexts' | 'budget'
>;
type Counted = Pick<Services, 'profile' | 'ephemeral' | 'sync'>;

export function countErased(
  { profile, ephemeral, sync }: Counted,
  question: EraseQuestion,
): Promise<EraseCount> {
  const { store, context } = profile;
  return context.queries.measure({}, async (tally) => {
    const target = await targetOf(profile, ephemeral, question);
    const targeted = (record: InteractionRecord) => {
      tally.rowsRead += 1;
      return isTargeted(record, target);
    };
    const inMemory = (await ephemeral.records()).filter(targeted).length;
    const stored = inMemory + (await store.countTargeted(targeted, await daysOf(profile, target)));
    tally.rowsReturned = stored;
    const filed = await unlessDamaged(store.archives.filed(target));
    const away = await sync.awayMeant(target);
    return {
      count: stored + (filed?.records ?? 0) + away.records,
      target,
      ...(filed && filed.days > 0 ? { archivedDays: filed.days } : {}),
      ...(away.days > 0 ? { awayDays: away.days } : {}),
    };
  });
}

/** Resolves with how many records went. */
export function eraseRecords(
  { profile, ephemeral, recorder, unsealing, sync, history, contexts, budget }: Erasing,
  target: EraseTarget,
): Promise<number> {
  const { store, context, sensitive } = profile;
  return context.queries.measure({}, async (tally) => {
    await unsealing.settle();
    await history.erasing(target.what === 'all');
    const targeted = (record: InteractionRecord) => {
      tally.rowsRead += 1;
      return isTargeted(record, target);
    };
    const inMemory = await ephemeral.erase(targeted);
    await sync.erasing(target);
    const filed = await unlessDamaged(store.archives.filed(target));
    const away = await sync.awayMeant(target);
    let partly: PartlyErasedError | undefined;
    const stored = await profile.storing(() =>
      store
        .erase(targeted, target.what === 'all', () => daysOf(profile, target), [target])
        .catch((error: unknown) => {
          // What could be erased was: all that follows from it happens, then the person is told.
          if (!(error instanceof PartlyErasedError)) throw error;
          partly = error;
          return error.count;
        }),
    );
    await recorder.erased();
    await contexts.erased();
    if (target.what === 'all') await sensitive.forget();
    await budget.check();
    profile.changed();
    tally.rowsReturned = inMemory + stored;
    const count = inMemory + stored + (filed?.records ?? 0) + away.records;
    if (partly) throw new PartlyErasedError(count, partly.kept, partly.damaged);
    return count;
  });
}
