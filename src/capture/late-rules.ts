/** Level and rules, applied to what was stored before they were known or were what they are now. Pure. */
import type { InteractionEvent, NewEvent, VisitUpdate } from '../model/interaction.ts';
import { captureClick, captureNavigation, captureSearch, captureTitle, keptNow } from './capture.ts';
import type { Policy } from './decide.ts';

/** The visit that an update is of: with the address that it was recorded with, or the one that was kept of it. */
interface Updated {
  readonly url: string;
  readonly isWhole: boolean;
}

/**
 * What `policy` keeps of an event: the same with less in it, a reduced one under the same id, or `null` for nothing. What is not
 * there does not come back. `visit`: that of an update, if it is kept; without it nothing is kept of the update.
 */
export function ruleLate(event: InteractionEvent, policy: Policy, visit?: Updated): InteractionEvent | null {
  if (event.kind === 'visit-update') return visit === undefined ? null : updated(event, policy, visit);
  const [kept] = captured(event, policy);
  if (kept === undefined || ('level' in kept && kept.level === 'ephemeral')) return null;
  return { ...kept, id: event.id } as InteractionEvent;
}

function captured(event: InteractionEvent, policy: Policy): readonly NewEvent[] {
  switch (event.kind) {
    case 'visit':
      return captureNavigation(event, policy);
    case 'search':
      return captureSearch(event, policy);
    case 'click':
      return captureClick({ ...event, pageUrl: event.url, pageTitle: event.title }, policy);
    default:
      return [event];
  }
}

function updated(update: VisitUpdate, policy: Policy, { url, isWhole }: Updated): VisitUpdate | null {
  const { title, ...rest } = update;
  if (title === undefined) return update;
  // Of an address that was shortened nobody can say what a title repeats of it.
  const kept = isWhole || keptNow(url, policy).capture === 'full' ? captureTitle(url, title, policy) : null;
  if (kept) return { ...rest, title: kept };
  return rest.dwellMs === undefined ? null : rest;
}
