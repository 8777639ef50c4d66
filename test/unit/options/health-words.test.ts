import { describe, expect, it } from 'vitest';
import type { HealthReport } from '../../../src/model/health.ts';
import { hitShare } from '../../../src/model/health.ts';
import { compactionSaid, extentSentence, integrityFacts } from '../../../src/options/health-words.ts';
import { millisecondsText, shareText, sizeText, spanText } from '../../../src/ui/quantities.ts';

const report = (more: Partial<HealthReport>) =>
  ({ unreadable: [], damagedRows: 0, droppedMessages: 0, records: 0, days: 0, ...more }) as HealthReport;

describe('what is known of the store being whole', () => {
  const bad = (more: Partial<HealthReport>) =>
    integrityFacts(report(more))
      .filter((fact) => fact.bad)
      .map(({ text }) => text);

  it('is nothing bad where nothing was found, and claims no more than was looked at', () => {
    expect(bad({})).toEqual([]);
    expect(integrityFacts(report({})).map(({ text }) => text)).toEqual([
      'Nothing damaged was met among what was read since the background started.',
      'The check at the last start found nothing missing, or you have read what was.',
      'No message was refused since the browser started.',
    ]);
  });

  it.each([
    [{ damagedRows: 1 }, 'At least 1 stored row is damaged'],
    [{ damagedRows: 2 }, 'At least 2 stored rows are damaged'],
    [{ droppedMessages: 12 }, '12 messages were refused'],
    [{ loss: { what: 'all', beforeMs: 0 } }, 'The browser lost its store'],
    [{ loss: { what: 'some', beforeMs: 0 } }, 'The browser lost the last records before'],
    [{ unreadable: ['profile'] }, 'The stored profile does not open'],
    [{ unreadable: ['context'] }, 'The context that was saved last does not open'],
  ] as const)('is bad with %j, and that comes first', (more, words) => {
    expect(bad(more)).toEqual([expect.stringContaining(words)]);
    expect(integrityFacts(report(more))[0]?.bad).toBe(true);
  });
});

it.each([
  [undefined, '', false],
  [{ phase: 'running' }, '', false],
  [
    { phase: 'done', beforeBytes: 3_000_000, afterBytes: 1_500_000 },
    'Compacted: 3 MB before, 1.5 MB now.',
    false,
  ],
  [
    { phase: 'cancelled' },
    'Compacting stopped. What was done up to there stays, and nothing is lost.',
    false,
  ],
  [{ phase: 'failed', message: 'The disk is full.' }, 'The disk is full.', true],
] as const)('a compaction that is %j says so', (state, text, failed) => {
  expect(compactionSaid(state)).toEqual({ text, failed });
});

it('the extent tells records, days, and from when to when', () => {
  expect(extentSentence(report({}))).toBe('Nothing is stored yet.');
  const one = { records: 1, days: 1, firstDay: '2026-01-05', lastDay: '2026-01-05' };
  expect(extentSentence(report(one))).toBe('1 record on 1 day, of Jan 5, 2026.');
  expect(extentSentence(report({ ...one, records: 2000, days: 2, lastDay: '2026-02-01' }))).toBe(
    '2,000 records on 2 days, from Jan 5, 2026 to Feb 1, 2026.',
  );
});

it('sizes, spans and shares are told in units that fit', () => {
  expect([0, 999, 1000, 12_345_678, 5e9, 5e13].map(sizeText)).toEqual([
    '0 bytes',
    '999 bytes',
    '1 kB',
    '12.3 MB',
    '5 GB',
    '50,000 GB',
  ]);
  expect([0, 45_000, 59_999, 60_000, 59.4 * 60_000, 65 * 60_000, 59.6 * 60_000].map(spanText)).toEqual([
    '0 sec',
    '45 sec',
    '60 sec',
    '1 min',
    '59 min',
    '1 hr 5 min',
    '1 hr 0 min',
  ]);
  expect([0.04, 3.44, 71.2].map(millisecondsText)).toEqual(['0 ms', '3.4 ms', '71 ms']);
  expect([hitShare({ hits: 0, misses: 0 }), hitShare({ hits: 3, misses: 1 })]).toEqual([undefined, 0.75]);
  expect(shareText(0.754)).toBe('75%');
});
