/**
 * Opens the services when the first event needs them, and again when the browser closed the store under them. What stands
 * in the way is told from here, since the services cannot tell it while they are not there.
 */
import { Mutex } from '../base/mutex.ts';
import { type Failure, ok, type Result } from '../base/result.ts';
import type { Health, Status } from '../model/recording.ts';
import { readCachedStatus } from '../platform/areas.ts';
import { BLOCKED, LockedError, storageFailure } from '../storage/database.ts';
import { type Proof, prepareToLock, unlock } from './services/lock.ts';
import { LockedProfile } from './services/locked-profile.ts';
import { destroyProfile } from './services/profile.ts';
import { publishStatus } from './services/status.ts';
import { isOpen, openRecording, type Recording, type Services } from './services.ts';

/** Shown when nothing is known yet. */
const NOTHING: Omit<Status, 'health'> = {
  consent: 'unasked',
  level: 'private',
  pause: { kind: 'none' },
  sync: { phase: 'off' },
  recordCount: 0,
  ephemeralCount: 0,
  droppedMessages: 0,
};

export class Opening {
  #services: Promise<Services | Recording> | undefined;
  /** Unlocking and locking, one after another. */
  readonly #turns = new Mutex();
  #trouble: Failure | undefined;
  readonly #watchers = new Set<(status: Status) => void>();

  /** What records. Opens once; after a failure the next event tries again. */
  recording(): Promise<Services | Recording> {
    this.#services ??= this.#open();
    return this.#services;
  }

  /** Everything. @throws LockedError while the profile is locked. */
  async ready(): Promise<Services> {
    const services = await this.recording();
    if (isOpen(services)) return services;
    throw new LockedError();
  }

  /** Resolves when everything can be read. */
  unlock(proof: Proof): Promise<Result<null>> {
    return this.#turns.run(async () => {
      const locked = await this.recording();
      if (!(locked.profile instanceof LockedProfile)) return ok(null);
      const unlocked = await unlock(locked.profile, proof);
      if (unlocked.ok) await this.#reopen(locked);
      return unlocked;
    });
  }

  /** Resolves when no key is in memory any more. Nothing happens without a passphrase. */
  lock(): Promise<void> {
    return this.#turns.run(async () => {
      const services = await this.recording();
      if (!isOpen(services) || !services.profile.store.vault.lock) return;
      // What cannot be deleted now stays noted, sealed, and is deleted when it is unlocked.
      await services.erasures
        .settle()
        .catch((error: unknown) => console.error('a deletion waits until it is unlocked', error));
      await prepareToLock(services.profile);
      await this.#reopen(services);
    });
  }

  /** The passphrase is lost: everything here goes, and a new profile begins. Resolves with `false`, and does nothing, while unlocked. */
  startOver(): Promise<boolean> {
    return this.#turns.run(async () => {
      const locked = await this.recording();
      if (!(locked.profile instanceof LockedProfile)) return false;
      await this.#reopen(locked, destroyProfile);
      return true;
    });
  }

  /**
   * What is being stored right now is stored; what comes meanwhile waits for the new services. `between`: while nothing is open.
   */
  async #reopen(old: Services | Recording, between: () => Promise<void> = async () => {}): Promise<void> {
    const { promise, resolve, reject } = deferred<Services | Recording>();
    this.#services = promise;
    await old.settled().catch((error: unknown) => console.error('not all of it was stored', error));
    old.close();
    await between().catch((error: unknown) => console.error('not all of it was deleted', error));
    this.#open().then(resolve, reject);
    await promise;
  }

  async #open(): Promise<Services | Recording> {
    try {
      const services = await openRecording({
        onBlocked: () => this.#tell(BLOCKED),
        onClosed: () => this.#closed(services),
        onStatus: (status) => this.#show(status),
      });
      this.#trouble = undefined;
      services.profile.changed();
      return services;
    } catch (error) {
      this.#services = undefined;
      console.error('the store does not open', error);
      this.#tell(storageFailure(error));
      throw error;
    }
  }

  /** What waits for the old store fails, and is sent again by who asked; the next event opens anew. */
  #closed(services: Services | Recording): void {
    this.#services = undefined;
    services.close();
    void this.recording().catch(() => {});
  }

  #tell(trouble: Failure): void {
    this.#trouble = trouble;
    void this.#troubled(trouble).then((status) => this.#show(status));
  }

  async #troubled(trouble: Failure): Promise<Status> {
    const last = (await readCachedStatus()) as Status | undefined;
    return { ...(last ?? NOTHING), health: trouble as Health };
  }

  #show(status: Status): void {
    void publishStatus(status).catch((error: unknown) => console.error('status could not be told', error));
    for (const watcher of this.#watchers) watcher(status);
  }

  async status(): Promise<Status> {
    const { services, trouble } = { services: this.recording(), trouble: this.#trouble };
    if (trouble) {
      services.catch(() => {});
      return this.#troubled(trouble);
    }
    try {
      return await (await services).status();
    } catch (error) {
      return this.#troubled(storageFailure(error));
    }
  }

  /** Something that the services do not know of changed. */
  changed(): void {
    this.#services?.then(
      ({ profile }) => profile.changed(),
      () => {},
    );
  }

  /** Calls back with the status now and after every change; returns how to stop that. */
  watch(watcher: (status: Status) => void): () => void {
    this.#watchers.add(watcher);
    void this.status().then(watcher);
    return () => this.#watchers.delete(watcher);
  }
}

function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((...both) => {
    [resolve, reject] = both;
  });
  // Whoever waits for it is told; nobody may.
  promise.catch(() => {});
  return { promise, resolve, reject };
}
