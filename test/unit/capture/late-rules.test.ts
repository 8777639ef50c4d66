import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captureClick, captureNavigation } from '../../../src/capture/capture.ts';
import type { Policy } from '../../../src/capture/decide.ts';
import { changedRecords, reduceEvents, ruleLate } from '../../../src/capture/late-rules.ts';
import type { InteractionEvent, NewEvent } from '../../../src/model/interaction.ts';
import { PRIVACY_LEVELS, strictness } from '../../../src/model/privacy.ts';
import type { Only } from '../../../src/model/reduction.ts';
import { CAPTURES } from '../../../src/model/rules.ts';

const OPEN: Policy = { level: 'private', rules: [] };
const withId = (event: NewEvent, n = 1) => ({ ...event, id: `d.i.${n}` }) as InteractionEvent;
const visit = {
  url: 'https://www.google.com/search?q=blue+whales',
  title: 'blue whales - Google Search',
  atMs: 1_700_000_000_000,
  transition: 'typed',
  referrer: 'https://from.example/path?x=1',
} as const;
const click = {
  pageUrl: 'https://a.example/page?q=word',
  pageTitle: 'A page',
  atMs: 1_700_000_000_000,
  role: 'link',
  text: 'more',
  target: 'https://b.example/',
} as const;

const policy = fc.record({
  level: fc.constantFrom(...PRIVACY_LEVELS),
  rules: fc.array(
    fc.record({
      id: fc.constant('r'),
      host: fc.constantFrom('google.com', 'a.example', 'b.example', 'from.example'),
      capture: fc.constantFrom(...CAPTURES),
    }),
    { maxLength: 3 },
  ),
});

describe('rules that come late', () => {
  it('keep exactly what they would have kept at once', () => {
    fc.assert(
      fc.property(policy, (rules) => {
        const stored = [...captureNavigation(visit, OPEN), ...captureClick(click, OPEN)].map(withId);
        const late = stored.map((event) => ruleLate(event, rules)).filter((event) => event !== null);
        const atOnce = [...captureNavigation(visit, rules), ...captureClick(click, rules)].filter(
          (event) => !('level' in event) || event.level !== 'ephemeral',
        );
        expect(late.map(({ id: _, ...event }) => event)).toEqual(atOnce);
      }),
      { numRuns: 2_000 },
    );
  });

  it('change nothing the second time', () => {
    fc.assert(
      fc.property(policy, (rules) => {
        for (const event of [...captureNavigation(visit, OPEN), ...captureClick(click, OPEN)].map(withId)) {
          const once = ruleLate(event, rules);
          if (once) expect(ruleLate(once, rules)).toEqual(once);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('leave a count as it is', () => {
    const strict: Policy = { level: 'anonymous', rules: [] };
    const [count] = captureNavigation(visit, strict).map(withId) as [InteractionEvent];
    expect(ruleLate(count, OPEN)).toEqual(count);
  });

  const update = (more: object) =>
    withId({ kind: 'visit-update', visit: 'd.i.0', atMs: 1, ...more } as NewEvent);
  const policyOf = (capture: (typeof CAPTURES)[number]): Policy => ({
    level: 'private',
    rules: [{ id: 'r', host: 'a.example', capture }],
  });
  const url = 'https://a.example/find?words=blue+whales';
  it.each([
    ['full', true, 'Blue whales', 'Blue whales'],
    ['full', false, 'Blue whales', 'Blue whales'],
    // The title repeats what was taken out of the address.
    ['no-query', true, 'Blue whales', undefined],
    ['no-query', true, 'Results', 'Results'],
    ['no-query', false, 'Results', undefined],
    ['domain', true, 'Results', undefined],
  ] as const)('at %s (whole address: %s) keep of the later title %s: %s', (capture, isWhole, title, kept) => {
    const of = { url: isWhole ? url : 'https://a.example/find', isWhole };
    expect(ruleLate(update({ title, dwellMs: 5 }), policyOf(capture), of)).toEqual(
      update({ dwellMs: 5, ...(kept === undefined ? {} : { title: kept }) }),
    );
    expect(ruleLate(update({ title }), policyOf(capture), of)).toEqual(
      kept === undefined ? null : update({ title: kept }),
    );
    expect(ruleLate(update({ dwellMs: 5 }), policyOf(capture), of)).toEqual(update({ dwellMs: 5 }));
  });

  it('keep nothing of an update whose visit is not kept', () => {
    expect(ruleLate(update({ title: 'x', dwellMs: 5 }), OPEN)).toBeNull();
  });
});

describe('what is applied to what is stored', () => {
  const LATER = 2_000_000_000_000;
  const stored = ['public', 'private', 'anonymous'].flatMap((level, at) => {
    const open: Policy = { level: level as 'public', rules: [] };
    const events = [...captureNavigation(visit, open), ...captureClick(click, open)];
    return events.map((event, n) => withId(event, at * 10 + n));
  });
  const title = withId(
    { kind: 'visit-update', visit: 'd.i.0', atMs: 1, title: 'blue whales later' } as NewEvent,
    99,
  );
  const all = [...stored, title];
  const only = fc.option(
    fc.oneof(
      fc.constant<Only>({ what: 'level' }),
      fc.constantFrom('google.com', 'a.example', 'from.example').map((key): Only => ({ what: 'rule', key })),
    ),
    { nil: undefined },
  );
  const reductions = fc
    .tuple(policy, only)
    .map(([rules, which]) => ({ ...rules, atMs: LATER, ...(which ? { only: which } : {}) }));

  it('takes nothing the second time, adds nothing, and makes no level milder', () => {
    fc.assert(
      fc.property(reductions, (reduction) => {
        const once = reduceEvents(all, reduction);
        const twice = reduceEvents(once, reduction);
        expect(twice.every((event, at) => event === once[at]) && twice.length === once.length).toBe(true);
        const before = new Map(all.map((event) => [event.id, event]));
        for (const event of once) {
          const was = before.get(event.id);
          if (!was || event.kind === 'visit-update' || was.kind === 'visit-update') continue;
          expect(strictness(event.level)).toBeGreaterThanOrEqual(strictness(was.level));
          if (event.kind !== 'reduced') expect(event.kind).toBe(was.kind);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('leaves alone what came later, and what it is not about', () => {
    const strict = { level: 'ephemeral', rules: [], atMs: 0 } as const;
    expect(reduceEvents(stored, strict)).toEqual(stored);
    const other = { ...strict, atMs: LATER, only: { what: 'rule', key: 'other.example' } } as const;
    const left = reduceEvents(all, other);
    expect(left.every((event, at) => event === all[at])).toBe(true);
    expect(changedRecords(all, left)).toEqual([]);
  });

  it('of a site takes links to it out of other pages too', () => {
    const rules = [{ id: 'r', host: 'from.example', capture: 'skip' }] as const;
    const reduction = {
      level: 'private',
      rules,
      atMs: LATER,
      only: { what: 'rule', key: 'from.example' },
    } as const;
    expect(JSON.stringify(stored)).toContain('from.example');
    const left = reduceEvents(stored, reduction);
    expect(JSON.stringify(left)).not.toContain('from.example');
    expect(left).toHaveLength(stored.length);
  });
});
