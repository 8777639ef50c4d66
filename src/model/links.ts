/** What a record tells of other pages than its own: where a visit came from, where a click led. */
import { type InteractionEvent, type InteractionRecord, stampOf, type VisitRecord } from './interaction.ts';

export const linkOf = (event: InteractionEvent): string | undefined =>
  event.kind === 'visit' ? event.referrer : event.kind === 'click' ? event.target : undefined;

export function withoutLink<E extends InteractionEvent | InteractionRecord>(event: E): E;
export function withoutLink(
  event: InteractionEvent | InteractionRecord,
): InteractionEvent | InteractionRecord {
  if (event.kind === 'visit') {
    const { referrer: _, ...rest } = event;
    return rest;
  }
  if (event.kind === 'click') {
    const { target: _, ...rest } = event;
    return rest;
  }
  return event;
}

/**
 * What is asked of a deletion: whether a record goes; whether a `link` to this page does, which is given as a visit of the time at which it
 * was followed; or whether, because this record goes, what is `linked` to its page on its day does.
 */
export type MeantAs = 'record' | 'link' | 'linked';

/** A test for records, and for links. */
export type Meant = (record: InteractionRecord, as?: MeantAs) => boolean | Promise<boolean>;

/** The page that an event links to, as a test is asked about it. */
export function pageLinked(event: InteractionEvent): VisitRecord | undefined {
  const url = linkOf(event);
  if (url === undefined || event.kind === 'visit-update' || event.kind === 'reduced') return undefined;
  const { id, atMs, level } = event;
  const when = { atMs, ...stampOf(event) };
  return { kind: 'visit', id, ...when, level, url, title: '', transition: 'link', dwellMs: 0 };
}

/** Asks a test about it. */
export async function isLinkMeant(event: InteractionEvent, isMeant: Meant): Promise<boolean> {
  const page = pageLinked(event);
  return page !== undefined && isMeant(page, 'link');
}

/** Events without their links to what is meant; those without such a link stay the same objects. */
export const withoutLinks = (
  events: readonly InteractionEvent[],
  isMeant: Meant,
): Promise<InteractionEvent[]> =>
  Promise.all(
    events.map(async (event) => ((await isLinkMeant(event, isMeant)) ? withoutLink(event) : event)),
  );
