/**
 * Every state that three devices and a service reach in so many steps, breadth first (after Jackson's small scope hypothesis). Each device
 * has two rules in its shared settings, changed and merged by the product's own functions; the service keeps one body, and takes
 * another only from who has seen it (compare and swap). Between any two steps a device may be stopped, and what a step began and did not
 * store is lost; or it is put back to what it had at its last copy.
 *
 * What is true is told beside it without any counting: each write as a thing of its own, with all that its writer knew of. States that are the same
 * but for the names of devices, of slots and of versions count once (small-scope-search.ts).
 *
 * Over 300 lines, because what a device, the service and the truth make of one step is read together.
 */
import { canonical } from '../../src/base/canonical.ts';
import type { Rule } from '../../src/model/rules.ts';
import {
  changeShared,
  EMPTY_SHARED,
  mergeShared,
  parseShared,
  readShared,
  type SharedSettings,
} from '../../src/model/shared-settings.ts';

export const SLOTS = ['x.example', 'y.example'] as const;
const VALUES = ['domain', 'skip', 'none'] as const;
export type Slot = (typeof SLOTS)[number];
type Value = (typeof VALUES)[number];

/** One change, and all that whoever made it had taken over by then. */
interface Wrote {
  readonly id: number;
  readonly slot: Slot;
  readonly dot: string;
  readonly past: ReadonlySet<Wrote>;
}
export type Known = ReadonlySet<Wrote>;

export interface Body {
  readonly shared: SharedSettings;
  readonly known: Known;
  /** Each is unlike any other, and replaces one: as the service's etags, and as the version in an object's header. */
  readonly etag: number;
  readonly version: number;
}

/** Of what is stored on a device. */
export interface Device {
  readonly life: number;
  readonly shared: SharedSettings;
  readonly known: Known;
  readonly inForce: readonly Rule[];
  /** Something came that is not in force yet. */
  readonly came: boolean;
  readonly queued: boolean;
  /** Sealed, and not answered yet. */
  readonly staged: { readonly body: Body; readonly ifMatch: number | null } | null;
  readonly seen: { readonly etag: number; readonly version: number } | null;
  /** What the feed said last: nothing is read twice. */
  readonly read: number | null;
}

export interface State {
  readonly devices: readonly Device[];
  /** What each may be put back to. */
  readonly copies: readonly Device[];
  readonly service: Body | null;
  /** Batches that took effect, by etag: a repeat gets the same answer. */
  readonly accepted: ReadonlySet<number>;
  readonly wrote: readonly Wrote[];
  readonly etags: number;
}

export const NEW: Device = {
  life: 0,
  shared: EMPTY_SHARED,
  known: new Set(),
  inForce: [],
  came: false,
  queued: false,
  staged: null,
  seen: null,
  read: null,
};
export const DEVICES = [0, 1, 2] as const;
export const START: State = {
  devices: DEVICES.map(() => NEW),
  copies: DEVICES.map(() => NEW),
  service: null,
  accepted: new Set(),
  wrote: [],
  etags: 0,
};

/** What may be wrong with the product, to see that it is found. */
export interface Faults {
  /** A device that is put back goes on as the one that it was. */
  readonly sameLife?: true;
  /** Merging takes what comes for newer. */
  readonly lastWins?: true;
  /** The service takes whatever is sent. */
  readonly noCompare?: true;
  /** An answer counts, however late it comes. */
  readonly lateAnswer?: true;
  /** Whatever is not in force is taken for removed. */
  readonly noBefore?: true;
}

export const inForceOf = (rules: readonly Rule[], slot: Slot): Value => {
  const capture = rules.find(({ host }) => host === slot)?.capture;
  return capture === 'domain' || capture === 'skip' ? capture : 'none';
};
const ruleOf = (slot: Slot, value: Exclude<Value, 'none'>): Rule => ({
  id: slot,
  host: slot,
  capture: value,
});
export const rulesOf = (shared: SharedSettings): readonly Rule[] => readShared(shared).rules;
/** As it is stored and sent. */
function sealed(shared: SharedSettings): SharedSettings {
  const parsed = parseShared(JSON.parse(JSON.stringify(shared)));
  if (!parsed) throw new Error('settings do not open again');
  return parsed;
}
export const dotsOf = (shared: SharedSettings, slot: Slot): string[] =>
  (shared.rules[slot]?.entries ?? []).map(({ actor, n }) => `${slot} ${actor} ${n}`).sort();
export const unseen = (known: Known, slot: Slot): string[] => {
  const all = [...known].filter((one) => one.slot === slot);
  return all
    .filter((one) => !all.some(({ past }) => past.has(one)))
    .map(({ dot }) => dot)
    .sort();
};
export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
export const union = (a: Known, b: Known): Known => new Set([...a, ...b]);

export interface Move {
  readonly name: string;
  readonly to: State;
}

/** Everything that may happen next. */
export function movesOf(state: State, faults: Faults = {}): Move[] {
  return DEVICES.flatMap((index) => {
    const device = at(state, index);
    const become = (name: string, next: Device, more: Partial<State> = {}): Move => ({
      name: `${index} ${name}`,
      to: { ...state, ...more, devices: state.devices.map((one, n) => (n === index ? next : one)) },
    });
    const moves: Move[] = [];
    for (const slot of SLOTS)
      for (const value of VALUES)
        if (value !== inForceOf(device.inForce, slot)) {
          const { next, wrote } = chosen(state, device, index, slot, value, faults);
          moves.push(become(`sets ${slot} to ${value}`, next, { wrote: [...state.wrote, ...wrote] }));
        }
    for (const what of ['takes', 'pulls', 'sends'] as const) {
      const to = routine(state, index, what, faults);
      if (to) moves.push({ name: `${index} ${what}`, to });
    }
    if (device.staged || device.queued) {
      const { next, etags } = staged(state, device);
      if (!device.staged) moves.push(become('is stopped before it sends', next, { etags }));
      const answer = sent(state, next, faults);
      if (answer.more.service)
        moves.push(become('sends, and is stopped before the answer', next, { ...answer.more, etags }));
    }
    const copy = state.copies[index] ?? NEW;
    if (!same(shapeOf(copy), shapeOf(device)) || copy.life !== device.life) {
      const life = faults.sameLife ? device.life : device.life + 1;
      moves.push(become('is put back', { ...copy, life }));
      moves.push({
        name: `${index} is copied`,
        to: { ...state, copies: state.copies.map((one, n) => (n === index ? device : one)) },
      });
    }
    return moves;
  });
}

