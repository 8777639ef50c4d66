/** What devices chose without knowing of each other: told whole, and decided by whoever saw it. */
import { describe, expect, it } from 'vitest';
import type { PrivacyLevel } from '../../../src/model/privacy.ts';
import type { Rule } from '../../../src/model/rules.ts';
import {
  changeShared,
  EMPTY_SHARED,
  mergeShared,
  readShared,
  type SharedSettings,
} from '../../../src/model/shared-settings.ts';
import { conflictsOf, type Resolution, resolved } from '../../../src/model/sync-conflict.ts';

const rule = (capture: Rule['capture'], id = capture): Rule => ({ id, host: 'x.example', capture });
const chose = (
  device: string,
  level: PrivacyLevel,
  rules: readonly Rule[] = [],
  before: SharedSettings = EMPTY_SHARED,
) => changeShared(before, `${device}.1.joined`, { level, rules }, Date.UTC(2026, 10, 1));
const only = (shared: SharedSettings, own = 'a') => {
  const [conflict, ...more] = conflictsOf(shared, own);
  if (!conflict || more.length > 0) throw new Error(`${more.length + (conflict ? 1 : 0)} conflicts`);
  return conflict;
};
const decided = (shared: SharedSettings, resolution: Resolution, by = 'a') => {
  const { name, state } = only(shared);
  const after = resolved(shared, { name, state, resolution }, `${by}.1.joined`, 9);
  if (!after) throw new Error('not decided');
  return after;
};

describe('a level that two devices chose at once', () => {
  const both = mergeShared(chose('b', 'anonymous'), chose('a', 'public'));

  it('is told with who chose what when, this device first, and what is in force', () => {
    expect(only(both)).toMatchObject({
      name: 'level',
      deviceA: {
        device: 'a',
        version: Date.UTC(2026, 10, 1),
        timestamp: '2026-11-01T00:00:00.000Z',
        data: 'public',
      },
      deviceB: { device: 'b', version: Date.UTC(2026, 10, 1), data: 'anonymous' },
      others: [],
      merged: 'anonymous',
    });
    expect(only(both, 'b').deviceA.device).toBe('b');
  });

  it.each([
    ['deviceA', 'public'],
    ['deviceB', 'anonymous'],
    ['merge', 'anonymous'],
  ] as const)('decided for %s is %s everywhere, whoever hears of it when', (resolution, level) => {
    const after = decided(both, resolution);
    expect(conflictsOf(after, 'a')).toEqual([]);
    for (const late of [both, chose('b', 'anonymous'), chose('a', 'public')])
      expect(readShared(mergeShared(late, after)).level).toBe(level);
  });

  it('is no conflict where one knew of the other, nor where both chose the same', () => {
    const first = chose('a', 'anonymous');
    expect(conflictsOf(mergeShared(first, chose('b', 'public', [], first)), 'a')).toEqual([]);
    expect(conflictsOf(mergeShared(first, chose('b', 'anonymous')), 'a')).toEqual([]);
  });

  it('is not decided by who saw something else', () => {
    const { name, state } = only(both);
    const more = mergeShared(both, chose('c', 'ephemeral'));
    expect(only(more).others).toMatchObject([{ device: 'c' }]);
    expect(resolved(more, { name, state, resolution: 'deviceA' }, 'a.1.joined', 9)).toBeNull();
    expect(resolved(EMPTY_SHARED, { name, state, resolution: 'merge' }, 'a.1.joined', 9)).toBeNull();
  });

  it('is told and decided also where a clock said what no clock can', () => {
    const far = changeShared(EMPTY_SHARED, 'b.1.joined', { level: 'anonymous', rules: [] }, 9e15);
    const met = mergeShared(far, chose('a', 'public'));
    expect(only(met).deviceB.timestamp).toBe('+275760-09-13T00:00:00.000Z');
    expect(readShared(decided(met, 'deviceB')).level).toBe('anonymous');
  });

  it('is decided also for a third, and not for one that is not there', () => {
    const more = mergeShared(both, chose('c', 'ephemeral'));
    const { name, state } = only(more);
    const by = (resolution: Resolution) => resolved(more, { name, state, resolution }, 'a.1.joined', 9);
    expect(readShared(by(0) ?? EMPTY_SHARED).level).toBe('ephemeral');
    expect(by(1)).toBeNull();
  });

  it('that two decide at once is a conflict of these two', () => {
    const met = mergeShared(decided(both, 'deviceA', 'a'), decided(both, 'deviceA', 'b'));
    expect(only(met)).toMatchObject({ deviceA: { data: 'public' }, deviceB: { data: 'anonymous' } });
  });
});

describe('a rule', () => {
  it('that one removed while another changed it is told so, and decided either way', () => {
    const start = chose('a', 'private', [rule('full')]);
    const both = mergeShared(
      chose('a', 'private', [], start),
      chose('b', 'private', [rule('domain')], start),
    );
    expect(only(both)).toMatchObject({
      what: 'rule',
      deviceA: { data: null },
      deviceB: { data: { capture: 'domain' } },
      merged: { capture: 'domain' },
    });
    expect(readShared(decided(both, 'deviceA')).rules).toEqual([]);
    expect(readShared(decided(both, 'deviceB')).rules).toMatchObject([{ capture: 'domain' }]);
  });

  it('for a host called as the conflict of the level is decided by itself', () => {
    const named = (capture: Rule['capture']): Rule => ({ id: capture, host: 'level', capture });
    const both = mergeShared(
      chose('a', 'public', [named('domain')]),
      chose('b', 'anonymous', [named('skip')]),
    );
    const [level, onHost] = conflictsOf(both, 'a');
    if (!level || !onHost) throw new Error('two conflicts');
    expect([level.what, onHost.what, onHost.name]).toEqual(['level', 'rule', level.name]);
    const after = resolved(both, { ...onHost, resolution: 'deviceA' }, 'a.1.joined', 9);
    expect(after && readShared(after)).toMatchObject({ level: 'anonymous', rules: [{ capture: 'domain' }] });
  });

  it('that two devices made alike is no conflict, though each named it', () => {
    const both = mergeShared(
      chose('a', 'private', [rule('skip', 'one' as 'skip')]),
      chose('b', 'private', [rule('skip', 'two' as 'skip')]),
    );
    expect(conflictsOf(both, 'a')).toEqual([]);
  });
});
