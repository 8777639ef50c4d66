import { expect, it } from 'vitest';
import { HOUR_MS } from '../../../src/base/clock.ts';
import { EMPTY_LOG, logged, type PluginLog } from '../../../src/model/plugin-log.ts';
import { parsePluginAccess, parsePluginLog } from '../../../src/model/plugin-schema.ts';
import {
  accessOf,
  isPluginId,
  NO_ACCESS,
  PLUGIN_LIMITS,
  type PluginAccess,
  plainText,
} from '../../../src/model/plugins.ts';

const id = 'b'.repeat(32);
const allowed = { id, name: 'Name', fields: ['host'], grantedMs: 1, untilMs: 1000 } as const;
const access: PluginAccess = { ...NO_ACCESS, on: true, allowed: [allowed] };
const asked = { id, name: 'Name', kind: 'visits', byWords: false, fields: ['host'], records: 3 } as const;

it('ids are those that browsers give', () => {
  for (const one of [id, 'name@some.example', '@temporary', '{01234567-89ab-cdef-0123-456789abcdef}'])
    expect(isPluginId(one), one).toBe(true);
  for (const one of [
    '',
    'b'.repeat(31),
    'z'.repeat(32),
    '__proto__',
    'a b@x',
    '{0123}',
    `${'a'.repeat(100)}@x`,
  ])
    expect(isPluginId(one), one).toBe(false);
});

it('access holds while it is on and its time is not over', () => {
  expect(accessOf(access, id, 999)).toBe(access.allowed[0]);
  expect(accessOf(access, id, 1000)).toBeUndefined();
  expect(accessOf({ ...access, on: false }, id, 999)).toBeUndefined();
  expect(accessOf(access, 'c'.repeat(32), 999)).toBeUndefined();
});

it('what does not parse is as if nobody was allowed', () => {
  expect(parsePluginAccess(access)).toEqual(access);
  for (const stored of [
    undefined,
    null,
    { ...access, on: 1 },
    { ...access, allowed: [{ ...allowed, fields: ['everything'] }] },
    { ...access, allowed: [{ ...allowed, untilMs: Number.POSITIVE_INFINITY }] },
    { ...access, allowed: [{ id, name: 'Name', fields: ['host'], grantedMs: 1 }] },
    { ...access, allowed: Array(PLUGIN_LIMITS.allowed + 1).fill(allowed) },
  ])
    expect(parsePluginAccess(stored)).toEqual(NO_ACCESS);
});

it('a name cannot turn around the words beside it, or fill lines', () => {
  expect(plainText('\u202eevil\u2066 \u0007name\n\n\ttwo\u200b')).toBe('evil name two');
});

it('equal queries of an hour are one line; another kind, field or hour is another', () => {
  const add = (log: PluginLog, more: Partial<Parameters<typeof logged>[1]>, atMs: number) =>
    logged(log, { ...asked, ...more }, atMs, 0);
  let log = add(EMPTY_LOG, {}, 10);
  log = add(log, { records: 2 }, 20);
  expect(log.entries).toEqual([{ ...asked, records: 5, times: 2, firstMs: 10, lastMs: 20 }]);
  log = add(log, { byWords: true }, 30);
  log = add(log, { fields: ['host', 'title'] }, 40);
  log = add(log, { kind: 'searches' }, 50);
  // The first line goes on, whatever came between.
  log = add(log, {}, 60);
  expect(log.entries.map(({ times }) => times)).toEqual([3, 1, 1, 1]);
  log = add(log, {}, HOUR_MS);
  expect(log.entries).toHaveLength(5);
  expect(log.totals).toEqual([{ id, name: 'Name', queries: 7, records: 20, refused: 0, lastMs: HOUR_MS }]);
});

it('keeps so many lines and extensions, the newest, and parses again', () => {
  let log = EMPTY_LOG;
  for (let i = 0; i < PLUGIN_LIMITS.logEntries + 20; i++)
    log = logged(log, { ...asked, id: `${i}@x` }, i * HOUR_MS, 1);
  expect(log.entries).toHaveLength(PLUGIN_LIMITS.logEntries);
  expect(log.entries[0]?.id).toBe(`${PLUGIN_LIMITS.logEntries + 19}@x`);
  expect(log.totals).toHaveLength(PLUGIN_LIMITS.totals);
  expect(parsePluginLog(JSON.parse(JSON.stringify(log)))).toEqual(log);
  expect(parsePluginLog({ ...log, entries: [{}] })).toEqual(EMPTY_LOG);
});
