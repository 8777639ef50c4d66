/** Goes through the states of small-scope.ts, breadth first, and says what is wrong with one. */
import { createHash } from 'node:crypto';
import { canonical } from '../../src/base/canonical.ts';
import type { SharedSettings } from '../../src/model/shared-settings.ts';
import {
  at,
  type Body,
  DEVICES,
  type Device,
  dotsOf,
  type Faults,
  inForceOf,
  type Known,
  movesOf,
  NEW,
  routine,
  rulesOf,
  SLOTS,
  type Slot,
  START,
  type State,
  same,
  shownAs,
  union,
  unseen,
} from './small-scope.ts';

/** What is wrong in a state, in a sentence; `undefined` when nothing is. */
export function faultOf(state: State, faults: Faults = {}): string | undefined {
  const dots = new Set(state.wrote.map(({ dot }) => dot));
  if (dots.size < state.wrote.length) return 'a dot is used twice';
  for (const [index, device] of state.devices.entries()) {
    const wrong = wrongIn(device.shared, device.known);
    if (wrong) return `device ${index} ${wrong}`;
    if (!device.came && !same(device.inForce.map(shownAs).sort(), rulesOf(device.shared).map(shownAs).sort()))
      return `device ${index} has something else in force than it shares`;
  }
  return unlikeInTheEnd(state, faults);
}

function wrongIn(shared: SharedSettings, known: Known): string | undefined {
  for (const slot of SLOTS) {
    const [there, expected] = [dotsOf(shared, slot), unseen(known, slot)];
    if (same(there, expected)) continue;
    const lost = expected.filter((dot) => !there.includes(dot));
    return lost.length > 0
      ? `lost ${lost}`
      : `has what was replaced: ${there.filter((dot) => !expected.includes(dot))}`;
  }
  return undefined;
}

/** Everybody pushes and pulls until nothing is left to do: then all have the same, and all that anybody knew. */
function unlikeInTheEnd(state: State, faults: Faults): string | undefined {
  const known = [...state.devices, ...(state.service ? [state.service] : [])].map((one) => one.known);
  let now = state;
  for (let turn = 0; turn < 12; turn++) {
    let isIdle = true;
    for (const index of DEVICES) {
      for (const what of ['pulls', 'sends', 'takes'] as const) {
        const to = routine(now, index, what, faults);
        if (!to) continue;
        isIdle = false;
        now = to;
      }
    }
    if (!isIdle) continue;
    const all = known.reduce(union);
    for (const [index, device] of now.devices.entries()) {
      const wrong = wrongIn(device.shared, all);
      if (wrong) return `in the end device ${index} ${wrong}`;
      if (canonical(device.shared) !== canonical(now.devices[0]?.shared))
        return `in the end device ${index} has something else`;
      if (!same(device.inForce.map(shownAs).sort(), rulesOf(device.shared).map(shownAs).sort()))
        return `in the end device ${index} has something else in force`;
    }
    return undefined;
  }
  return 'they go on for ever';
}

const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

/** One name for all states that are the same but for names: of devices, of slots, of what was sent. */
export function nameOf(state: State): string {
  // What can be said of a device without a name: only those that are alike so far change places.
  const looks = DEVICES.map((index) => looksOf(at(state, index)) + looksOf(state.copies[index] ?? NEW));
  let least: string | undefined;
  for (const devices of ORDERS) {
    const [a = '', b = '', c = ''] = devices.map((index) => looks[index]);
    if (a > b || b > c) continue;
    for (const slots of [SLOTS, TURNED]) {
      const name = nameIn(state, devices, slots);
      if (least === undefined || name < least) least = name;
    }
  }
  // Short, because there are many.
  return createHash('sha256')
    .update(least ?? '')
    .digest('base64');
}
const TURNED = [...SLOTS].reverse();
const looksOf = ({ life, came, queued, staged: batch, seen, inForce, known }: Device): string =>
  `${life} ${came} ${queued} ${batch?.body.version} ${seen?.version} ${inForce.length} ${known.size},`;

function nameIn(state: State, devices: readonly number[], slots: readonly Slot[]): string {
  const actors = new Map<string, string>();
  for (const [place, index] of devices.entries()) actors.set(`d${index}`, `${place}`);
  const actorOf = (actor: string) => `${actors.get(actor.slice(0, 2))}${actor.slice(2, -2)}`;
  const register = (shared: SharedSettings) =>
    slots.map((slot) => {
      const { entries = [], seen = {} } = shared.rules[slot] ?? {};
      return [
        entries.map(({ actor, n, value }) => `${actorOf(actor)}:${n}${value?.capture ?? ''}`).sort(),
        Object.entries(seen)
          .map(([actor, n]) => `${actorOf(actor)}:${n}`)
          .sort(),
      ];
    });
  const etags = new Map<number, number>();
  const etag = (one: number | null | undefined) => {
    if (one === null || one === undefined) return 0;
    if (!etags.has(one)) etags.set(one, etags.size + 1);
    return [etags.get(one), state.accepted.has(one)];
  };
  const body = (one: Body | null | undefined) => one && [register(one.shared), etag(one.etag), one.version];
  const device = (one: Device | undefined) =>
    one && [
      one.life,
      register(one.shared),
      slots.map((slot) => inForceOf(one.inForce, slot)),
      one.came,
      one.queued,
      body(one.staged?.body),
      etag(one.staged?.ifMatch),
      etag(one.seen?.etag),
      etag(one.read),
    ];
  return JSON.stringify([
    body(state.service),
    devices.map((index) => device(state.devices[index])),
    devices.map((index) => device(state.copies[index])),
  ]);
}

export interface Explored {
  readonly states: number;
  readonly moves: number;
  /** States that were reached first in so many steps. */
  readonly byDepth: readonly number[];
  /** The shortest way to something that is wrong. */
  readonly fault?: { readonly what: string; readonly way: readonly string[] };
}

/** What these moves lead to. */
export function stateAfter(names: readonly string[], faults: Faults = {}): State {
  return names.reduce((state, name) => {
    const move = movesOf(state, faults).find((one) => one.name === name);
    if (!move) throw new Error(`nobody ${name}`);
    return move.to;
  }, START);
}

/** All states within `depth` steps. */
export function explore(depth: number, faults: Faults = {}, start = START): Explored {
  interface Reached {
    readonly state: State;
    readonly by: string;
    readonly from: Reached | undefined;
  }
  const wayTo = (one: Reached | undefined): string[] => (one?.from ? [...wayTo(one.from), one.by] : []);
  const names = new Set([nameOf(start)]);
  const byDepth = [1];
  let moves = 0;
  let found = 0;
  let level: Reached[] = [{ state: start, by: '', from: undefined }];
  for (let steps = 1; steps <= depth; steps++) {
    const next: Reached[] = [];
    for (const from of level)
      for (const { name: by, to } of movesOf(from.state, faults)) {
        moves += 1;
        const name = nameOf(to);
        if (names.has(name)) continue;
        names.add(name);
        const reached = { state: to, by, from };
        const what = faultOf(to, faults);
        if (what !== undefined)
          return { states: names.size, moves, byDepth, fault: { what, way: wayTo(reached) } };
        found += 1;
        // Of the last ones nothing more is asked.
        if (steps < depth) next.push(reached);
      }
    byDepth.push(found);
    found = 0;
    level = next;
  }
  return { states: names.size, moves, byDepth };
}
