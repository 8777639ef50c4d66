import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captureNavigation } from '../../../src/capture/capture.ts';
import { type Policy, treatmentOf } from '../../../src/capture/decide.ts';
import { parsePattern } from '../../../src/capture/patterns.ts';
import { PRIVACY_LEVELS, strictness } from '../../../src/model/privacy.ts';
import { CAPTURES, type Rule, ruleKey } from '../../../src/model/rules.ts';

let count = 0;
const rule = (more: Partial<Rule>): Rule => {
  count += 1;
  return { id: `r${count}`, host: '', capture: 'skip', ...more };
};
const site = (host: string, more: Partial<Rule> = {}) => rule({ host, ...more });
const path = (host: string, at: string, more: Partial<Rule> = {}) =>
  rule({ kind: 'path', host, path: at, ...more });
const pattern = (text: string, more: Partial<Rule> = {}) => rule({ kind: 'pattern', pattern: text, ...more });
const policy = (...rules: Rule[]): Policy => ({ level: 'private', rules });
const at = (address: string, ...rules: Rule[]) => treatmentOf(address, policy(...rules));

describe('the most specific rule', () => {
  it('of a site and a part of it is that of the part, and of parts the longest', () => {
    const rules = [
      site('a.example', { capture: 'full' }),
      path('a.example', '/account', { capture: 'domain' }),
      path('a.example', '/account/bills', { capture: 'skip' }),
    ];
    const captureAt = (rest: string) => at(`https://www.a.example${rest}`, ...rules).capture;
    expect(captureAt('/')).toBe('full');
    expect(captureAt('/account')).toBe('domain');
    expect(captureAt('/account?x=1')).toBe('domain');
    expect(captureAt('/accounts')).toBe('full');
    expect(captureAt('/account/bills/2026')).toBe('skip');
    // Percent signs are another spelling of the same.
    expect(captureAt('/%61ccount/b%69lls')).toBe('skip');
  });

  it('of a host and one above it is that of the longer host, whatever the paths are', () => {
    const rules = [
      path('a.example', '/very/long/path', { capture: 'skip' }),
      site('sub.a.example', { capture: 'full' }),
    ];
    expect(at('https://sub.a.example/very/long/path', ...rules).capture).toBe('full');
    expect(at('https://a.example/very/long/path', ...rules).capture).toBe('skip');
  });

  it('is a pattern before any rule that names a site', () => {
    const rules = [
      path('a.example', '/docs', { capture: 'skip' }),
      pattern('/docs/open', { capture: 'full' }),
    ];
    expect(at('https://a.example/docs/open/1', ...rules)).toMatchObject({
      capture: 'full',
      rules: [rules[1]],
    });
    expect(at('https://a.example/docs/1', ...rules)).toMatchObject({ capture: 'skip', rules: [rules[0]] });
  });

  it('of several patterns is none: the stricter capture and the stricter level hold', () => {
    const rules = [
      pattern('a', { capture: 'domain', level: 'public' }),
      pattern('x', { capture: 'full', level: 'anonymous' }),
    ];
    expect(at('https://a.example/x', ...rules)).toMatchObject({
      capture: 'domain',
      level: 'anonymous',
      rules,
    });
  });
});

describe('the list of sensitive sites', () => {
  const address = 'https://www.paypal.com/home';
  it('is opened by a rule that names the site or a part of it, never by a pattern', () => {
    expect(at(address, pattern('.', { capture: 'full' }))).toMatchObject({
      capture: 'skip',
      skippedBy: 'sensitive',
    });
    expect(at(address, path('paypal.com', '/home', { capture: 'full' })).capture).toBe('full');
    expect(at(address, path('paypal.com', '/other', { capture: 'full' })).capture).toBe('skip');
    expect(at(address, site('paypal.*', { capture: 'domain' })).capture).toBe('domain');
  });

  it('once opened, obeys patterns too', () => {
    expect(
      at(address, site('paypal.*', { capture: 'full' }), pattern('/home', { capture: 'skip' })),
    ).toMatchObject({
      capture: 'skip',
      skippedBy: 'rule',
    });
  });
});

