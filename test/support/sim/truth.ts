/**
 * What must be true in the end, whatever happened on the way. An event that was acknowledged is there, unless an erasure that was
 * given may mean it; one that an acknowledged erasure certainly means is nowhere. Where clocks disagree, or an answer never came,
 * both are right, but not for some devices this and for some that.
 */
import { createHash } from 'node:crypto';
import type { InteractionRecord } from '../../../src/model/interaction.ts';
import { type EraseTarget, isTargeted } from '../../../src/model/selector.ts';

/** Something that was asked for, and what is known of its end. */
interface Asked {
  /** By the true clock. */
  readonly askedMs: number;
  doneMs?: number;
}

export interface Appended extends Asked {
  /** In its title: also what was not acknowledged is known by it. */
  readonly token: string;
  /** The device that recorded it. */
  readonly by: string;
  readonly url: string;
  /** By the device's clock. */
  readonly atMs: number;
  id?: string;
}

export interface Erased extends Asked {
  /** The device that it was asked of. */
  readonly by: string;
  readonly target: EraseTarget;
  readonly atMs: number;
  /** What the device calls it. */
  id?: string;
}

export class Truth {
  readonly appended = new Map<string, Appended>();
  readonly erased: Erased[] = [];
  /** Whether erasures were taken back, by id; `maybe`: it was asked for, and nobody knows what came of it. */
  readonly undone = new Map<string, boolean | 'maybe'>();
  /** Devices that are not in the account any more: what they had not sent is nowhere else, and nobody heard of it. */
  readonly out = new Set<string>();
  /** Some device's clock is not that of the others, or was not. */
  clocksDiffer = false;

  /** Ids of records that an erasure by id may name. */
  ids(): string[] {
    return [...this.appended.values()].flatMap(({ id }) => (id === undefined ? [] : [id]));
  }

  /** What is wrong with what the devices have; nothing when all is well. */
  faults(found: ReadonlyMap<string, readonly InteractionRecord[]>): string[] {
    const faults: string[] = [];
    const digests = new Map<string, string>();
    for (const [device, records] of found) {
      const tokens = records.map((record) => ('title' in record ? record.title : record.kind));
      for (const token of tokens)
        if (!this.appended.has(token)) faults.push(`${device} has ${token}, which nobody recorded`);
      const there = new Set(tokens);
      if (there.size < tokens.length) faults.push(`${device} has something twice`);
      for (const event of this.appended.values()) {
        const fate = this.#fateOf(event);
        if (fate === 'there' && !there.has(event.token)) faults.push(`${device} lost ${event.token}`);
        if (fate === 'gone' && there.has(event.token)) faults.push(`${device} still has ${event.token}`);
      }
      digests.set(device, digestOf(records));
    }
    if (new Set(digests.values()).size > 1) {
      const [first, ...others] = [...found];
      const tokensOf = (records: readonly InteractionRecord[]) =>
        new Set(records.map((one) => JSON.stringify(sorted(one))));
      for (const other of others) {
        const [a, b] = [tokensOf(first?.[1] ?? []), tokensOf(other[1])];
        const [onlyA, onlyB] = [[...a].filter((one) => !b.has(one)), [...b].filter((one) => !a.has(one))];
        if (onlyA.length + onlyB.length > 0)
          faults.push(`${first?.[0]} and ${other[0]} differ: ${onlyA.slice(0, 2)} | ${onlyB.slice(0, 2)}`);
      }
    }
    return faults;
  }

  #fateOf(event: Appended): 'there' | 'gone' | 'either' {
    const record = {
      ...event,
      kind: 'visit',
      title: event.token,
      level: 'private',
      transition: 'link',
      dwellMs: 0,
    };
    let mayBeGone = event.doneMs === undefined || this.out.has(event.by);
    for (const erasure of this.erased) {
      const byId = erasure.target.what === 'record';
      if (!isTargeted(record as InteractionRecord, erasure.target)) continue;
      // What one device does has an order, whatever its clock says; else it depends on clocks.
      const isSame = event.by === erasure.by;
      const isOlder = event.atMs <= erasure.atMs;
      const mayBeOlder = isOlder || this.clocksDiffer;
      const isAfter = event.askedMs > (erasure.doneMs ?? Number.POSITIVE_INFINITY);
      if (!byId && isAfter && (isSame || !mayBeOlder)) continue;
      const undone = (erasure.id !== undefined && this.undone.get(erasure.id)) || false;
      if (undone === true) continue;
      const isCertain =
        erasure.doneMs !== undefined &&
        undone === false &&
        !this.out.has(erasure.by) &&
        (byId ||
          ((isSame || (isOlder && !this.clocksDiffer)) &&
            event.doneMs !== undefined &&
            event.doneMs < erasure.askedMs));
      if (isCertain) return 'gone';
      mayBeGone = true;
    }
    return mayBeGone ? 'either' : 'there';
  }
}

/** Names in one order: they come in others from a part than from the journal. */
const sorted = (record: InteractionRecord): unknown =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

const digestOf = (records: readonly InteractionRecord[]): string =>
  createHash('sha256')
    .update(JSON.stringify(records.map(sorted)))
    .digest('hex');
