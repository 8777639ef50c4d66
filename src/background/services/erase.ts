/** Counting and erasing what a person means, in the store and in memory; both are measured like queries. */

import type { InteractionRecord } from '../../model/interaction.ts';
import { type EraseQuestion, type EraseTarget, isTargeted } from '../../model/selector.ts';
import { meantBy } from '../../storage/stubs.ts';
import type { Services } from '../services.ts';
import { daysOf, targetOf } from './search.ts';

type Erasing = Pick<Services, 'profile' | 'ephemeral' | 'recorder' | 'sync' | 'history' | 'contexts'>;
type Counted = Pick<Services, 'profile' | 'ephemeral'>;

export function countErased(
  { profile, ephemeral }: Counted,
  question: EraseQuestion,
): Promise<{ readonly count: number; readonly target: EraseTarget }> {
  const { store, context } = profile;
  return context.queries.measure({}, async (tally) => {
    const target = await targetOf(profile, ephemeral, question);
    const targeted = (record: InteractionRecord) => {
      tally.rowsRead += 1;
      return isTargeted(record, target);
    };
    const inMemory = (await ephemeral.records()).filter(targeted).length;
    const count = inMemory + (await store.countTargeted(targeted, await daysOf(profile, target)));
    tally.rowsReturned = count;
    return { count, target };
  });
}

/** Resolves with how many records went. */
export function eraseRecords(
  { profile, ephemeral, recorder, sync, history, contexts }: Erasing,
  target: EraseTarget,
): Promise<number> {
  const { store, context } = profile;
  return context.queries.measure({}, async (tally) => {
    await history.erasing(target.what === 'all');
    const targeted = (record: InteractionRecord) => {
      tally.rowsRead += 1;
      return isTargeted(record, target);
    };
    const inMemory = await ephemeral.erase(targeted);
    await sync.erasing(target);
    const meant = await meantBy(store.vault, target, profile.clock.nowMs());
    const stored = await profile.storing(() =>
      store.erase(targeted, target.what === 'all', () => daysOf(profile, target), [meant]),
    );
    await recorder.erased();
    await contexts.erased();
    profile.changed();
    tally.rowsReturned = inMemory + stored;
    return inMemory + stored;
  });
}
