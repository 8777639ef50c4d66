/**
 * Saved contexts: sealed rows under [the vault's id, context id], and a sealed row `latest` that says which is the current one
 * of each user. The user's own id is inside: the row's key tells only the vault's random one and the day.
 */
import * as v from 'valibot';
import { dayOf } from '../base/clock.ts';
import { type ARQContext, parseContext, storableContext, storedDate } from '../model/context.ts';
import { DamagedError } from '../storage/database.ts';
import type { LocalStore } from '../storage/local-store.ts';
import type { Tally } from './metrics.ts';

/** No UUID, so no context has it. */
const LATEST = 'latest';

const latestSchema = v.record(v.string(), v.object({ id: v.string(), timestamp: storedDate }));
type Latest = v.InferOutput<typeof latestSchema>;

/** For what is read beside a query. */
const noTally = (): Tally => ({ rowsRead: 0, rowsReturned: 0 });

export class Contexts {
  constructor(
    private readonly store: LocalStore,
    private readonly onDamaged: (rows: number) => void,
  ) {}

  /**
   * Replaces one of the same id. Of its user, only the newest `keep` stay. `asOf`: see `SaveOptions`. Resolves with whether it was
   * saved.
   */
  async save(context: ARQContext, keep: number, asOf?: unknown): Promise<boolean> {
    const value = storableContext(context);
    if (asOf !== undefined) return this.store.unlessErased(asOf, () => this.#write(value, keep));
    await this.store.exclusive(() => this.#write(value, keep));
    return true;
  }

  async #write(value: ARQContext, keep: number): Promise<void> {
    const { id, userId, timestamp } = value;
    const before = await this.#readRow(id);
    let latest = await this.#latest();
    // What moved to an earlier time, or to another user, may no longer be the latest of whose it was.
    if (before && latest[before.userId]?.id === id)
      latest = await this.#withNewest(latest, before.userId, [id]);
    const current = latest[userId];
    if (!current || timestamp.getTime() >= current.timestamp.getTime())
      latest = { ...latest, [userId]: { id, timestamp } };
    const surplus = await this.#surplus(value, keep);
    // The saved one may be beyond them itself.
    const own = surplus.includes(id) ? [] : [{ name: id, value, day: dayOf(timestamp.getTime()) }];
    await this.store.derived.write('contexts', [...own, { name: LATEST, value: latest }], surplus);
  }

  /**
   * Names beyond the newest `keep` of a user, with the one to save (as it is stored) among them: of equal times it is the
   * newest, as it is the latest one. Their key is not destroyed: they only repeat records that are there, and whatever erases one of
   * those destroys it.
   */
  async #surplus({ id, userId, timestamp }: ARQContext, keep: number): Promise<string[]> {
    const names = await this.#names();
    if (new Set([...names, id]).size <= keep) return [];
    const others: ARQContext[] = [];
    for await (const other of this.cursor(userId, undefined, noTally()))
      if (other.id !== id) others.push(other);
    const newer = others.filter((other) => other.timestamp.getTime() > timestamp.getTime());
    const older = others.filter((other) => !newer.includes(other));
    return [...newer, { id }, ...older].slice(keep).map((context) => context.id);
  }

  async #names(): Promise<string[]> {
    return (await this.store.derived.names('contexts')).filter((name) => name !== LATEST);
  }

  /** Of all users. */
  async count(): Promise<number> {
    return (await this.#names()).length;
  }

  /** `null` when there is none. @throws DamagedError when it is there but does not open. */
  async load(id: string): Promise<ARQContext | null> {
    const name = id.toLowerCase();
    if (name === LATEST) return null;
    const stored = await this.store.derived.read('contexts', name);
    if (stored === undefined) return null;
    const context = parseContext(stored);
    if (!context) throw new DamagedError();
    return context;
  }

  async latest(userId: string): Promise<ARQContext | null> {
    const id = (await this.#latest())[userId]?.id;
    return id === undefined ? null : this.load(id);
  }

  /** Its key is destroyed too; what is left gets another. Nothing happens when there is none. */
  async delete(id: string): Promise<void> {
    const name = id.toLowerCase();
    if (name === LATEST) return;
    await this.store.exclusive(async () => {
      const { derived } = this.store;
      if (!(await derived.names('contexts')).includes(name)) return;
      let latest = await this.#latest();
      for (const [userId, one] of Object.entries(latest))
        if (one.id === name) latest = await this.#withNewest(latest, userId, [name]);
      // The pointer first: a worker that is stopped in between leaves one that is right in either case.
      await derived.write('contexts', [{ name: LATEST, value: latest }]);
      await derived.erase('contexts', Object.keys(latest).length === 0 ? [name, LATEST] : [name]);
    });
  }

  /** Newest first. Ones that do not open are left out and reported. */
  async *cursor(userId: string, signal: AbortSignal | undefined, tally: Tally): AsyncGenerator<ARQContext> {
    for await (const context of this.#all(signal, tally)) if (context.userId === userId) yield context;
  }

  /** The same of all users. */
  async *#all(signal: AbortSignal | undefined, tally: Tally): AsyncGenerator<ARQContext> {
    for (const [, names] of await this.store.derived.contextsByDay()) {
      signal?.throwIfAborted();
      const read = await Promise.all(names.map((name) => this.#readRow(name)));
      tally.rowsRead += names.length;
      yield* read.filter((context) => context !== null).sort(newestFirst);
    }
  }

  async #readRow(id: string): Promise<ARQContext | null> {
    try {
      return await this.load(id);
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      this.onDamaged(1);
      return null;
    }
  }

  /** Pointers that do not open, or went because they did not, are made again from the contexts. */
  async #latest(): Promise<Latest> {
    try {
      const parsed = v.safeParse(latestSchema, await this.store.derived.read('contexts', LATEST));
      if (parsed.success) return parsed.output;
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
    }
    const latest: Latest = {};
    for await (const { id, userId, timestamp } of this.#all(undefined, noTally()))
      latest[userId] ??= { id, timestamp };
    return latest;
  }

  /** The pointers with that of one user at the newest context that is none of `except`. */
  async #withNewest(latest: Latest, userId: string, except: readonly string[]): Promise<Latest> {
    const { [userId]: _, ...others } = latest;
    for await (const { id, timestamp } of this.cursor(userId, undefined, noTally()))
      if (!except.includes(id)) return { ...others, [userId]: { id, timestamp } };
    return others;
  }
}

/** Of equal times by id, so that the order is always the same. */
const newestFirst = (
  a: Pick<ARQContext, 'id' | 'timestamp'>,
  b: Pick<ARQContext, 'id' | 'timestamp'>,
): number => b.timestamp.getTime() - a.timestamp.getTime() || (a.id < b.id ? -1 : 1);
