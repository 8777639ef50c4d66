import { describe, expect, it } from 'vitest';
import type { ClosedDay, ClosedReport } from '../../../src/model/closed.ts';
import { closedWords, eraseWords, needWords, reportWords } from '../../../src/options/closed-words.ts';

const day: ClosedDay = { day: '2026-02-11', rows: 2, records: 14, open: 1, needs: [] };
const report = (more: Partial<ClosedReport>): ClosedReport => ({
  madeMs: 0,
  days: [],
  objects: 0,
  mended: 0,
  lacking: [],
  ...more,
});

describe('what does not open, in words', () => {
  it('which key a day needs', () => {
    expect(needWords(day)).toBe('The records themselves are damaged; the keys open.');
    expect(
      needWords({
        needs: [
          { of: 'day', generation: 1, why: 'damaged' },
          { of: 'month', generation: 3, why: 'missing' },
        ],
      }),
    ).toBe('The key of the day is there and does not open. The key of its month (number 3) is missing.');
  });

  it('how much, in records where they were counted, else in rows', () => {
    expect(closedWords(day)).toBe('14 records do not open, 1 record does.');
    expect(closedWords({ ...day, records: 0, open: 3 })).toBe('2 stored rows do not open, 3 records do.');
  });

  it('what a look or a try came to', () => {
    expect(reportWords(report({}))).toBe('Everything that is stored here opens.');
    expect(reportWords(report({ days: [day], mended: 1, objects: 2 }))).toBe(
      '1 key opens again. Something of 1 day does not open. 2 objects at the sync service cannot be opened: update ARQ Context on all devices.',
    );
    expect(reportWords(report({ days: [day], lacking: [day.day] }))).toMatch(
      /^The sync service does not have everything of .*2026.*, so nothing of that was taken away\. Something/,
    );
  });

  it('what erasing takes', () => {
    expect(eraseWords([day, { ...day, day: '2026-02-10', records: 1 }])).toBe(
      '15 records on 2 days will be gone for good, also should the key turn up. What opens stays.',
    );
    expect(eraseWords([{ ...day, records: 0 }])).toMatch(/^2 stored rows on 1 day/);
  });
});
