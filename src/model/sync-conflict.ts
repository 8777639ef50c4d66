/**
 * What several devices chose without knowing of each other. Nothing of it is dropped: all values stay side by side in a register, the
 * stricter is in force, and the person decides when they like. Names as in the seed's `SyncConflict`.
 */
import { canonical } from '../base/canonical.ts';
import type { PrivacyLevel } from './privacy.ts';
import { type Entry, type Register, write } from './register.ts';
import type { Rule } from './rules.ts';
import { readShared, type SharedSettings } from './shared-settings.ts';

/** A level; a rule, or `null` where it was removed. */
export type ConflictData = PrivacyLevel | Rule | null;

export interface ConflictSide {
  /** Id of the device that chose it. */
  readonly device: string;
  /** The number of that choice: those of a device only grow. */
  readonly version: number;
  /** By the clock there, ISO 8601. */
  readonly timestamp: string;
  readonly data: ConflictData;
}

export interface SyncConflict {
  /** `level`, or what a rule is for (`ruleKey`). */
  readonly name: string;
  readonly what: 'level' | 'rule';
  /** This device's where it has a part in it. */
  readonly deviceA: ConflictSide;
  readonly deviceB: ConflictSide;
  /** Further ones. */
  readonly others: readonly ConflictSide[];
  /** In force until somebody chooses. */
  readonly merged: ConflictData;
  /** Changes with what the devices chose. */
  readonly state: string;
}

/** Which value holds from now on; `merge`: the one in force. A number: of the others. */
export const RESOLUTIONS = ['deviceA', 'deviceB', 'merge'] as const;
export type Resolution = (typeof RESOLUTIONS)[number] | number;

/** What it comes to; `undefined` where there is no such one. */
function dataOf(conflict: SyncConflict, resolution: Resolution): ConflictData | undefined {
  if (resolution === 'merge') return conflict.merged;
  return (typeof resolution === 'number' ? conflict.others[resolution] : conflict[resolution])?.data;
}

const LEVEL = 'level';
const deviceOf = (actor: string): string => actor.split('.', 1)[0] ?? '';
/** What a `Date` can hold (ms): a clock elsewhere may have said anything. */
const MOST_MS = 8.64e15;
const sideOf = ({ actor, n, atMs, value }: Entry<ConflictData>): ConflictSide => ({
  device: deviceOf(actor),
  version: n,
  timestamp: new Date(Math.min(MOST_MS, Math.max(-MOST_MS, atMs))).toISOString(),
  data: value,
});

/** `own`: id of this device. */
export function conflictsOf(shared: SharedSettings, own: string): SyncConflict[] {
  const found = [
    conflictIn(LEVEL, 'level', shared.level, () => readShared(shared).level ?? null, own),
    ...Object.entries(shared.rules).map(([key, register]) =>
      conflictIn(key, 'rule', register, () => ruleInForce(shared, key, register), own),
    ),
  ];
  return found.filter((one) => one !== null);
}

/** Alone in settings of its own, it is the only rule. */
const ruleInForce = ({ level }: SharedSettings, key: string, register: Register<Rule | null>): Rule | null =>
  readShared({ level, rules: { [key]: register } }).rules[0] ?? null;

function conflictIn(
  name: string,
  what: SyncConflict['what'],
  { entries }: Register<ConflictData>,
  inForce: () => ConflictData,
  own: string,
): SyncConflict | null {
  if (entries.length < 2) return null;
  // Who chose the same has no quarrel.
  const values = new Map<string, ConflictSide>();
  const sides = entries.map(sideOf).sort((a, b) => Number(b.device === own) - Number(a.device === own));
  for (const side of sides) {
    const value = canonical(withoutId(side.data));
    if (!values.has(value)) values.set(value, side);
  }
  const [deviceA, deviceB, ...others] = values.values();
  if (!deviceA || !deviceB) return null;
  return {
    name,
    what,
    deviceA,
    deviceB,
    others,
    merged: inForce(),
    state: `${what}: ${entries.map(({ actor, n }) => `${actor} ${n}`).join(', ')}`,
  };
}

/** Two devices that make the same rule give it ids of their own. */
function withoutId(data: ConflictData): unknown {
  if (data === null || typeof data === 'string') return data;
  const { id: _, ...rest } = data;
  return rest;
}

/**
 * Writes what the person chose, having seen `state`, over all values of the conflict. `null` when there is none any more in this
 * state: somebody chose meanwhile.
 */
export function resolved(
  shared: SharedSettings,
  {
    name,
    state,
    resolution,
  }: { readonly name: string; readonly state: string; readonly resolution: Resolution },
  actor: string,
  atMs: number,
): SharedSettings | null {
  const conflict = conflictsOf(shared, deviceOf(actor)).find(
    // A host may be called `level`: the state says which of the two is meant.
    (one) => one.name === name && one.state === state,
  );
  const data = conflict && dataOf(conflict, resolution);
  if (!conflict || data === undefined) return null;
  if (conflict.what === 'level')
    return { ...shared, level: write(shared.level, actor, data as PrivacyLevel, atMs) };
  const register = shared.rules[name] as Register<Rule | null>;
  return {
    ...shared,
    rules: { ...shared.rules, [name]: write(register, actor, data as Rule | null, atMs) },
  };
}
