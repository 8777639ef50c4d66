/** Which reductions say nothing that a later one does not say. */
import { expect, it } from 'vitest';
import { includes, type Reduction, reductionOf } from '../../../src/model/reduction.ts';
import type { Rule } from '../../../src/model/rules.ts';

const site: Rule = { id: 's', host: 'a.example', capture: 'domain' };
const part: Rule = { id: 'p', kind: 'path', host: 'a.example', path: '/x', capture: 'full' };
const other: Rule = { id: 'o', host: 'b.example', capture: 'skip' };
const all = (...rules: Rule[]): Reduction => ({ level: 'private', rules });
const at = (reduction: Reduction, atMs: number) => ({ ...reduction, atMs });

it.each<[string, Reduction, Reduction, boolean]>([
  ['the same', all(site, other), all(other, { ...site, id: 'another' }), true],
  ['one rule of all', all(site, other), reductionOf(site, 'private', [site, other]), true],
  ['the level of all', all(site), { ...all(site), only: { what: 'level' } }, true],
  ['a rule that holds less far by now', all(site, part), reductionOf(site, 'private', [site]), false],
  ['a rule that is gone', all(other), reductionOf(site, 'private', [site]), false],
  [
    'a rule that is another by now',
    all({ ...site, capture: 'full' }),
    reductionOf(site, 'private', [site]),
    false,
  ],
  ['a stricter level', all(site), { level: 'anonymous', rules: [site], only: { what: 'level' } }, false],
  ['all, by one rule', reductionOf(site, 'private', [site]), all(site), false],
])('%s: %#', (_, later, earlier, expected) => {
  expect(includes(at(later, 2), at(earlier, 1))).toBe(expected);
  expect(includes(at(later, 0), at(earlier, 1))).toBe(false);
});
