/** What the storage budget card says. */
import { describe, expect, it } from 'vitest';
import type { BudgetReport } from '../../../src/model/budget.ts';
import {
  archivedMonths,
  archiveName,
  fetchedSentence,
  limitOf,
  limitText,
  noticeOf,
  usedSentence,
  waitingSentence,
} from '../../../src/options/budget-words.ts';

const report: BudgetReport = {
  state: 'ok',
  usedBytes: 1_200_000_000,
  limitBytes: 5_000_000_000,
  notRecorded: 0,
  archivedDays: 0,
  archived: {},
  pinned: [],
  away: {},
  syncing: false,
};

describe('the limit', () => {
  it('is typed in gigabytes, with a point or a comma', () => {
    expect(['5', '0.5', ' 2,5 ', '0.01'].map(limitOf)).toEqual([5e9, 5e8, 2.5e9, 1e7]);
    expect(limitOf(limitText(1_234_567_890))).toBe(1_234_567_890);
  });

  it('is no number where none was typed', () => {
    expect(['', ' ', 'much', '-1', '1e400', '5 GB'].map(limitOf)).toEqual(Array(6).fill(undefined));
  });

  it('is said with what is used of it', () => {
    expect(usedSentence(report)).toBe('1.2 GB of 5 GB used (24%).');
  });
});

describe('the notice', () => {
  it('is there only when there is something to do, and says what', () => {
    expect(noticeOf(report)).toBe('');
    expect(noticeOf({ ...report, state: 'near' })).toContain('Save an archive');
    expect(noticeOf({ ...report, state: 'full' })).toContain(
      'nothing more is recorded until there is room. Save',
    );
    expect(noticeOf({ ...report, state: 'full', notRecorded: 1 })).toContain('1 record was left out');
  });

  it('offers no file while sync is on: the oldest days leave for the service', () => {
    const near = noticeOf({ ...report, state: 'near', syncing: true });
    expect(near).toContain('your oldest days leave this browser for the sync service');
    expect(near).not.toContain('archive');
    expect(noticeOf({ ...report, state: 'full', syncing: true })).toContain('No more days can leave');
  });
});

describe('archives', () => {
  it('are told by month, oldest first', () => {
    const archived = { '2024-04-01': 1, '2024-03-02': 5, '2024-03-01': 2_000 };
    expect(archivedMonths(archived)).toEqual([
      { month: '2024-03', text: '2024-03: 2 days, 2,005 records' },
      { month: '2024-04', text: '2024-04: 1 day, 1 record' },
    ]);
  });

  it('that wait are named by their days, and still here', () => {
    const waiting = { id: 'x', firstDay: '2024-03-01', lastDay: '2024-03-02', days: 2, records: 9 };
    expect(waitingSentence(waiting)).toBe(
      'An archive with 9 records on 2 days, from Mar 1, 2024 to Mar 2, 2024, went to your downloads. The records are still here.',
    );
    expect(archiveName(waiting)).toBe('arq-context-archive-2024-03-01-to-2024-03-02.aqa');
  });

  it('that came back are told with what did not', () => {
    expect(fetchedSentence({ events: 3, days: 2, deletedDays: 0 })).toContain('2 days are here');
    expect(fetchedSentence({ events: 0, days: 2, deletedDays: 1 })).toBe(
      'Everything in this archive that was not deleted is here already. 1 day was deleted since and did not come back.',
    );
  });
});
