/** A device of a `SyncWorld` with all services of the background, joined as the product joins them. */

// First: the extension's API has to be there before anything of `src` is loaded.
import './device-context.ts';
import { vi } from 'vitest';
import { openServices, type Services } from '../../src/background/services.ts';
import { UNDO_MS } from '../../src/model/purge.ts';
import type { EraseTarget } from '../../src/model/selector.ts';
import { type SyncWorld, TestDevice } from './sync-world.ts';

export class WholeDevice extends TestDevice {
  services!: Services;

  override async restart(): Promise<void> {
    this.close();
    this.context.stop();
    vi.clearAllTimers();
    await this.run(async () => {
      this.services = await openServices({ onBlocked() {}, onClosed() {}, onStatus() {} }, this.clock);
      const { profile, sync, storedRules } = this.services;
      this.profile = profile;
      this.sync = sync;
      this.storedRules = storedRules;
    });
  }

  close(): void {
    this.run(() => this.services?.close());
  }

  /** The person deletes; it can be undone. */
  flag(...targets: readonly EraseTarget[]): Promise<number> {
    return this.run(() => this.services.erasures.flag({ targets, kind: 'site', reason: 'person' }));
  }

  /** The ten seconds are over. */
  async due(world: SyncWorld): Promise<void> {
    world.pass(UNDO_MS);
    await this.run(() => this.services.erasures.tick());
  }

  /** What is shown of it. */
  shown(): Promise<number> {
    return this.run(() => this.store.recordCount());
  }

  inMemory(): Promise<string[]> {
    return this.run(async () =>
      (await this.services.ephemeral.records()).map((record) => ('url' in record ? record.url : record.kind)),
    );
  }
}
