/** What must be there in the end: every record but those that an erasure meant, whoever appended or erased it. */
import { expect } from 'vitest';
import type { InteractionEvent } from '../../src/model/interaction.ts';
import { type EraseTarget, isTargeted } from '../../src/model/selector.ts';
import type { SyncWorld, TestDevice } from './sync-world.ts';

export class Oracle {
  readonly #appended: InteractionEvent[] = [];
  readonly #erased: { readonly target: EraseTarget; readonly atMs: number }[] = [];

  constructor(private readonly world: SyncWorld) {}

  async visit(device: TestDevice, site: string, path: string): Promise<InteractionEvent> {
    const event = await device.visit(site, path);
    this.#appended.push(event);
    return event;
  }

  async erase(device: TestDevice, target: EraseTarget): Promise<void> {
    // Given a moment later than whatever is there: a command means what is as old as itself.
    this.world.pass(1);
    this.#erased.push({ target, atMs: device.clock.nowMs() });
    await device.erase(target);
    this.world.pass(1);
  }

  urls(): string[] {
    return this.#appended
      .filter((event) => {
        if (event.kind === 'visit-update') return false;
        const record = event.kind === 'visit' ? { ...event, dwellMs: 0 } : event;
        return !this.#erased.some(
          ({ target, atMs }) =>
            isTargeted(record, target) && (target.what === 'record' || record.atMs <= atMs),
        );
      })
      .map((event) => ('url' in event ? event.url : event.kind))
      .sort();
  }

  /** All devices have exactly what the oracle says, each event once, and know exactly the objects that the service has. */
  async check(devices: readonly TestDevice[] = this.world.devices): Promise<void> {
    const expected = this.urls();
    const [first] = devices;
    const records = await first?.records();
    const settings = first?.settings();
    const live = await this.world.liveSlots();
    for (const device of devices) {
      expect(await device.urls(), `records of ${device.name}`).toEqual(expected);
      expect(await device.records(), `records of ${device.name}`).toEqual(records);
      expect(device.settings(), `settings of ${device.name}`).toEqual(settings);
      expect(await device.outbox(), `outbox of ${device.name}`).toBe(0);
      const ids = await device.eventIds();
      expect(ids.length, `events of ${device.name} that are there twice`).toBe(new Set(ids).size);
      expect(await device.knownSlots(), `objects that ${device.name} knows`).toEqual(live);
    }
  }
}
