/**
 * Opens the services when the first event needs them, and again when the browser closed the store under them. What stands
 * in the way is told from here, since the services cannot tell it while they are not there.
 */
import type { Failure } from '../base/result.ts';
import type { Health, Status } from '../model/recording.ts';
import { readCachedStatus } from '../platform/areas.ts';
import { BLOCKED, storageFailure } from '../storage/database.ts';
import { publishStatus } from './services/status.ts';
import { openServices, type Services } from './services.ts';

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
  #services: Promise<Services> | undefined;
  #trouble: Failure | undefined;
  readonly #watchers = new Set<(status: Status) => void>();

  /** Opens once; after a failure the next event tries again. */
  ready(): Promise<Services> {
    this.#services ??= this.#open();
    return this.#services;
  }

  async #open(): Promise<Services> {
    try {
      const services = await openServices({
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
  #closed(services: Services): void {
    this.#services = undefined;
    services.close();
    void this.ready().catch(() => {});
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
    const { services, trouble } = { services: this.ready(), trouble: this.#trouble };
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