/** What a round does by itself; `undefined` when there is nothing to do. */
export function routine(
  state: State,
  index: number,
  what: 'takes' | 'pulls' | 'sends',
  faults: Faults,
): State | undefined {
  const device = at(state, index);
  const { service } = state;
  const become = (next: Device, more: Partial<State> = {}): State => ({
    ...state,
    ...more,
    devices: state.devices.map((one, n) => (n === index ? next : one)),
  });
  switch (what) {
    case 'takes':
      return device.came ? become({ ...device, came: false, inForce: rulesOf(device.shared) }) : undefined;
    case 'pulls': {
      if (!service || service.etag === device.read || service.etag === device.seen?.etag) return undefined;
      // An older one than was seen is not taken.
      const isNew = service.version > (device.seen?.version ?? 0);
      return isNew ? become(pulled(device, service, faults)) : undefined;
    }
    case 'sends': {
      if (!device.staged && !device.queued) return undefined;
      const { next, etags } = staged(state, device);
      const answer = sent(state, next, faults);
      return become(answered(next, answer.isAccepted, faults), { ...answer.more, etags });
    }
  }
}

export const at = (state: State, index: number): Device => state.devices[index] ?? NEW;

/** A person chooses, and it is stored with what the others are told: src/background/services/sync-settings.ts, src/sync/outbox.ts. */
function chosen(
  { wrote: all }: State,
  device: Device,
  index: number,
  slot: Slot,
  value: Value,
  faults: Faults,
): { readonly next: Device; readonly wrote: readonly Wrote[] } {
  const others = device.inForce.filter(({ host }) => host !== slot);
  const rules = value === 'none' ? others : [...others, ruleOf(slot, value)];
  const before = { level: 'private' as const, rules: device.inForce };
  const actor = `d${index}.${device.life}.j`;
  const shared = changeShared(
    device.shared,
    actor,
    { level: 'private', rules },
    // By a clock that stands still: it is to decide nothing.
    0,
    faults.noBefore ? undefined : before,
  );
  const dots = dotsOf(shared, slot);
  const changed = !same(shared, device.shared);
  const past = new Set([...device.known].filter((one) => one.slot === slot));
  const wrote = changed ? [{ id: all.length, slot, dot: dots[0] ?? '', past }] : [];
  return {
    next: {
      ...device,
      shared: sealed(shared),
      known: new Set([...device.known, ...wrote]),
      inForce: rules,
      queued: device.queued || changed,
    },
    wrote,
  };
}

/** src/sync/pull.ts */
function pulled(device: Device, { shared: theirs, known, etag, version }: Body, faults: Faults): Device {
  const shared = faults.lastWins ? { ...device.shared, ...theirs } : mergeShared(device.shared, theirs);
  const knowsMore = canonical(shared) !== canonical(theirs);
  return {
    ...device,
    shared,
    known: union(device.known, known),
    came: true,
    queued: device.queued || knowsMore,
    seen: { etag, version },
    read: etag,
  };
}

/** src/sync/drafts.ts */
function staged(state: State, device: Device): { readonly next: Device; readonly etags: number } {
  if (device.staged) return { next: device, etags: state.etags };
  const etag = state.etags + 1;
  const version = (device.seen?.version ?? 0) + 1;
  const body = { shared: device.shared, known: device.known, etag, version };
  return {
    next: { ...device, queued: false, staged: { body, ifMatch: device.seen?.etag ?? null } },
    etags: etag,
  };
}

/** server/src/store/plan.ts */
function sent(
  state: State,
  { staged: batch }: Device,
  faults: Faults,
): { readonly isAccepted: boolean; readonly more: Partial<State> } {
  if (!batch) return { isAccepted: false, more: {} };
  if (state.accepted.has(batch.body.etag)) return { isAccepted: true, more: {} };
  if (!faults.noCompare && (state.service?.etag ?? null) !== batch.ifMatch)
    return { isAccepted: false, more: {} };
  return {
    isAccepted: true,
    more: { service: batch.body, accepted: new Set([...state.accepted, batch.body.etag]) },
  };
}

/** src/sync/push.ts, and `settle` of src/sync/outbox.ts */
function answered(device: Device, isAccepted: boolean, faults: Faults): Device {
  const { staged: batch, seen } = device;
  if (!batch) return device;
  if (!isAccepted) return { ...device, staged: null, queued: true };
  const isLate = !faults.lateAnswer && (seen?.version ?? 0) > batch.body.version;
  const { etag, version } = batch.body;
  return { ...device, staged: null, seen: isLate ? seen : { etag, version } };
}

/** What is stored, to tell two apart. */
const shapeOf = ({ shared, inForce, came, queued, staged: batch, seen }: Device) => [
  canonical(shared),
  inForce.map(shownAs).sort(),
  came,
  queued,
  batch?.body.etag,
  seen?.etag,
];

export const shownAs = ({ host, capture }: Rule): string => `${host} ${capture}`;
