/**
 * Other extensions that may read public records: who is allowed what, who asks for it, and what was asked. Read from the store
 * when it is first needed. An extension that is not allowed is told nothing, whatever it sends.
 */
import { Mutex } from '../../base/mutex.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { TokenBuckets } from '../../base/token-buckets.ts';
import {
  type ExternalAnswer,
  type ExternalErrorCode,
  type ExternalMessage,
  externalError,
  type PluginQuery,
  type PluginRequest,
} from '../../messaging/external.ts';
import { EMPTY_LOG, logged, type PluginLog } from '../../model/plugin-log.ts';
import { parsePluginAccess, parsePluginLog } from '../../model/plugin-schema.ts';
import {
  type AllowedPlugin,
  accessOf,
  isPluginId,
  MAX_ACCESS_MS,
  NO_ACCESS,
  PLUGIN_LIMITS,
  PLUGIN_MEMORY_MS,
  type PluginAccess,
  type PluginField,
  type PluginsReport,
  plainText,
} from '../../model/plugins.ts';
import type { PluginsState } from '../../model/recording.ts';
import { extensionId } from '../../platform/runtime.ts';
import { answerQuery } from './plugin-queries.ts';
import type { Profile } from './profile.ts';
import { unlessDamaged } from './unless-damaged.ts';

const ACCESS = 'plugin-access';
const LOG = 'plugin-log';
const QUERIES_PER_SECOND = 1;
/** No extension has this id. */
const EVERYBODY = '';

export interface Wanted {
  readonly id: string;
  readonly name: string;
  readonly fields: readonly PluginField[];
  readonly untilMs: number;
}

interface Known {
  readonly access: PluginAccess;
  readonly log: PluginLog;
}

export class Plugins {
  #loading: Promise<void> | undefined;
  #known: Known | undefined;
  readonly #changes = new Mutex();
  readonly #rate: TokenBuckets;
  /** Refused messages that the log does not have yet. Of allowed extensions, so there are few. */
  readonly #refused = new Map<string, number>();
  /** Whose access is being taken away right now. */
  readonly #ending = new Set<string>();
  #answered = 0;

  constructor(private readonly profile: Profile) {
    this.#rate = new TokenBuckets(() => profile.clock.nowMs(), QUERIES_PER_SECOND, PLUGIN_LIMITS.allowed);
  }

