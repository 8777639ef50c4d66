/** What recording needs of a store beside appending, whether it is open or locked: none of it is sealed. */
import type { Database } from './database.ts';
import { hashOfNonce, readDeletedUntil } from './journal.ts';
import type { KeyStore } from './key-store.ts';
import type { TabRow } from './schema.ts';

export abstract class RecordingStore {
  protected constructor(
    readonly db: Database,
    readonly keys: KeyStore,
  ) {}

  /** Up to when deletions were given that are known; -Infinity: none. */
  deletedUntilMs(): Promise<number> {
    return readDeletedUntil(this.db);
  }

  /** Whether a message with this nonce was acted on. */
  async saw(nonce: string): Promise<boolean> {
    return (await this.db.getKey('seen', await hashOfNonce(nonce))) !== undefined;
  }

  tab(tabId: number): Promise<TabRow | undefined> {
    return this.db.get('tabs', tabId);
  }

  async forgetTab(tabId: number): Promise<void> {
    await this.db.delete('tabs', tabId);
  }

  /** Tab ids start anew with the browser. */
  async forgetTabs(): Promise<void> {
    await this.db.clear('tabs');
  }

  close(): void {
    this.db.close();
    this.keys.close();
  }
}
