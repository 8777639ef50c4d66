import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { ruleSchema } from '../../../src/model/rule-schema.ts';
import { DEFAULT_SETTINGS, parseSettings } from '../../../src/model/settings.ts';
import {
  changeShared,
  EMPTY_SHARED,
  mergeShared,
  parseShared,
  readShared,
} from '../../../src/model/shared-settings.ts';

const newer = { id: 'n', host: 'a.example', kind: 'weekday', days: [1, 2], capture: 'full', level: 'public' };
const parsed = (value: unknown) => v.parse(ruleSchema, value);

describe('a rule of a newer version', () => {
  it.each([
    newer,
    { id: 'n', host: 'a.example', capture: 'everything' },
    { id: 'n', host: 'a.example', capture: 'full', level: 'secret' },
    { id: 'n', host: 'a.example', kind: 'path', capture: 'full' },
    { id: 'n', host: 'a.example', capture: 'full', until: 5 },
    { id: 'n', host: 'a.example', kind: '__proto__', capture: 'full' },
  ])('%j is one that keeps nothing', (rule) => {
    expect(parsed(rule)).toMatchObject({ kind: 'unknown', host: 'a.example', capture: 'skip' });
  });

  it('is sent on as it came, however often it is passed on, and known by who knows it', () => {
    const site = { id: 's', host: 'b.example', capture: 'domain' };
    let passed: unknown = newer;
    for (let i = 0; i < 3; i++) passed = JSON.parse(JSON.stringify(parsed(passed)));
    expect(passed).toEqual({ id: 'n', host: 'a.example', kind: 'unknown', capture: 'skip', was: newer });
    // A device that does not know sites would pass them on like this.
    expect(parsed({ id: 's', host: 'b.example', kind: 'unknown', capture: 'skip', was: site })).toEqual(site);
  });

  it('does not cost the settings beside it, nor consent', () => {
    const settings = { ...DEFAULT_SETTINGS, consent: 'accepted', rules: [newer] };
    expect(parseSettings(settings)).toMatchObject({ consent: 'accepted', rules: [{ kind: 'unknown' }] });
  });

  it('stays as it is in what devices share while others change, and can be removed', () => {
    const entry = { value: newer, actor: 'x', n: 1, atMs: 1 };
    const theirs = parseShared({
      level: { entries: [], seen: {} },
      rules: { 'weekday a.example': { entries: [entry], seen: { x: 1 } } },
    });
    if (!theirs) throw new Error('not taken');
    const { rules } = readShared(theirs);
    const other = { id: 'o', host: 'o.example', capture: 'skip' } as const;
    const changed = changeShared(theirs, 'y', { level: 'private', rules: [...rules, other] }, 2);
    expect(Object.keys(changed.rules)).toEqual(['weekday a.example', 'o.example']);
    expect(changed.rules['weekday a.example']).toEqual(theirs.rules['weekday a.example']);
    const removed = changeShared(changed, 'y', { level: 'private', rules: [other] }, 3);
    expect(readShared(mergeShared(theirs, removed)).rules).toEqual([other]);
  });
});

it('rules for a site, for parts of it and for patterns are apart from each other', () => {
  const rules = [
    { id: '1', host: 'a.example', capture: 'full' },
    { id: '2', host: 'a.example', kind: 'path', path: '/x', capture: 'skip' },
    { id: '3', host: '', kind: 'pattern', pattern: 'a.example', capture: 'domain' },
  ] as const;
  const shared = changeShared(EMPTY_SHARED, 'x', { level: 'private', rules }, 1);
  const again = parseShared(JSON.parse(JSON.stringify(shared)));
  expect(again && readShared(again).rules).toEqual(rules);
});
