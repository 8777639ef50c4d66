import { describe, expect, it } from 'vitest';
import type { ReductionCount, ReductionState } from '../../../src/model/reduction.ts';
import { countSentence, recordText, stateSentence } from '../../../src/ui/stored-words.ts';

const none: ReductionCount = {
  reduced: 0,
  erased: 0,
  kinds: {},
  sites: 0,
  inMemory: 0,
  examples: [],
  elsewhereDays: 0,
};
const running: ReductionState = {
  phase: 'running',
  days: 3,
  daysDone: 1,
  reduced: 1,
  erased: 0,
  keptDays: 0,
};

describe('what would change', () => {
  it('is said by kind, with what it cannot reach', () => {
    expect(countSentence(none)).toBe('Nothing that is stored here would change.');
    const counted: ReductionCount = {
      ...none,
      reduced: 3,
      erased: 1,
      kinds: {
        visit: { reduced: 2, erased: 0 },
        search: { reduced: 1, erased: 0 },
        click: { reduced: 0, erased: 1 },
      },
      sites: 1,
      elsewhereDays: 2,
    };
    expect(countSentence(counted)).toBe(
      'Less would be kept of 2 visits and 1 search. 1 click would be deleted. They are of 1 site. This cannot be undone. ' +
        '2 archived days may have more: what is in files stays there, and is changed the same way when it comes back.',
    );
  });
});

describe('how far it is', () => {
  it('is said while it runs, when it ended, and when it cannot go on', () => {
    expect(stateSentence(undefined)).toBeUndefined();
    expect(stateSentence(running)).toContain('1 of 3 days');
    expect(stateSentence({ ...running, phase: 'failed', message: 'The disk is full.' })).toContain(
      'The disk is full.',
    );
    expect(stateSentence({ ...running, phase: 'done' })).toBe('Done: 1 record is reduced, 0 are deleted.');
    expect(stateSentence({ ...running, phase: 'done', reduced: 0 })).toContain('Nothing');
    expect(stateSentence({ ...running, phase: 'done', reduced: 0, keptDays: 2 })).toContain('2 days stay');
  });
});

it('a record is told with everything of it that could change', () => {
  const visit = {
    kind: 'visit',
    id: '1',
    atMs: 0,
    level: 'private',
    url: 'https://a.example/',
    title: 'A',
    transition: 'link',
    referrer: 'https://b.example/',
    dwellMs: 0,
  } as const;
  expect(recordText(visit)).toBe('Visit: https://a.example/ “A”, from https://b.example/');
  expect(recordText(null)).toBe('Nothing');
  expect(
    recordText({ kind: 'reduced', id: '1', atMs: 0, level: 'anonymous', of: 'search', category: 'news' }),
  ).toBe('Search counted: the hour, and “news”');
});
