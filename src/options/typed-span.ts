/** Which span of time is meant, and how it is called. */
import { fail, ok, type Result } from '../base/result.ts';
import { exactTime, zonedTime } from '../ui/format.ts';
import { localDayStart, localMinute, MINUTE_MS, type Span } from '../ui/local-time.ts';

export interface NamedSpan extends Span {
  /** Completes "12 records …". */
  readonly words: string;
}

/** From minute to minute, both included. The failure says in a sentence what to put right. */
export function typedSpan(from: string, to: string, nowMs: number): Result<NamedSpan> {
  const [first, last] = [localMinute(from), localMinute(to)];
  if (!first || !last) return fail('empty', 'Choose a day and a time in both fields.');
  const { fromMs } = first;
  const { toMs } = last;
  if (first.toMs === last.fromMs && fromMs === toMs)
    return fail('skipped', 'The clock was put forward over that time: there was no such time here.');
  if (fromMs >= toMs) return fail('backwards', 'The end is before the beginning. Change one of them.');
  if (fromMs > nowMs) return fail('future', 'That begins in the future. Choose a beginning that is over.');
  if (toMs - MINUTE_MS > nowMs)
    return fail(
      'future',
      `That ends in the future. It is ${exactTime(nowMs)} now: choose an end up to then.`,
    );
  // Shown twice that night: which of the two is meant is to be seen before anything is deleted.
  const isTwice = [first, last].some((one) => one.toMs - one.fromMs > MINUTE_MS);
  const name = isTwice ? zonedTime : exactTime;
  const [begins, ends] = [name(fromMs), name(toMs - MINUTE_MS)];
  return ok({ fromMs, toMs, words: begins === ends ? `of ${begins}` : `from ${begins} to ${ends}` });
}

export const QUICK_SPANS = ['today', 'yesterday', 'week'] as const;
export type QuickSpan = (typeof QUICK_SPANS)[number];

/** Whole days here: today is one until it is over, also what comes from other devices. */
export function quickSpan(span: QuickSpan, nowMs: number): NamedSpan {
  const [fromDay, toDay, words] = (
    {
      today: [0, 1, 'of today'],
      yesterday: [-1, 0, 'of yesterday'],
      week: [-6, 1, 'of the last 7 days'],
    } as const
  )[span];
  return { fromMs: localDayStart(nowMs, fromDay), toMs: localDayStart(nowMs, toDay), words };
}
