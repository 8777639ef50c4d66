/** What the Sync tab says of how things stand. */
import type { SyncState } from '../model/recording.ts';
import type { SyncHold, SyncWhen } from '../model/sync-when.ts';

export const WHEN_WORDS: Readonly<Record<SyncWhen, string>> = {
  always: 'Always',
  unmetered: 'Not where data is metered',
  asked: 'Only with “Sync now”',
};

const HOLD_WORDS: Readonly<Record<SyncHold, string>> = {
  offline: 'This computer is offline. Sync goes on by itself when it is not.',
  metered: 'The browser says that data is metered here, so sync waits. “Sync now” does it all the same.',
  asked: 'This device syncs only when you press “Sync now”.',
};

/** Where things stand, for a person. The short label is in the page's head. */
export function stateWords({ phase, serviceUrl, hasEvidence, holds }: SyncState): string {
  if (serviceUrl === undefined) return 'It is not known any more at which service.';
  if (hasEvidence)
    return `Sync with ${serviceUrl} has stopped for good: what it shows cannot all be true. What you record stays in this browser. Save the evidence and ask the host; then leave the account on each device, and make a new one.`;
  if (holds) return HOLD_WORDS[holds];
  if (phase === 'syncing') return `Sending and fetching at ${serviceUrl}…`;
  if (phase === 'offline') return `${serviceUrl} cannot be reached. It is tried again by itself.`;
  return phase === 'synced' ? `Up to date with ${serviceUrl}.` : `The service is ${serviceUrl}.`;
}
