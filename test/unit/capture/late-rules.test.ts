import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captureClick, captureNavigation } from '../../../src/capture/capture.ts';
import type { Policy } from '../../../src/capture/decide.ts';
import { ruleLate } from '../../../src/capture/late-rules.ts';
import type { InteractionEvent, NewEvent } from '../../../src/model/interaction.ts';
import { PRIVACY_LEVELS } from '../../../src/model/privacy.ts';
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
