/**
 * What the person asked of their data (model/data-request.ts): one sealed list, newest first. What is under way here is known by
 * heart; one that is noted as running but is not was interrupted when the worker was stopped.
 */
import { Mutex } from '../../base/mutex.ts';
import { randomId } from '../../base/random.ts';
import {
  type DataAccessRequest,
  isOpenRequest,
  parseRequests,
  REQUEST_LIMITS,
  type RequestDetail,
  type RequestStatus,
} from '../../model/data-request.ts';
import type { Profile } from './profile.ts';
import { unlessDamaged } from './unless-damaged.ts';

const RECORD = 'requests';

export interface Outcome {
  readonly status: RequestStatus;
  /** Added to what was counted before an interruption. */
  readonly records?: number;
  readonly message?: string;
}

export class Requests {
  readonly #changes = new Mutex();
  readonly #running = new Set<string>();

  constructor(private readonly profile: Profile) {}

  /** Newest first. A list that does not open begins anew. */
  async list(): Promise<DataAccessRequest[]> {
    return (await this.#read()).map((one) =>
      one.status === 'running' && !this.#running.has(one.id) ? { ...one, status: 'interrupted' } : one,
    );
  }

  /** One that can be gone on with, or cancelled. */
  async interrupted(id: string): Promise<DataAccessRequest | undefined> {
    return (await this.list()).find(
      (one) => one.id === id && (one.status === 'interrupted' || one.status === 'failed'),
    );
  }

  /** Notes a new request, or that an interrupted one goes on. */
  async begin(detail: RequestDetail, reason = '', goingOn?: string): Promise<string> {
    const id = goingOn ?? randomId();
    this.#running.add(id);
    await this.#change((all) => {
      if (goingOn !== undefined)
        return all.map((one) => (one.id === id ? withoutMessage({ ...one, status: 'running' }) : one));
      const request: DataAccessRequest = {
        id,
        userId: this.profile.store.vault.userId,
        requestType: detail.type,
        reason,
        timestamp: this.#now(),
        status: 'running',
        detail,
      };
      return [request, ...all];
    });
    return id;
  }

  /** Notes how it ended, or may go on. What a correction said is forgotten when it has ended for good. */
  async end(id: string, { status, records, message }: Outcome): Promise<void> {
    await this.#change((all) =>
      all.map((one) => {
        if (one.id !== id) return one;
        const ended: DataAccessRequest = {
          ...withoutMessage(one),
          status,
          ...(records === undefined ? {} : { affectedRecords: (one.affectedRecords ?? 0) + records }),
          ...(message === undefined ? {} : { message }),
        };
        if (isOpenRequest(ended)) return ended;
        const { detail } = ended;
        return {
          ...ended,
          completionDate: this.#now(),
          detail: detail.type === 'rectify' ? { type: 'rectify', of: detail.of } : detail,
        };
      }),
    );
    this.#running.delete(id);
    this.profile.changed();
  }

  /** Forgets those that have ended; `all`: also the others, but `except`. */
  async forget(except?: string): Promise<void> {
    await this.#change((all) =>
      all.filter((one) => one.id === except || (except === undefined && isOpenRequest(one))),
    );
  }

  async #read(): Promise<DataAccessRequest[]> {
    return parseRequests(await unlessDamaged(this.profile.store.readNamed(RECORD)));
  }

  #now(): string {
    return new Date(this.profile.clock.nowMs()).toISOString();
  }

  async #change(change: (all: DataAccessRequest[]) => readonly DataAccessRequest[]): Promise<void> {
    await this.#changes.run(async () => {
      const all = change(await this.#read());
      const open = all.filter(isOpenRequest);
      const ended = all.filter((one) => !isOpenRequest(one));
      const kept = new Set([...open, ...ended].slice(0, Math.max(open.length, REQUEST_LIMITS.kept)));
      await this.profile.store.writeNamed(
        RECORD,
        all.filter((one) => kept.has(one)),
      );
    });
    this.profile.changed();
  }
}

const withoutMessage = ({ message: _, ...rest }: DataAccessRequest): DataAccessRequest => rest;
