/**
 * What the person asked of their data (model/data-request.ts): one sealed list, newest first. What is under way here is known by
 * heart; one that is noted as running but is not was interrupted when the worker was stopped. What a correction says lies beside the
 * list, under a key that is destroyed when it is done or cancelled: kind, times and counts stay.
 */
import { Mutex } from '../../base/mutex.ts';
import { randomId } from '../../base/random.ts';
import {
  type Correction,
  type DataAccessRequest,
  isOpenRequest,
  parseRequests,
  REQUEST_LIMITS,
  type RequestDetail,
  type RequestStatus,
} from '../../model/data-request.ts';
import type { OpenCorrections } from '../../storage/corrections-note.ts';
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

  /** Takes away what a stopped worker left of a correction that is done, or that never began. */
  async open(): Promise<void> {
    if (this.profile.store.corrections.keys() > 0) await this.#change((all) => all);
  }

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
        return isOpenRequest(ended) ? ended : { ...ended, completionDate: this.#now() };
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
    const { store } = this.profile;
    const all = parseRequests(await unlessDamaged(store.readNamed(RECORD)));
    if (store.corrections.keys() === 0) return all;
    const said: OpenCorrections = (await unlessDamaged(store.corrections.read())) ?? {};
    return all.map((one) => withCorrection(one, said[one.id]));
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
      await this.#write(all.filter((one) => kept.has(one)));
    });
    this.profile.changed();
  }

  /** What is said before the list tells of it, and taken away after the list tells that it is done: it is there whenever it is needed. */
  async #write(all: readonly DataAccessRequest[]): Promise<void> {
    const { store } = this.profile;
    const { corrections } = store;
    const wanted = openCorrections(all);
    const said: OpenCorrections = (await unlessDamaged(corrections.read())) ?? {};
    const isNew = Object.keys(wanted).some((id) => !(id in said));
    if (isNew) await store.exclusive(() => corrections.write({ ...said, ...wanted }));
    await store.writeNamed(RECORD, all.map(withoutCorrection));
    const isLess = Object.keys(said).some((id) => !(id in wanted));
    const isEmpty = Object.keys(wanted).length === 0;
    if (isEmpty && corrections.keys() > 0) await store.exclusive(() => corrections.forget());
    else if (isLess || corrections.keys() > 1) await store.exclusive(() => corrections.replace(wanted));
  }
}

const withoutMessage = ({ message: _, ...rest }: DataAccessRequest): DataAccessRequest => rest;

function openCorrections(all: readonly DataAccessRequest[]): OpenCorrections {
  const open: Record<string, Correction> = {};
  for (const one of all)
    if (isOpenRequest(one) && one.detail.type === 'rectify' && one.detail.correction)
      open[one.id] = one.detail.correction;
  return open;
}

const withoutCorrection = ({ detail, ...rest }: DataAccessRequest): DataAccessRequest => ({
  ...rest,
  detail: detail.type === 'rectify' ? { type: 'rectify', of: detail.of } : detail,
});

const withCorrection = (request: DataAccessRequest, correction?: Correction): DataAccessRequest =>
  correction && isOpenRequest(request) && request.detail.type === 'rectify'
    ? { ...request, detail: { ...request.detail, correction } }
    : request;
