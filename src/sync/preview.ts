/**
 * What an account that is being joined means for what this device has recorded by itself. Its deletions hold for everything up to their
 * time, so they mean records here that no other device ever knew: that is looked at, and the person asked, before the first of them is
 * carried out. Of the account's objects only small ones are fetched: no deletion is larger (objects.ts pads them all to the same size),
 * and of rules that are applied to what is stored only very many. Sizes are the service's word, and so is what it shows of the feed: one that hides a deletion from this and shows it
 * later has it carried out like any that is given in the account.
 */
import * as v from 'valibot';
import { canonical } from '../base/canonical.ts';
import type { Clock } from '../base/clock.ts';
import { ok, type Result } from '../base/result.ts';
import type { InteractionRecord } from '../model/interaction.ts';
import type { JoinPreview } from '../model/join-preview.ts';
import type { Rule } from '../model/rules.ts';
import {
  type Chosen,
  mergeShared,
  parseShared,
  readShared,
  type SharedSettings,
} from '../model/shared-settings.ts';
import type { DeviceId, Slot } from '../protocol/ids.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { type AccountState, readSharedSettings, scopeOf, signerOf } from './account-state.ts';
import { attested } from './attested.ts';
import { deletersOf, unknownOf } from './brake.ts';
import type { EraseCommand } from './erasures.ts';
import { fetchSlots } from './fetch.ts';
import { parseJson } from './json.ts';
import { meantHere } from './meant.ts';
import { type OpenedHeader, openBody, openHeader } from './objects.ts';
import { changesSince, NEWER, openCommand, type RoundSession } from './pull.ts';
import { type Card, cardSchema } from './receipts.ts';
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
  now: Chosen,
): Promise<Result<JoinPreview, TransportFailure>> {
  const devices = await keepKeys(store, transport, account, clock);
  if (!devices.ok) return devices;
  const scope = await scopeOf(store, account);
  const signer = signerOf(store, account);
  // A device that is in it already looks, too, when others delete much at once (brake.ts).
  const joining = lastSyncedMs === undefined;
  const found = await smallObjects({ scope, transport, signer, ever: devices.value.ever });
  if (!found.ok) return found;
  const { commands, cards, settings } = found.value;
  const deleted = await meantHere(store, inMemory, commands, scope.keys.naming);
  if (!joining) {
    const fresh = await unknownOf(store, commands);
    return ok({ deleted, joining, by: await deletersOf(store, fresh, found.value.authors) });
  }
  // Each device has all that the account has, once it is up to date.
  const known = cards.flatMap(({ records }) => records ?? []);
  return ok({
    deleted,
    joining,
    ...(known.length === 0 ? {} : { added: Math.max(...known) }),
    ...(settings ? { changed: changedBy(mergeShared(await readSharedSettings(store), settings), now) } : {}),
  });
}

/** What level and rules would be, beside those of now. */
function changedBy(shared: SharedSettings, now: Chosen): NonNullable<JoinPreview['changed']> {
  const { level = now.level, rules } = readShared(shared);
  const texts = (some: readonly Rule[]) => new Map(some.map((rule) => [canonical(rule), rule.host]));
  const [before, after] = [texts(now.rules), texts(rules)];
  const hosts = new Set<string>();
  for (const [text, host] of before) if (!after.has(text)) hosts.add(host);
  for (const [text, host] of after) if (!before.has(text)) hosts.add(host);
  return { ...(level === now.level ? {} : { level }), rules: hosts.size };
}

interface SmallObjects {
  readonly commands: EraseCommand[];
  readonly authors: Map<string, DeviceId>;
  readonly cards: Card[];
  settings?: SharedSettings;
}

/** What is told of the account that lies at the service and opens: every command, what devices say of themselves, level and rules. */
async function smallObjects(session: Looking): Promise<Result<SmallObjects, TransportFailure>> {
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
  const found: SmallObjects = { commands: [], authors: new Map(), cards: [] };
  for (let i = 0; i < small.length; i += LOOKED_AT_ONCE) {
    const objects = await fetchSlots(transport, signer, small.slice(i, i + LOOKED_AT_ONCE));
    if (!objects.ok) return objects;
    for (const { slot, body } of objects.value) {
      const opened = await openHeader(scope, slot, body);
      if (!opened) continue;
      if ((await look(session, slot, opened, found)) === 'newer') return NEWER;
    }
  }
  return ok(found);
}

async function look(
  session: Looking,
  slot: Slot,
  opened: OpenedHeader,
  found: SmallObjects,
): Promise<'newer' | undefined> {
  const { scope, ever } = session;
  const { kind, author } = opened.header;
  if (kind === 'erase') {
    const command = await openCommand(session, slot, opened);
    if (command === 'newer') return 'newer';
    if (!command) return;
    found.commands.push(command);
    found.authors.set(command.id, author);
    return;
  }
  if (kind !== 'card' && kind !== 'settings') return;
  const payload = await openBody(scope, slot, opened, opened.record);
  const value = payload && parseJson(payload);
  if (!value) return;
  if (kind === 'settings') {
    const settings = parseShared(value);
    if (settings) found.settings = settings;
    return;
  }
  const said = await attested('card', scope.account, author, ever.get(author)?.sign, value);
  const card = v.safeParse(cardSchema, said);
  if (card.success) found.cards.push(card.output);
}
