import { expect, it } from 'vitest';
import { forecastWords } from '../../../src/options/retention-words.ts';

const words = (more: { readonly inFiles?: number; readonly atService?: number }) =>
  forecastWords({ records: 40, days: 3, today: '2026-11-27', ...more }, (ms) =>
    new Date(ms).toISOString().slice(0, 10),
  ).text;

it('says how many of the records are only elsewhere, and where', () => {
  expect(words({})).toContain('40 records of 3 days are past that time. They will');
  expect(words({ inFiles: 30 })).toContain('Of them 30 records only in files that you keep.');
  expect(words({ inFiles: 1, atService: 9 })).toContain(
    'Of them 1 record only in files that you keep and 9 records only at the sync service.',
  );
});