  /** What does not open is as if nobody was allowed. Whoever asks after a failure tries again. */
  async #load(): Promise<Known> {
    this.#loading ??= this.#read().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    await this.#loading;
    return this.#now();
  }

  async #read(): Promise<void> {
    const { store } = this.profile;
    const access = parsePluginAccess(await unlessDamaged(store.readNamed(ACCESS)));
    const log = parsePluginLog(await unlessDamaged(store.readNamed(LOG)));
    this.#known = { access, log };
  }

  #now(): Known {
    return this.#known ?? { access: NO_ACCESS, log: EMPTY_LOG };
  }

  /** Durable before it is in force. */
  #change(change: (now: PluginAccess) => Partial<PluginAccess>): Promise<PluginsReport> {
    return this.#changes.run(async () => {
      const { access: before } = await this.#load();
      const sinceMs = this.profile.clock.nowMs() - PLUGIN_MEMORY_MS;
      const remembered: PluginAccess = {
        ...before,
        pending: before.pending.filter(({ askedMs }) => askedMs > sinceMs),
        refused: before.refused.filter(({ atMs }) => atMs > sinceMs),
      };
      const access = { ...remembered, ...change(remembered) };
      await this.profile.storing(() => this.profile.store.writeNamed(ACCESS, access));
      this.#known = { ...this.#now(), access };
      this.profile.changed();
      return this.#report();
    });
  }

  async report(): Promise<PluginsReport> {
    await this.#load();
    return this.#report();
  }

  #report(): PluginsReport {
    const { access, log } = this.#now();
    const totals = log.totals.map((total) => ({
      ...total,
      refused: total.refused + (this.#refused.get(total.id) ?? 0),
    }));
    return { ...access, log: log.entries, totals };
  }

  state(): PluginsState | undefined {
    const { access } = this.#now();
    return access.on ? { waiting: access.pending.length, answered: this.#answered } : undefined;
  }

  switchTo(on: boolean): Promise<PluginsReport> {
    const change = () => this.#change(() => ({ on }));
    return on ? change() : this.#ends(EVERYBODY, change);
  }

  /** Nobody is told anything from the moment on in which the person says so, not only when that is durable. */
  async #ends<T>(id: string, change: () => Promise<T>): Promise<T> {
    this.#ending.add(id);
    try {
      return await change();
    } finally {
      this.#ending.delete(id);
    }
  }

  /** Instead of what it was allowed before. */
  async allow({ id, name, fields, untilMs }: Wanted): Promise<Result<PluginsReport>> {
    const nowMs = this.profile.clock.nowMs();
    if (!isPluginId(id) || id === extensionId())
      return fail(
        'bad-id',
        'That is not the id of another extension. The browser shows it on its page of extensions.',
      );
    if (untilMs <= nowMs || untilMs > nowMs + MAX_ACCESS_MS)
      return fail('bad-date', 'Choose a day after today, at most a year away.');
    let isFull = false;
    const report = await this.#change(({ allowed, pending, refused }) => {
      const others = allowed.filter((one) => one.id !== id);
      // Those whose time is over make room first.
      const kept =
        others.length < PLUGIN_LIMITS.allowed ? others : others.filter((one) => nowMs < one.untilMs);
      isFull = kept.length >= PLUGIN_LIMITS.allowed;
      if (isFull) return {};
      const plain = plainText(name);
      const added = {
        id,
        name: plain === '' ? id.slice(0, PLUGIN_LIMITS.name) : plain,
        fields,
        grantedMs: nowMs,
        untilMs,
      };
      return {
        allowed: [...kept, added],
        pending: pending.filter((one) => one.id !== id),
        refused: refused.filter((one) => one.id !== id),
      };
    });
    return isFull ? fail('too-many', 'There are 50 allowed extensions. Withdraw one first.') : ok(report);
  }

  /** A request; what the extension was allowed before stays. */
  refuse(id: string): Promise<PluginsReport> {
    const atMs = this.profile.clock.nowMs();
    return this.#change(({ pending, refused }) => ({
      pending: pending.filter((one) => one.id !== id),
      refused: isPluginId(id)
        ? [{ id, atMs }, ...refused.filter((one) => one.id !== id)].slice(0, PLUGIN_LIMITS.refused)
        : refused,
    }));
  }

  withdraw(id: string): Promise<PluginsReport> {
    return this.#ends(id, () =>
      this.#change(({ allowed }) => ({ allowed: allowed.filter((one) => one.id !== id) })),
    );
  }

  clearLog(): Promise<PluginsReport> {
    return this.#changes.run(async () => {
      await this.#load();
      await this.#writeLog(EMPTY_LOG);
      this.#refused.clear();
      return this.#report();
    });
  }

  async #writeLog(log: PluginLog): Promise<void> {
    await this.profile.storing(() => this.profile.store.writeNamed(LOG, log));
    this.#known = { ...this.#now(), log };
  }

  #accessOf(id: string): AllowedPlugin | undefined {
    const { settings, clock } = this.profile;
    if (this.#ending.has(id) || this.#ending.has(EVERYBODY)) return undefined;
    return settings.consent === 'accepted' ? accessOf(this.#now().access, id, clock.nowMs()) : undefined;
  }

  /** `id` is what the browser says of the sender. `undefined` = no answer. */
  async answer(
    id: string,
    message: ExternalMessage | ExternalErrorCode,
  ): Promise<ExternalAnswer | undefined> {
    await this.#load();
    const access = this.#accessOf(id);
    if (!access) {
      if (typeof message !== 'string' && 'request' in message) await this.#note(id, message.request);
      return undefined;
    }
    if (!this.#rate.take(id)) return this.#refuse(id, 'rate-limited');
    if (typeof message === 'string') return this.#refuse(id, message);
    if ('query' in message) return this.#query(access, message.query);
    await this.#note(id, message.request);
    return { arq: 1, ok: true };
  }

  #refuse(id: string, code: ExternalErrorCode): ExternalAnswer {
    this.#refused.set(id, (this.#refused.get(id) ?? 0) + 1);
    return externalError(code);
  }

  /** So many of them are in the log now. */
  #unrefuse(id: string, logged: number): void {
    const left = (this.#refused.get(id) ?? 0) - logged;
    if (left > 0) this.#refused.set(id, left);
    else this.#refused.delete(id);
  }

  /** A request waits for the person; the first one stays as it is, so that it cannot change while they read it. */
  async #note(id: string, { name, fields, reason }: PluginRequest): Promise<void> {
    const askedMs = this.profile.clock.nowMs();
    const isNews = ({ on, pending, refused }: PluginAccess) =>
      on &&
      this.profile.settings.consent === 'accepted' &&
      pending.filter((one) => one.askedMs > askedMs - PLUGIN_MEMORY_MS).length < PLUGIN_LIMITS.pending &&
      !pending.some((one) => one.id === id && one.askedMs > askedMs - PLUGIN_MEMORY_MS) &&
      !refused.some((one) => one.id === id && one.atMs > askedMs - PLUGIN_MEMORY_MS);
    if (!isNews(this.#now().access)) return;
    await this.#change((now) =>
      isNews(now) ? { pending: [...now.pending, { id, name, fields, reason, askedMs }] } : {},
    );
  }

  async #query(access: AllowedPlugin, query: PluginQuery): Promise<ExternalAnswer | undefined> {
    const { profile } = this;
    const { id, name } = access;
    try {
      const { settings } = profile;
      const answered = await answerQuery(profile, access, query);
      if (typeof answered === 'string') return this.#refuse(id, answered);
      // Levels, rules or the access itself may change while it is read: then nothing is told, and that it asked is logged all the same.
      const isSame = () => profile.settings === settings && this.#accessOf(id) === access;
      // In the log before it is told.
      const isTold = await this.#changes.run(async () => {
        const may = isSame();
        const { byWords } = answered;
        const { fields, records } = may ? answered : { fields: [], records: 0 };
        const refused = this.#refused.get(id) ?? 0;
        const entry = { id, name, kind: query.kind, byWords, fields, records };
        await this.#writeLog(logged(this.#now().log, entry, profile.clock.nowMs(), refused));
        this.#unrefuse(id, refused);
        return may;
      });
      if (!isTold || !isSame()) return this.#accessOf(id) ? externalError('unavailable') : undefined;
      this.#answered += 1;
      profile.changed();
      return answered.answer;
    } catch (error) {
      console.error('a query of another extension failed', error);
      return this.#accessOf(id) ? externalError('unavailable') : undefined;
    }
  }
}
