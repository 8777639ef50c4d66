/** One object of the service beside what opens of it here. What was deleted, or is about to be, is not shown. */

import type { Bytes } from '../base/bytes.ts';
import { toBase64Url } from '../base/bytes.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { ClosedBy, HeldContents, HeldInside } from '../model/held.ts';
import { type InteractionEvent, recordOf } from '../model/interaction.ts';
import type { Slot } from '../protocol/ids.ts';
import { signerOf } from './account-state.ts';
import { meantUntil, readCommands } from './erasures.ts';
import { fetchSlots } from './fetch.ts';
import { parseJson } from './json.ts';
import { erasedOutsideUntil } from './left.ts';
import { closedBy, headerBytes, type OpenedHeader, openBody, openHeader } from './objects.ts';
import { type OpenedPart, openPart, type PullSession, withoutErased } from './parts.ts';
import type { TransportFailure } from './transport.ts';

/** Characters of the contents that are shown. */
const TEXT = 100_000;

type Contents = { readonly part: OpenedPart } | { readonly value: unknown };

interface Looked {
  readonly inside?: HeldInside;
  readonly closed?: ClosedBy;
  readonly object?: OpenedHeader;
  readonly contents?: Contents;
}

export async function lookInto(
  session: PullSession,
  slot: Slot,
  body: Bytes,
): Promise<Result<Looked, TransportFailure>> {
  const { scope } = session;
  const object = await openHeader(scope, slot, body);
  if (!object) return ok({ closed: closedBy(scope, body) });
  const { header, epoch } = object;
  const inside: HeldInside = {
    kind: header.kind,
    author: header.author,
    ...(header.day === undefined ? {} : { day: header.day }),
    epoch,
  };
  const found = await contentsOf(session, slot, object);
  if (!found.ok) return found;
  if (typeof found.value === 'string') return ok({ inside, closed: found.value, object });
  const contents = found.value;
  const events = 'part' in contents ? { events: contents.part.count } : {};
  return ok({ inside: { ...inside, ...events }, object, contents });
}

async function contentsOf(
  session: PullSession,
  slot: Slot,
  object: OpenedHeader,
): Promise<Result<Contents | ClosedBy, TransportFailure>> {
  if (object.header.kind === 'part') {
    const part = await openPart(session, slot, object);
    return !part.ok || typeof part.value === 'string'
      ? (part as Result<ClosedBy, TransportFailure>)
      : ok({ part: part.value });
  }
  if (object.record === null) return ok('old-key');
  const payload = await openBody(session.scope, slot, object, object.record);
  if (!payload) return ok('changed');
  const value = parseJson(payload);
  return ok(value === undefined ? 'broken' : { value });
}

/** Fails when nothing lies there any more. */
export async function readHeldObject(session: PullSession, slot: Slot): Promise<Result<HeldContents>> {
  const { store, transport, account } = session;
  const fetched = await fetchSlots(transport, signerOf(store, account.account), [slot]);
  if (!fetched.ok) return fetched;
  const found = fetched.value[0];
  if (!found) return fail('gone', GONE);
  const looked = await lookInto(session, slot, found.body);
  if (!looked.ok) return looked;
  const { inside, closed, object, contents } = looked.value;
  return ok({
    slot,
    etag: found.etag,
    bytes: toBase64Url(found.body),
    headerBytes: Math.min(headerBytes(found.body), found.body.length),
    ...(inside ? { inside } : {}),
    ...(closed ? { closed } : {}),
    ...(object ? { header: JSON.stringify(object.header, null, 2) } : {}),
    ...(contents ? await shown(session, contents) : {}),
  });
}
const GONE = 'The sync service does not hold this object any more: it was deleted meanwhile.';

/** The same of bytes that are at hand, whole: for an export. */
export async function openedOf(
  session: PullSession,
  slot: Slot,
  body: Bytes,
): Promise<Result<Readonly<Record<string, unknown>>, TransportFailure>> {
  const looked = await lookInto(session, slot, body);
  if (!looked.ok) return looked;
  const { closed, object, contents } = looked.value;
  const found = !contents
    ? {}
    : 'value' in contents
      ? { contents: readable(contents.value) }
      : { contents: await shownOf(session, contents.part) };
  return ok({ ...(object ? { header: object.header } : {}), ...(closed ? { closed } : {}), ...found });
}

async function shown(session: PullSession, contents: Contents) {
  if ('value' in contents) return cut(readable(contents.value));
  const { part } = contents;
  const events = await shownOf(session, part);
  return {
    ...cut(events),
    leftOut: part.events.length - events.length,
    unknown: part.count - part.events.length,
  };
}

function cut(value: unknown): Pick<HeldContents, 'text' | 'cut'> {
  const text = JSON.stringify(value, null, 2);
  return { text: text.slice(0, TEXT), cut: Math.max(0, text.length - TEXT) };
}

/** Without events of records that were deleted or are hidden, and without updates of visits that are not known to be neither. */
async function shownOf({ store, scope }: PullSession, part: OpenedPart): Promise<InteractionEvent[]> {
  const erased = meantUntil(await readCommands(store), scope.keys.naming);
  const outside = part.isOut ? await erasedOutsideUntil(store, scope) : async () => undefined;
  const kept = await withoutErased(part.events, async (record, as) =>
    store.hides(record, as) ? Number.POSITIVE_INFINITY : ((await erased(record, as)) ?? outside(record, as)),
  );
  const here = await store.eventsOfDay(part.day);
  const visits = new Set([...kept, ...here.events].flatMap((one) => (one.kind === 'visit' ? [one.id] : [])));
  return kept.filter((event) => event.kind !== 'visit-update' || visits.has(recordOf(event)));
}

/** What a device signed is shown as what it says; keys are not shown: whoever saw them could open the days that they are of. */
function readable(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('text' in value && typeof value.text === 'string' && 'signature' in value) {
    const { text, ...rest } = value;
    return { said: parsedOr(text), ...rest };
  }
  if ('entries' in value && Array.isArray(value.entries)) {
    return { ...value, entries: value.entries.map((entry: object) => ({ ...entry, key: KEY })) };
  }
  return value;
}
const KEY = '(not shown)';

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
