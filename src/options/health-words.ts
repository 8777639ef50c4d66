/** What the health page says of its figures, in words. */
import type { HealthReport } from '../model/health.ts';
import type { CompactionState } from '../model/recording.ts';
import { count, dayStart, dayWords, exactTime } from '../ui/format.ts';
import { sizeText } from '../ui/quantities.ts';

/** Each store of the report, as the person knows it. */
export const STORE_NAMES: Readonly<Record<string, string>> = {
  packs: 'Records, packed, with their index',
  journal: 'Newest records, not packed yet',
  derived: 'Saved contexts and summaries',
  profiles: 'Profile and settings',
  outbox: 'Waiting to be sent',
};

/** How much there is, and from when to when. */
export function extentSentence({ records, days, firstDay, lastDay }: HealthReport): string {
  if (firstDay === undefined || lastDay === undefined) return 'Nothing is stored yet.';
  const words = (day: string) => dayWords(dayStart(day) ?? 0);
  const span =
    firstDay === lastDay ? `of ${words(firstDay)}` : `from ${words(firstDay)} to ${words(lastDay)}`;
  return `${count(records, 'record', 'records')} on ${count(days, 'day', 'days')}, ${span}.`;
}

export interface Fact {
  readonly text: string;
  readonly bad: boolean;
}

const UNREADABLE = {
  profile: 'The stored profile does not open. It is left alone; your records are not part of it.',
  context:
    'The context that was saved last does not open. The next one takes its place while you browse; your records are not part of it.',
} as const;

/** What is known of the store being whole: what is wrong first. */
export function integrityFacts({ damagedRows, loss, droppedMessages, unreadable }: HealthReport): Fact[] {
  const facts: Fact[] = [
    ...unreadable.map((what) => ({ bad: true, text: UNREADABLE[what] })),
    damagedRows > 0
      ? {
          bad: true,
          text: `At least ${count(damagedRows, 'stored row is', 'stored rows are')} damaged and cannot be read. They are left alone; everything else works.`,
        }
      : { bad: false, text: 'Nothing damaged was met among what was read since the background started.' },
    loss
      ? {
          bad: true,
          text: `${loss.what === 'all' ? 'The browser lost its store: what was recorded' : 'The browser lost the last records'} before ${exactTime(loss.beforeMs)}${loss.what === 'all' ? ' is gone from here' : ''}.`,
        }
      : { bad: false, text: 'The check at the last start found nothing missing, or you have read what was.' },
    droppedMessages > 0
      ? {
          bad: true,
          text: `${count(droppedMessages, 'message was', 'messages were')} refused since the browser started, because no page of ARQ Context sends such, or because a website did too much at once. Nothing came of them.`,
        }
      : { bad: false, text: 'No message was refused since the browser started.' },
  ];
  return [...facts.filter(({ bad }) => bad), ...facts.filter(({ bad }) => !bad)];
}

/** How a compaction ended; empty while there was none, or it runs. */
export function compactionSaid(state: CompactionState | undefined): { text: string; failed: boolean } {
  switch (state?.phase) {
    case 'done':
      return {
        text: `Compacted: ${sizeText(state.beforeBytes ?? 0)} before, ${sizeText(state.afterBytes ?? 0)} now.`,
        failed: false,
      };
    case 'cancelled':
      return {
        text: 'Compacting stopped. What was done up to there stays, and nothing is lost.',
        failed: false,
      };
    case 'failed':
      return { text: state.message ?? '', failed: true };
    default:
      return { text: '', failed: false };
  }
}
