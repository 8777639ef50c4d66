/** What commands of an account mean of what is on this device, while nothing of it is carried out. */

import { toBase64Url, utf8 } from '../base/bytes.ts';
import { type DatedReduction, reduceEvents, withoutMeant } from '../capture/late-rules.ts';
import { sha256 } from '../crypto/primitives.ts';
import {
  type EventId,
  foldEvents,
  type InteractionEvent,
  type InteractionRecord,
} from '../model/interaction.ts';
import { PREVIEW_LISTED, type PreviewPart } from '../model/join-preview.ts';
import { recordHost } from '../model/selector.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { daysOfCommands, type EraseCommand, erasedBy, isErasure } from './erasures.ts';

/** `inMemory`: records that are in memory only. `naming`: the account's key that names what commands mean. */
export async function meantHere(
  store: LocalStore,
  inMemory: readonly InteractionRecord[],
  commands: readonly EraseCommand[],
  naming: Parameters<typeof erasedBy>[1],
): Promise<PreviewPart> {
  const erasures = commands.filter(isErasure);
  const isErased = erasedBy(erasures, naming);
  const reductions = commands.flatMap(({ atMs, target }) =>
    target.what === 'reduce' ? [{ ...target, atMs }] : [],
  );
  const meant = reductions.length > 0 ? undefined : await daysOfCommands(store, erasures, naming);
  const days = meant ?? (await store.days());
  const sites = new Set<string>();
  const listed: InteractionRecord[] = [];
  const ids: EventId[] = [];
  const look = async (some: readonly InteractionRecord[], goes: (id: EventId) => boolean = () => false) => {
    for (const record of [...some].sort((a, b) => b.atMs - a.atMs)) {
      if (!goes(record.id) && !(await isErased(record))) continue;
      ids.push(record.id);
      sites.add(recordHost(record) ?? '');
      if (listed.length < PREVIEW_LISTED) listed.push(record);
    }
  };
  await look(inMemory);
  for (const day of [...days].sort().reverse()) {
    const { events } = await store.eventsOfDay(day);
    // Of what rules take that the account applied to what is stored, nothing is left; nor of what is meant once they shortened it.
    const left = inOrder(reductions).reduce<readonly InteractionEvent[]>(reduceEventsBy, events);
    const stay = new Set((await withoutMeant(events, left, isErased)).map(({ id }) => id));
    await look(foldEvents(events), (id) => !stay.has(id));
  }
  sites.delete('');
  const of = ids.length === 0 ? '' : toBase64Url(await sha256(utf8(ids.sort().join('\n'))));
  return { records: ids.length, of, sites: sites.size, listed };
}

const inOrder = (reductions: readonly DatedReduction[]): DatedReduction[] =>
  [...reductions].sort((a, b) => a.atMs - b.atMs);

const reduceEventsBy = (events: readonly InteractionEvent[], one: DatedReduction) =>
  reduceEvents(events, one);
