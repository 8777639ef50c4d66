/**
 * What an account that is being joined means for what this device has recorded by itself. Its deletions hold for everything up to their
 * time, so they mean records here that no other device ever knew: that is looked at, and the person asked, before the first of them is
 * carried out. Of the account's objects only small ones are fetched: no deletion is larger (objects.ts pads them all to the same size),
 * and of rules that are applied to what is stored only very many. Sizes are the service's word, and so is what it shows of the feed: one that hides a deletion from this and shows it
 * later has it carried out like any that is given in the account.
 */
import type { Clock } from '../base/clock.ts';
import { ok, type Result } from '../base/result.ts';
import type { InteractionRecord } from '../model/interaction.ts';
import type { JoinPreview } from '../model/join-preview.ts';
import type { Slot } from '../protocol/ids.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { type AccountState, scopeOf, signerOf } from './account-state.ts';
import type { EraseCommand } from './erasures.ts';
import { fetchSlots } from './fetch.ts';
import { meantHere } from './meant.ts';
import { openHeader } from './objects.ts';
import { changesSince, NEWER, openCommand, type RoundSession } from './pull.ts';
import { keepKeys } from './rotation.ts';
import type { Signer, Transport, TransportFailure } from './transport.ts';

/** Those of deletions have 1,400; of rules that are applied to what is stored, as much as the rules take. */
const SMALL_BYTES = 64 * 1024;
const LOOKED_AT_ONCE = 100;

interface Looking extends Pick<RoundSession, 'scope' | 'ever'> {
  readonly transport: Transport;
  readonly signer: Signer;
}

/** `inMemory`: records that are in memory only. */
export async function previewJoin(
  store: LocalStore,
  transport: Transport,
  { account, lastSyncedMs }: AccountState,
  clock: Clock,
  inMemory: readonly InteractionRecord[],
): Promise<Result<JoinPreview, TransportFailure>> {
  const devices = await keepKeys(store, transport, account, clock);
  if (!devices.ok) return devices;
  const scope = await scopeOf(store, account);
  const signer = signerOf(store, account);
  // A device that is in it already looks, too, when others delete much at once (brake.ts).
  const joining = lastSyncedMs === undefined;
  const commands = await commandsOfAccount({ scope, transport, signer, ever: devices.value.ever });
  if (!commands.ok) return commands;
  return ok({ deleted: await meantHere(store, inMemory, commands.value, scope.keys.naming), joining });
}

/** Every command that lies at the service and opens. */
async function commandsOfAccount(session: Looking): Promise<Result<EraseCommand[], TransportFailure>> {
  const { scope, transport, signer } = session;
  const sizes = new Map<Slot, number>();
  for (let since = 0; ; ) {
    const page = await changesSince(transport, signer, since);
    if (!page.ok) return page;
    const { changes, head } = page.value;
    for (const { slot, etag, size } of changes.flatMap(({ ops }) => ops)) {
      if (etag === null) sizes.delete(slot);
      else sizes.set(slot, size);
    }
    since = changes.at(-1)?.seq ?? head;
    if (since >= head) break;
  }
  const small = [...sizes].flatMap(([slot, size]) => (size <= SMALL_BYTES ? [slot] : []));
  const commands: EraseCommand[] = [];
  for (let i = 0; i < small.length; i += LOOKED_AT_ONCE) {
    const objects = await fetchSlots(transport, signer, small.slice(i, i + LOOKED_AT_ONCE));
    if (!objects.ok) return objects;
    for (const { slot, body } of objects.value) {
      const opened = await openHeader(scope, slot, body);
      const command = opened?.header.kind === 'erase' ? await openCommand(session, slot, opened) : null;
      if (command === 'newer') return NEWER;
      if (command) commands.push(command);
    }
  }
  return ok(commands);
}
