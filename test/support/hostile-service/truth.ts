/**
 * What people recorded and deleted, and what of it must be where, whatever a service did: what a device recorded is there in exactly these words
 * unless somebody deleted it; what was deleted here is gone from here; what went does not come back.
 */
import type { InteractionEvent, InteractionRecord } from '../../../src/model/interaction.ts';
import { type EraseTarget, isTargeted } from '../../../src/model/selector.ts';
import type { SyncWorld, TestDevice } from '../sync-world.ts';

interface Recorded {
  readonly by: TestDevice;
  readonly record: InteractionRecord;
  /** By a device that was taken out of the account, after every other one had heard of it. */
  readonly isOutlaw: boolean;
}

interface Deleted {
  readonly by: TestDevice;
  readonly target: EraseTarget;
  readonly atMs: number;
  readonly isOutlaw: boolean;
}

/** As people find them, by id. */
export type Found = ReadonlyMap<string, InteractionRecord>;

export class Truth {
  readonly #recorded = new Map<string, Recorded>();
  readonly #deleted: Deleted[] = [];
  /** What a device had; and of that, what it did not have later. */
  readonly #had = new Map<TestDevice, Set<string>>();
  readonly #went = new Map<TestDevice, Set<string>>();
  /** Devices that were taken out of the account: what they do from then on is theirs alone. */
  readonly outlaws = new Set<TestDevice>();
  #count = 0;

  constructor(private readonly world: SyncWorld) {}

  async visit(device: TestDevice, site: string, page: string): Promise<void> {
    // No two are alike: content that got to another record shows.
    this.#count += 1;
    const url = `https://${site}${page}`;
    const event: InteractionEvent = await device.append({
      kind: 'visit',
      atMs: device.clock.nowMs(),
      level: 'private',
      url,
      title: `${this.#count} by ${device.name}`,
      transition: 'link',
    });
    if (event.kind !== 'visit') throw new Error('a visit was not recorded as one');
    this.#recorded.set(event.id, {
      by: device,
      record: { ...event, dwellMs: 0 },
      isOutlaw: this.outlaws.has(device),
    });
  }

  ids(): string[] {
    return [...this.#recorded.keys()];
  }

  async erase(device: TestDevice, target: EraseTarget): Promise<void> {
    // A moment later than whatever is there: a command means what is as old as itself.
    this.world.pass(1);
    this.#deleted.push({
      by: device,
      target,
      atMs: device.clock.nowMs(),
      isOutlaw: this.outlaws.has(device),
    });
    await device.erase(target);
    this.world.pass(1);
  }

  /** `on`: of whose deletions count there. */
  #isMeant({ record }: Recorded, on: TestDevice | undefined, by: (device: TestDevice) => boolean): boolean {
    return this.#deleted.some(
      (one) =>
        by(one.by) &&
        (!one.isOutlaw || one.by === on) &&
        isTargeted(record, one.target) &&
        (one.target.what === 'record' || record.atMs <= one.atMs),
    );
  }

  /** What must not be, on any device, at any time. */
  faults(device: TestDevice, found: Found): string[] {
    const faults: string[] = [];
    const { name } = device;
    for (const [id, record] of found) {
      const recorded = this.#recorded.get(id);
      if (!recorded) faults.push(`${name} has ${sorted(record)}, which nobody recorded`);
      else if (sorted(recorded.record) !== sorted(record))
        faults.push(`${name} has ${sorted(record)} instead of ${sorted(recorded.record)}`);
      if (recorded?.isOutlaw && recorded.by !== device)
        faults.push(`${name} took ${id} from a device that was taken out`);
    }
    for (const [id, recorded] of this.#recorded) {
      const words = `${id} (${sorted(recorded.record)})`;
      if (this.#isMeant(recorded, device, (by) => by === device)) {
        if (found.has(id)) faults.push(`${name} deleted ${words} and has it`);
      } else if (recorded.by === device && !found.has(id) && !this.#isMeant(recorded, device, () => true))
        faults.push(`${name} recorded ${words} and lost it`);
    }
    return [...faults, ...this.#cameBack(device, found)];
  }

  #cameBack(device: TestDevice, found: Found): string[] {
    const had = this.#had.get(device) ?? new Set();
    const went = this.#went.get(device) ?? new Set();
    const faults = [...went].flatMap((id) => (found.has(id) ? [`on ${device.name} ${id} came back`] : []));
    for (const id of had) if (!found.has(id)) went.add(id);
    this.#had.set(device, new Set([...had, ...found.keys()]));
    this.#went.set(device, went);
    return faults;
  }

  /** What devices that agree must have: all that they recorded and did not delete. What others recorded they may have. */
  missing(devices: readonly TestDevice[], found: Found): string[] {
    const isOf = (device: TestDevice) => devices.includes(device);
    return [...this.#recorded].flatMap(([id, one]) => {
      if (!isOf(one.by) || one.isOutlaw) return [];
      const isThere = found.has(id);
      if (this.#isMeant(one, undefined, isOf)) return isThere ? [`${id} was deleted and is there`] : [];
      return isThere || this.#isMeant(one, undefined, () => true)
        ? []
        : [`${id} by ${one.by.name} is missing`];
    });
  }
}

/** Names in one order: they come in others from a part than from the journal. */
export const sorted = (record: InteractionRecord): string =>
  JSON.stringify(Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))));
