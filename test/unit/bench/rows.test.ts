import { describe, expect, test } from 'vitest';
import { digits, growthOf, scaleTableOf, tableOf } from '../../bench/rows.ts';

const row = (name: string, subject: string, value: number, events = 100, note?: string) => ({
  name,
  subject,
  value,
  unit: 'ms',
  events,
  ...(note === undefined ? {} : { note }),
});

describe('figures', () => {
  test('have three digits that count', () => {
    expect([0, 0.01234, 1.234, 12.34, 123.4, 12_345.6].map(digits)).toEqual([
      '0',
      '0.012',
      '1.23',
      '12.3',
      '123',
      '12,346',
    ]);
  });
});

describe('the table', () => {
  test('has subjects side by side, and ours as a multiple of the peers', () => {
    const rows = [
      row('a', 'arq', 2),
      row('a', 'dexie', 8),
      row('a', 'sqlite-wasm', 1, 10, 'stopped after 1 s'),
    ];
    expect(tableOf(rows).split('\n')).toEqual([
      '   unit   arq  dexie  sqlite-wasm  arq : sqlite-wasm  arq : dexie',
      'a  ms    2.00   8.00       1.00 *             2.00 x      0.250 x',
    ]);
  });

  test('has no ratios without ours, and a dash for what was not measured', () => {
    const rows = [row('a', 'dexie', 8), row('b', 'sqlite-wasm', 1)];
    expect(tableOf(rows).split('\n')).toEqual([
      '   unit  dexie  sqlite-wasm',
      'a  ms     8.00            -',
      'b  ms        -         1.00',
    ]);
  });

  test('of scale has a column for each size', () => {
    const rows = [row('a', 'arq', 1, 1_000), row('a', 'arq', 2, 10), row('b', 'arq', 3, 10)];
    expect(scaleTableOf(rows).split('\n')).toEqual([
      'events        10  1,000',
      'a       ms  2.00   1.00',
      'b       ms  3.00      -',
    ]);
  });
});

describe('growth', () => {
  test('is told from each size to the next, whatever the order of the rows', () => {
    const rows = [
      row('a', 'arq', 8, 1_000),
      row('a', 'arq', 2, 10),
      row('a', 'arq', 3, 100),
      row('b', 'arq', 1, 10),
    ];
    expect(growthOf(rows, ['a', 'b'])).toBe('a, 10 → 100 → 1,000 events: 1.50 x, 2.67 x');
  });

  test('of one size is nothing', () => {
    expect(growthOf([row('ingest', 'arq', 8)])).toBe('');
  });
});
