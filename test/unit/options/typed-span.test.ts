/** What a person types to delete a span of time, and what is said of it. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { quickSpan, typedSpan } from '../../../src/options/typed-span.ts';

const utc = (text: string) => Date.parse(text);
const NOW = utc('2026-11-27T09:20:30Z');

beforeEach(() => {
  vi.stubEnv('TZ', 'Europe/Berlin');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const spanOf = (from: string, to: string) => {
  const span = typedSpan(from, to, NOW);
  return span.ok
    ? [new Date(span.value.fromMs).toISOString(), new Date(span.value.toMs).toISOString()]
    : span.error.code;
};
const wordsOf = (from: string, to: string) => {
  const span = typedSpan(from, to, NOW);
  // Node and browsers separate the time by different spaces.
  return span.ok ? span.value.words.replace(/\s/g, ' ') : span.error.message.replace(/\s/g, ' ');
};

describe('from minute to minute', () => {
  it('has both', () => {
    expect(spanOf('2026-11-02T10:00', '2026-11-02T10:30')).toEqual([
      '2026-11-02T09:00:00.000Z',
      '2026-11-02T09:31:00.000Z',
    ]);
    expect(spanOf('2026-11-02T10:00', '2026-11-02T10:00')).toEqual([
      '2026-11-02T09:00:00.000Z',
      '2026-11-02T09:01:00.000Z',
    ]);
    // The minute that is not over.
    expect(spanOf('2026-11-27T10:20', '2026-11-27T10:20')).toHaveLength(2);
    expect(wordsOf('2026-11-02T10:00', '2026-11-02T10:30')).toMatch(
      /^from Nov 2, 2026, 10:00 AM to Nov 2, 2026, 10:30 AM$/,
    );
    expect(wordsOf('2026-11-02T10:00', '2026-11-02T10:00')).toBe('of Nov 2, 2026, 10:00 AM');
  });

  it.each([
    ['', '2026-11-02T10:30', 'Choose a day and a time in both fields.'],
    ['2026-11-02T10:30', '', 'Choose a day and a time in both fields.'],
    ['2026-11-02T10:30', '2026-11-02T10:29', 'The end is before the beginning. Change one of them.'],
    ['2027-01-01T00:00', '2026-12-31T00:00', 'The end is before the beginning. Change one of them.'],
    ['2026-11-27T10:21', '2026-11-27T10:30', 'That begins in the future. Choose a beginning that is over.'],
    [
      '2026-11-27T09:00',
      '2026-11-27T10:21',
      'That ends in the future. It is Nov 27, 2026, 10:20 AM now: choose an end up to then.',
    ],
    [
      '2026-03-29T02:10',
      '2026-03-29T02:50',
      'The clock was put forward over that time: there was no such time here.',
    ],
  ])('%s to %s is refused: %s', (from, to, sentence) => {
    expect(wordsOf(from, to)).toBe(sentence);
  });

  it('where an hour is left out: what is left of it', () => {
    expect(spanOf('2026-03-29T01:30', '2026-03-29T02:30')).toEqual([
      '2026-03-29T00:30:00.000Z',
      '2026-03-29T01:00:00.000Z',
    ]);
    expect(wordsOf('2026-03-29T01:30', '2026-03-29T02:30')).toContain('to Mar 29, 2026, 1:59 AM');
    expect(spanOf('2026-03-29T02:30', '2026-03-29T03:05')).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-03-29T01:06:00.000Z',
    ]);
  });

  it('where an hour comes twice: from the first to the last, and it says so', () => {
    expect(spanOf('2026-10-25T02:10', '2026-10-25T02:20')).toEqual([
      '2026-10-25T00:10:00.000Z',
      '2026-10-25T01:21:00.000Z',
    ]);
    expect(wordsOf('2026-10-25T02:10', '2026-10-25T02:20')).toBe(
      'from Oct 25, 2026, 2:10 AM GMT+2 to Oct 25, 2026, 2:20 AM GMT+1',
    );
  });
});

it('quick choices are days of the clock here', () => {
  const days = (span: Parameters<typeof quickSpan>[0], nowMs: number) => {
    const { fromMs, toMs } = quickSpan(span, nowMs);
    return [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
  };
  expect(days('today', NOW)).toEqual(['2026-11-26T23:00:00.000Z', '2026-11-27T23:00:00.000Z']);
  expect(days('yesterday', NOW)).toEqual(['2026-11-25T23:00:00.000Z', '2026-11-26T23:00:00.000Z']);
  expect(days('week', NOW)).toEqual(['2026-11-20T23:00:00.000Z', '2026-11-27T23:00:00.000Z']);
  // The day before the clock was put back had 24 hours, the day itself 25.
  expect(days('yesterday', utc('2026-10-26T12:00Z'))).toEqual([
    '2026-10-24T22:00:00.000Z',
    '2026-10-25T23:00:00.000Z',
  ]);
});
