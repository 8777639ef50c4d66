import { describe, expect, it } from 'vitest';
import {
  addCounts,
  countsOf,
  NO_COUNTS,
  parseSensitiveTotals,
  SENSITIVE_KINDS,
} from '../../../src/model/sensitive.ts';
import { keptOutRows, keptOutSentence } from '../../../src/options/kept-out-words.ts';

const totals = (...kinds: Parameters<typeof countsOf>[0][]) => ({
  sinceMs: Date.UTC(2026, 10, 24, 12),
  counts: kinds.map(countsOf).reduce(addCounts, NO_COUNTS),
});

describe('what was kept out', () => {
  it('has a row for each kind that was found, and what stays is apart', () => {
    const found = totals(['email', 'card', 'email'], ['health']);
    expect(keptOutRows(found, false)).toEqual([
      { kind: 'card', name: 'Card numbers', count: 1 },
      { kind: 'email', name: 'E-mail addresses', count: 2 },
    ]);
    expect(keptOutRows(found, true)).toEqual([{ kind: 'health', name: 'Words about health', count: 1 }]);
  });

  it('has words of its own for every kind', () => {
    const all = totals(SENSITIVE_KINDS);
    const names = [...keptOutRows(all, false), ...keptOutRows(all, true)].map(({ name }) => name);
    expect(names).toHaveLength(SENSITIVE_KINDS.length);
    expect(new Set(names).size).toBe(SENSITIVE_KINDS.length);
  });

  it('says since when, or that there was nothing', () => {
    expect(keptOutSentence(null)).toMatch(/^Nothing/);
    expect(keptOutSentence(totals(['finance']))).toMatch(/^Nothing/);
    expect(keptOutSentence(totals(['card']))).toMatch(/since .*2026/);
  });
});

describe('stored counts', () => {
  it('open as they were written', () => {
    const found = totals(['card', 'phone', 'phone']);
    expect(parseSensitiveTotals(JSON.parse(JSON.stringify(found)))).toEqual(found);
  });

  it('of another version lose what is not known and begin what is new at none', () => {
    const old = { sinceMs: 5, counts: { card: 2, palm: 7 } };
    expect(parseSensitiveTotals(old)).toEqual({ sinceMs: 5, counts: { ...NO_COUNTS, card: 2 } });
  });

  it.each([undefined, null, 7, {}, { sinceMs: 1, counts: { card: -1 } }, { sinceMs: 'x', counts: {} }])(
    'that are none are none: %j',
    (value) => {
      expect(parseSensitiveTotals(value)).toBeUndefined();
    },
  );
});
