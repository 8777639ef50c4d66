import { expect, it } from 'vitest';
import { DAY_MS } from '../../../src/base/clock.ts';
import {
  fieldsText,
  lastText,
  queryText,
  untilOf,
  untilText,
  whenText,
} from '../../../src/options/plugin-words.ts';

it('access ends after a day, a week, 30 days, or with the chosen day', () => {
  expect((['1', '7', '30'] as const).map((span) => untilOf(span, '', 0))).toEqual([
    DAY_MS,
    7 * DAY_MS,
    30 * DAY_MS,
  ]);
  expect(untilOf('date', '2026-12-24', 0)).toBe(new Date(2026, 11, 25).getTime());
  expect(untilOf('date', '', 0)).toBeUndefined();
});

it('says what may be read, what was asked, and when', () => {
  expect(fieldsText(['host', 'hour'])).toBe('Names of sites, The hour');
  expect(queryText({ kind: 'visits', byWords: true })).toBe('Visits, by words');
  const entry = { id: 'x', name: 'x', kind: 'visits', byWords: false, fields: [], records: 1 } as const;
  expect(whenText({ ...entry, times: 3, firstMs: 0, lastMs: 1 })).toMatch(/^3 times, .+ to .+$/);
  expect(whenText({ ...entry, times: 1, firstMs: 0, lastMs: 1 })).not.toContain(' to ');
  const allowed = { id: 'x', name: 'x', fields: ['host'], grantedMs: 0, untilMs: 10 } as const;
  expect(untilText(allowed, 10)).toMatch(/^Over since /);
  expect(untilText(allowed, 9)).not.toContain('Over');
  expect(lastText([], 'x')).toBe('Not yet');
});