describe('a rule that this version does not know', () => {
  const full = site('a.example', { capture: 'full', level: 'public' });
  it('keeps nothing of its host, whatever else is said', () => {
    const unknown = rule({ kind: 'unknown', host: 'a.example', capture: 'full' });
    expect(at('https://sub.a.example/', unknown, full)).toMatchObject({ capture: 'skip', rules: [unknown] });
    expect(at('https://b.example/', unknown, full).capture).toBe('full');
  });
  it('keeps nothing anywhere when it names no host, or is a pattern that the engine does not take', () => {
    expect(at('https://a.example/', rule({ kind: 'unknown', capture: 'full' }), full).capture).toBe('skip');
    expect(at('https://a.example/', pattern('(?<=x)y', { capture: 'full' }), full).capture).toBe('skip');
  });
});

it('adding a skipping pattern never makes anything milder', () => {
  const anyRule = fc.oneof(
    fc.record({ host: fc.constantFrom('a.example', 'sub.a.example', 'example', 'paypal.com') }),
    fc.record({
      kind: fc.constant('path' as const),
      host: fc.constantFrom('a.example', 'example'),
      path: fc.constantFrom('/x', '/x/y'),
    }),
    fc.record({
      kind: fc.constant('pattern' as const),
      pattern: fc.constantFrom('x', 'example/$', '[?&]q='),
    }),
  );
  const rules = fc.uniqueArray(
    fc
      .tuple(
        anyRule,
        fc.constantFrom(...CAPTURES),
        fc.option(fc.constantFrom(...PRIVACY_LEVELS), { nil: undefined }),
      )
      .map(([what, capture, level]) => rule({ ...what, capture, ...(level ? { level } : {}) })),
    { selector: ruleKey, maxLength: 6 },
  );
  fc.assert(
    fc.property(
      rules,
      fc.constantFrom('https://a.example/', 'https://sub.a.example/x/y?q=1', 'https://paypal.com/x'),
      fc.constantFrom('x', 'q=', 'example/$', 'nothing like it'),
      (some, address, text) => {
        const before = at(address, ...some);
        const after = at(address, ...some, pattern(text));
        // Where patterns that matched already decide, only capture and level of those count.
        if (before.rules.some(({ kind }) => kind === 'pattern'))
          expect(strictness(after.level)).toBeGreaterThanOrEqual(strictness(before.level));
        expect(CAPTURES.indexOf(after.capture)).toBeLessThanOrEqual(CAPTURES.indexOf(before.capture));
      },
    ),
    { numRuns: 2_000 },
  );
});

describe('patterns', () => {
  /** Each keeps a backtracking engine busy for longer than anybody waits: this test would not end. */
  const long = 'a'.repeat(2_000);
  it.each([
    ['(a+)+$', `${long}!`],
    ['^(a|a)*$', `${long}!`],
    ['(a|aa)+$', `${long}!`],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', long],
    ['(.*a){20}b', long],
    ['a*a*a*a*a*a*a*a*b', long],
    ['([a-zA-Z]+)*!', long],
    ['^(.*?,){11}P', `${'1,'.repeat(1_000)}x`],
    ['(?:a?){200}a{200}b', long],
  ])('%s ends, on an address of two thousand characters', (text, rest) => {
    const events = captureNavigation(
      { url: `https://a.example/${rest}`, title: '', atMs: 0, transition: 'link' },
      policy(pattern(text), pattern('/other')),
    );
    expect(events.length).toBeLessThan(2);
    expect(parsePattern(text).ok).toBe(true);
  });

  it.each([
    ['[', 'missing closing ]'],
    ['(a', 'missing closing )'],
    ['a(?=b)', 'looking ahead or behind'],
    ['(a)\\1', 'referring back'],
    ['(a{100}){100}', 'repeat'],
    ['', 'Type a pattern'],
    ['a'.repeat(201), '200 characters'],
  ])('%s is refused with a sentence', (text, said) => {
    const parsed = parsePattern(text);
    expect(parsed.ok ? '' : parsed.error.message).toContain(said);
  });

  it('see the address as it may be kept: no fragment, no secrets', () => {
    const rules = [pattern('secret|token|part', { capture: 'skip' })];
    const url = 'https://user:secret@a.example/page?token=abcdef#part';
    const [event] = captureNavigation({ url, title: '', atMs: 0, transition: 'link' }, policy(...rules));
    expect(event).toMatchObject({ url: 'https://a.example/page' });
  });
});
