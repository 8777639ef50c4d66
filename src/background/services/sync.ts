// Over 300 lines: one state machine, whose steps all touch the same account, transport and timer.
/** Sync as the background lives it: when to run, what to say, and how a page makes, joins and leaves an account. */
import { type Bytes, fromBase64Url } from '../../base/bytes.ts';
import type { Day } from '../../base/clock.ts';
import { Mutex } from '../../base/mutex.ts';
import { type Failure, fail, ok, type Result } from '../../base/result.ts';
import type { InviteAnswer } from '../../messaging/answers.ts';
import type { Deletion } from '../../model/deletion.ts';
import type { Fingerprint } from '../../model/fingerprint.ts';
import type { InteractionRecord } from '../../model/interaction.ts';
import type { Deleter, JoinPreview, PreviewPart } from '../../model/join-preview.ts';
import type { SyncState } from '../../model/recording.ts';
import { changeShared, EMPTY_SHARED } from '../../model/shared-settings.ts';
import type { SyncHold, SyncWhen } from '../../model/sync-when.ts';
import { alarmAt, clearAlarm } from '../../platform/alarms.ts';
import { isMetered, isOnline } from '../../platform/connection.ts';
import { defaultDeviceName } from '../../platform/device.ts';
import type { AccountId } from '../../protocol/ids.ts';
import { DamagedError } from '../../storage/database.ts';
import { createAccount, deleteAccount, leaveAccount } from '../../sync/account.ts';
import {
  type AccountState,
  actorOf,
  deviceIdOf,
  isJoining,
  readAccount,
  scopeOf,
  signerOf,
  writeAccount,
  writeSharedSettings,
} from '../../sync/account-state.ts';
import { forgetDeleted, MASS_DELETION } from '../../sync/brake.ts';
import { forgetCommands } from '../../sync/erasures.ts';
import { readCursor } from '../../sync/feed.ts';
import { fingerprintOf } from '../../sync/fingerprint.ts';
import { holdingsOf } from '../../sync/holdings.ts';
import { leftAccount, noteJoined, noteLeft, tellUntold } from '../../sync/left.ts';
import { type Mended, mendFromService } from '../../sync/mend.ts';
import {
  erasuresWaiting,
  giveCommands,
  startQueueing,
  stopQueueing,
  unstage,
  waitingHere,
} from '../../sync/outbox.ts';
import { invite, join, parseCode } from '../../sync/pairing.ts';
import type { PullSession } from '../../sync/parts.ts';
import { previewJoin } from '../../sync/preview.ts';
import type { EraseHere } from '../../sync/pull.ts';
import { deletions, forgetReceipts, tellRecords } from '../../sync/receipts.ts';
import { restore } from '../../sync/recovery.ts';
import type { Rings } from '../../sync/rings.ts';
import { isRenewalLeft, rotate } from '../../sync/rotation.ts';
import { type Round, runRound } from '../../sync/run.ts';
import { type Evidence, lied, readEvidence, SERVICE_LIES } from '../../sync/service-lie.ts';
import { isThisComputer, serviceAddress, Transport, type TransportFailure } from '../../sync/transport.ts';
import { News } from './news.ts';
import type { Profile } from './profile.ts';
import { type AtSyncService, SyncDays } from './sync-days.ts';
import { SyncDeletions } from './sync-deletions.ts';
import { type AccountKeeper, SyncDevices } from './sync-devices.ts';
import { SyncRetry } from './sync-retry.ts';
import { SyncSettings } from './sync-settings.ts';

/** So often the number of records is told while much comes. */
const PROGRESS_MS = 500;
/** Rounds that changes ask for begin this far from each other at least; what comes in between is gathered. */
const GATHER_MS = 700;
/** And this long after the change: a page that was opened tells a few things at once. Five seconds is the promise. */
const SOON_MS = 250;
export const SYNC_ALARM = 'sync';

/** The service does not answer now, and perhaps never again. */
const GONE: readonly string[] = ['unreachable', 'UNAVAILABLE'];

const unreadableSentence = (count: number): string =>
  `${count} ${count === 1 ? 'object' : 'objects'} at the sync service cannot be opened and ${count === 1 ? 'was' : 'were'} left out. ` +
  'Update ARQ Context on all devices; if this stays, the service changed them. What this device recorded is not touched.';

/** So often what was deleted meanwhile is told before an account is left; what comes then is told when this device comes back. */
const MOST_TRIES = 3;

/** The service says that this device is not in the account. */
const NOT_LISTED = 'UNKNOWN_DEVICE';

const NOT_SENT = 'What was recorded or deleted here lately did not reach your other devices yet.';
const NOT_TOLD = 'What was deleted here lately is not deleted on your other devices yet.';

const daysAwaySentence = (count: number): string =>
  `${count} archived ${count === 1 ? 'day is' : 'days are'} at the sync service only and could not be fetched back, so the account was not left.`;

const ACCOUNT_DAMAGED =
  'What this device knew of its sync account is damaged, so it does not sync. Leave the account here, then add this device again from another one. What is recorded here stays, and waits to be sent.';
const NOT_FROM_HERE =
  'What this device knew of its sync account is damaged, so the account cannot be deleted from here. Leave it here, and delete it on another device.';

const SYNC_OFF = fail('sync-off', 'Switch on sync first.');
const RECOVERY_BYTES = 16;

/** Before a device with records joins: whether the person is asked only where that deletes something, or always. */
export type Asks = 'deletions' | 'always';

export class Sync {
  #account: AccountState | null = null;
  #phase: SyncState['phase'] = 'off';
  #problem: Failure | undefined;
  #transport: Transport | undefined;
  #running: Promise<void> | undefined;
  /** When the last round began. */
  #beganMs = 0;
  #again = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #invitation: AbortController | undefined;
  /** When the timer is due. */
  #dueMs = 0;
  #unreadable = 0;
  /** There is an account, but what is known of it does not open: what is recorded waits. */
  #isDamaged = false;
  /** The service showed what cannot be: nothing is sent or taken any more in this account. */
  #hasLied = false;
  /** The account is being left: nothing more goes to its service only. */
  #ending = false;
  /** Of the account that is being joined. */
  #preview: JoinPreview | undefined;
  readonly #rings: Rings = new Map();

  readonly #retry: SyncRetry;
  readonly #news: News;
  /** One at a time: what sends, and what drops what was sent. */
  readonly #wire = new Mutex();
  /** Level and rules. */
  readonly settings: SyncSettings;
  readonly devices: SyncDevices;
  readonly deleting: SyncDeletions;
  /** Days that are at the service only. */
  readonly days: SyncDays;

  /** `mayRun`: whether rounds may run now. */
  constructor(
    private readonly profile: Profile,
    private readonly mayRun: () => boolean = () => true,
  ) {
    this.#retry = new SyncRetry(profile.store, profile.clock);
    this.#news = new News(profile.clock);
    const parts: AtSyncService & AccountKeeper = {
      profile,
      account: () => this.#account,
      keep: (account) => {
        if (this.#account?.account === account.account) this.#account = account;
      },
      isDamaged: () => this.#isDamaged,
      changed: () => this.changed(),
      atService: (task) => this.#atService(task),
      mayDrop: () => !this.#ending && !this.#hasLied && this.#retry.waitMs() <= 0,
      isEnding: () => this.#ending,
      authors: () => new Set(this.devices.list.map(({ id }) => id)),
      failed: (error) => this.#failed(error),
      unreadable: unreadableSentence,
    };
    this.settings = new SyncSettings(parts);
    this.devices = new SyncDevices(parts);
    this.deleting = new SyncDeletions(parts);
    this.days = new SyncDays(parts);
  }

  async open(): Promise<void> {
    const { store } = this.profile;
    try {
      this.#account = await readAccount(store);
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      this.#isDamaged = true;
    }
    store.syncing = this.#account !== null || this.#isDamaged;
    if (this.#account) {
      await this.#movePhrase(this.#account);
      // Should the worker have been stopped right after joining.
      await this.#tellUntold(this.#account);
      await this.#retry.open();
      // It failed before the worker was stopped, and nothing is tried until the wait is over.
      this.#phase = this.#retry.waitMs() > 0 ? 'offline' : 'syncing';
      const evidence = await readEvidence(store);
      if (evidence) this.#stopFor(lied(evidence).error);
      await this.settings.open();
      this.kick(0);
    }
  }

  #tellUntold({ account }: AccountState): Promise<void> {
    const { store } = this.profile;
    return tellUntold(store, account, (commands) => giveCommands(store, commands));
  }

  /** Older versions kept the phrase where it cannot be destroyed. */
  async #movePhrase({ recovery, ...account }: AccountState): Promise<void> {
    const secret = recovery === undefined ? null : fromBase64Url(recovery);
    if (secret?.length !== RECOVERY_BYTES) return;
    const { store } = this.profile;
    await store.exclusive(() => store.vault.keepRecoverySecret(secret));
    await writeAccount(store, account);
    this.#account = account;
  }

  /** The store was closed under it: nothing more is started. */
  close(): void {
    clearTimeout(this.#timer);
    this.#account = null;
    this.#invitation?.abort();
    this.#news.close();
  }

  /** Whether it does not open in which account this device is. */
  get isDamaged(): boolean {
    return this.#isDamaged;
  }

  state(): SyncState {
    const account = this.#account;
    if (this.#isDamaged) return { phase: 'error', message: ACCOUNT_DAMAGED };
    if (!account) return { phase: 'off' };
    const message =
      this.#phase === 'error'
        ? this.#problem?.message
        : this.#phase !== 'synced'
          ? undefined
          : this.#unreadable > 0
            ? unreadableSentence(this.#unreadable)
            : this.settings.problem;
    const holds = this.#holds();
    return {
      phase: message === undefined ? this.#phase : 'error',
      when: this.profile.settings.syncs,
      ...(holds ? { holds } : {}),
      serviceUrl: account.url,
      devices: this.devices.list,
      ...(this.profile.store.vault.recoverySecret() ? { phrase: 'waits' as const } : {}),
      ...(message === undefined ? {} : { message }),
      ...(this.#hasLied ? { hasEvidence: true as const } : {}),
      ...(account.lastSyncedMs === undefined ? {} : { lastSyncedMs: account.lastSyncedMs }),
    };
  }

  /** Something changed here: a round starts within five seconds. */
  changed(): void {
    this.#news.active();
    if (!this.#account) return;
    const pausedMs = this.profile.clock.nowMs() - this.#beganMs;
    this.kick(pausedMs >= 0 && pausedMs < GATHER_MS ? Math.max(SOON_MS, GATHER_MS - pausedMs) : SOON_MS);
  }

  kick(delayMs: number): void {
    if (!this.#account || this.#hasLied) return;
    const nowMs = this.profile.clock.nowMs();
    // Should the worker be stopped before the timer fires, the alarm (30 s at the earliest) does.
    void alarmAt(SYNC_ALARM, nowMs + 30_000);
    const dueMs = nowMs + Math.max(delayMs, this.#retry.waitMs());
    // One that is overdue slept with the computer.
    if (this.#timer !== undefined && this.#dueMs >= nowMs && this.#dueMs <= dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // A round that failed meanwhile may have to wait longer.
      if (this.#retry.waitMs() > 0) this.kick(0);
      else if (this.#holds()) this.#rest();
      else void this.run();
    }, dueMs - nowMs);
  }

  /** From the alarms: catches up, unless the service asked to wait. */
  async wake(): Promise<void> {
    if (!this.#account || this.#hasLied) return;
    if (this.#news.isIdle()) this.#news.close();
    if (this.#retry.waitMs() > 0) return;
    if (this.#holds()) this.#rest();
    else await this.run();
  }

  /** Why nothing begins by itself now. A service on this computer needs no network, and what was just begun is finished. */
  #holds(): SyncHold | undefined {
    if (!this.#account || isThisComputer(this.#account.url)) return undefined;
    if (!isOnline()) return 'offline';
    if (this.#account.lastSyncedMs === undefined) return undefined;
    const { syncs } = this.profile.settings;
    return syncs === 'asked' ? 'asked' : syncs === 'unmetered' && isMetered() ? 'metered' : undefined;
  }

  /** Until the minute's alarm finds that it may go on, or the person says so. */
  #rest(): void {
    this.#news.close();
    this.profile.changed();
  }

  /** From here on. */
  async when(syncs: SyncWhen): Promise<void> {
    await this.profile.change({ syncs });
    if (this.#holds()) this.#rest();
    else this.kick(0);
  }

  /** One round; a call while one runs makes it run once more. */
  run(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#rounds();
    return this.#running;
  }

  async #rounds(): Promise<void> {
    // Not before whoever asks has the promise of this.
    await null;
    try {
      while (this.#again) {
        this.#again = false;
        const account = this.#account;
        if (!account || !this.mayRun()) return;
        this.#beganMs = this.profile.clock.nowMs();
        if ((await this.#roundOf(account)) === 'more') {
          // Days that came back may have to leave again before the next ones come.
          await this.relieve();
          this.#again = true;
        }
        if (this.#phase !== 'synced') return;
      }
    } catch (error) {
      // A store that takes nothing more, not even that a round failed.
      console.error('sync stopped', error);
      this.#show('error');
    } finally {
      // In the same step as the last look at `#again`: what is asked for from here on begins anew.
      this.#running = undefined;
    }
  }

  /** Makes room after some days came back. */
  relieve: () => Promise<void> = async () => {};

  #roundOf(account: AccountState): Promise<'done' | 'more'> {
    return this.#onWire(() => this.#roundAlone(account));
  }

  /** One thing at a time with what lies at the service. What it shows of this device's own keys is not remembered. */
  #onWire<T>(task: () => Promise<T>): Promise<T> {
    return this.#wire.run(task).finally(() => this.#rings.delete(deviceIdOf(this.profile.store)));
  }

  async #roundAlone(account: AccountState): Promise<'done' | 'more'> {
    const { store } = this.profile;
    this.#transport ??= new Transport(account.url, this.profile.clock);
    if (this.#isAsking()) return 'done';
    if (this.#phase !== 'synced') this.#show('syncing');
    let result: Result<Round, TransportFailure>;
    // Of what comes it is told as it comes.
    const telling =
      this.#phase === 'syncing' ? setInterval(() => this.profile.changed(), PROGRESS_MS) : undefined;
    try {
      const { clock } = this.profile;
      const looked = await this.#look(account, this.#transport);
      if (this.#isAsking()) {
        this.#show('asks');
        return 'done';
      }
      const brake = {
        agreed: looked.ok ? looked.value : 0,
        inMemory: () => this.inMemory(),
        asks: (deleted: PreviewPart, by: readonly Deleter[]) => {
          this.#preview = { deleted, joining: false, by };
        },
      };
      result = looked.ok
        ? await runRound(store, this.#transport, account, this.#rings, clock, this.eraseHere, brake)
        : looked;
    } catch (error) {
      console.error('sync failed', error);
      const message =
        error instanceof DamagedError
          ? error.message
          : 'Something went wrong on this device. It will be tried again.';
      result = { ok: false, error: { code: 'failed', status: 0, message } };
    } finally {
      clearInterval(telling);
    }
    if (this.#account?.account !== account.account) return 'done';
    // Also after a round that failed later on: what came is in force.
    await this.settings.take();
    if (!result.ok && result.error.code === MASS_DELETION) {
      await this.#askFirst(this.#account);
      return 'done';
    }
    if (!result.ok) {
      await this.#failed(result.error);
      return 'done';
    }
    const nowMs = this.profile.clock.nowMs();
    await this.devices.took(result.value, { lastSyncedMs: nowMs });
    await this.#retry.forget();
    await clearAlarm(SYNC_ALARM);
    this.#unreadable = result.value.unreadable;
    this.#problem = undefined;
    this.#show('synced');
    this.#listen(account, this.#transport);
    if (result.value.changed) await this.onChanged();
    return result.value.more ? 'more' : 'done';
  }

  /** Whether joining waits for the person. */
  #isAsking(): boolean {
    const { agreed, unseen } = this.#account ?? {};
    const preview = this.#preview;
    if (agreed === undefined || !preview) return false;
    return unseen === true || preview.deleted.of !== agreed;
  }

  /**
   * While an account is being joined: what its deletions mean here. Once they mean what the person agreed to, it is joined. Resolves with
   * how many records that is.
   */
  async #look(account: AccountState, transport: Transport): Promise<Result<number, TransportFailure>> {
    if (account.agreed === undefined) return ok(0);
    const { store, clock } = this.profile;
    const seen = await previewJoin(
      store,
      transport,
      account,
      clock,
      await this.inMemory(),
      this.profile.settings,
    );
    if (!seen.ok) return seen;
    // It may have been left meanwhile.
    if (this.#account?.agreed === undefined) return ok(0);
    this.#preview = seen.value;
    if (this.#isAsking()) return ok(0);
    this.#preview = undefined;
    await forgetDeleted(store);
    const { agreed: _, unseen: _u, ...joined } = this.#account;
    this.#account = joined;
    await writeAccount(store, joined);
    return ok(seen.value.deleted.records);
  }

  /** Others delete very much: from here on it is as while the account is joined, until the person agrees. */
  async #askFirst(account: AccountState): Promise<void> {
    this.#account = { ...account, agreed: '' };
    await writeAccount(this.profile.store, this.#account);
    this.#show('asks');
  }

  /** What joining, or going on, would delete here, while it waits for the person. */
  preview(): JoinPreview | null {
    return this.#isAsking() ? (this.#preview ?? null) : null;
  }

  /** The person agrees to lose these records (join-preview.ts). It is looked at once more, since others may have deleted more meanwhile. */
  async agree(of: string): Promise<Result<null>> {
    if (this.#account?.agreed === undefined) return ok(null);
    const { unseen: _, ...seen } = this.#account;
    this.#account = { ...seen, agreed: of };
    await writeAccount(this.profile.store, this.#account);
    await this.run();
    return ok(null);
  }

  /** Nothing is tried again by itself, and nobody is listened to. */
  #stopFor(error: Failure): void {
    this.#hasLied = true;
    this.#problem = error;
    this.#news.close();
    this.#show('error');
  }

  /** What the person compares with another device. */
  async fingerprint(): Promise<Fingerprint | null> {
    return this.#account ? fingerprintOf(this.profile.store, this.#account.account) : null;
  }

  /** What proves that the service is not to be trusted, without any content. `null` while there is nothing. */
  async evidence(): Promise<(Evidence & { readonly account: string; readonly serviceUrl: string }) | null> {
    const evidence = await readEvidence(this.profile.store);
    if (!this.#account || !evidence) return null;
    const { account, url } = this.#account;
    return { ...evidence, account, serviceUrl: url };
  }

  async #failed(error: TransportFailure): Promise<void> {
    if (error.code === SERVICE_LIES) return this.#stopFor(error);
    await this.#retry.failed(error.retryAfterMs);
    this.#problem = error;
    this.#show(GONE.includes(error.code) || error.code === 'TOO_MANY' ? 'offline' : 'error');
    this.kick(0);
  }

  async #bringHome(): Promise<Result<null>> {
    const { store } = this.profile;
    const back = await this.days.fetchBack(Object.keys(await store.awayDays()));
    const left = Object.keys(await store.awayDays()).length;
    if (left === 0) return ok(null);
    const why = back.ok ? '' : ` ${back.error.message}`;
    return fail('days-away', `${daysAwaySentence(left)}${why}`);
  }

  #show(phase: SyncState['phase']): void {
    this.#phase = phase;
    this.profile.changed();
  }

  #listen(account: AccountState, transport: Transport): void {
    if (this.#holds()) return;
    const { store } = this.profile;
    const waitMs = this.#news.open(transport, signerOf(store, account.account), {
      since: () => readCursor(store),
      // No reason to bother a service that asked to be left alone.
      onNews: async () => {
        if (this.#account && this.#retry.waitMs() === 0 && !this.#holds()) await this.run();
      },
      // What was said while nobody listened is found by asking.
      onEnd: () => {
        if (this.#phase === 'synced') this.kick(GATHER_MS);
      },
    });
    if (waitMs > 0) this.kick(waitMs);
  }

  /** Something is hidden that is about to be erased: what was made ready to be sent is made anew, without it. */
  async hidden(): Promise<void> {
    if (this.#account) await unstage(this.profile.store);
  }

  /** Records that are in memory only. */
  inMemory: () => Promise<readonly InteractionRecord[]> = async () => [];

  /** What other devices deleted goes from what this one has beside the store, too. */
  eraseHere: EraseHere = (_, erase) => erase();

  /** Runs `task` when nothing waits to be deleted, and nothing more is asked for meanwhile. */
  whenSettled: <T>(task: () => Promise<T>) => Promise<T> = (task) => task();

  /** Before an account is joined. */
  onJoined: () => Promise<void> = async () => {};

  /** After a round in which something came. */
  onChanged: () => Promise<void> = async () => {};

  /** The newest deletions of the account, each with what every device says of it. Nothing while sync is off. */
  async deletions(): Promise<Deletion[]> {
    return this.#account ? deletions(this.profile.store, this.devices.list) : [];
  }

  /** What the service holds, as it tells it, and what of it is known here. `null` while sync is off. */
  holdings(): { readonly url: string; held(bodies?: boolean): ReturnType<typeof holdingsOf> } | null {
    const account = this.#account;
    if (!account) return null;
    const { store, clock } = this.profile;
    this.#transport ??= new Transport(account.url, clock);
    const transport = this.#transport;
    const session = { store, transport, account, rings: this.#rings };
    return { url: account.url, held: (bodies) => holdingsOf(session, bodies) };
  }

  /** Reads what lies at the service, beside whatever a round does; nothing of it is remembered. */
  async looking<T>(task: (session: PullSession) => Promise<Result<T>>): Promise<Result<T>> {
    const account = this.#account;
    if (!account) return SYNC_OFF;
    const { store, clock } = this.profile;
    this.#transport ??= new Transport(account.url, clock);
    const scope = await scopeOf(store, account.account);
    const seen = await task({ store, transport: this.#transport, scope, account, rings: new Map() });
    // The account was left, or the profile locked, meanwhile.
    return this.#account?.account === account.account ? seen : SYNC_OFF;
  }

  /** What works on parts that lie at the service; one thing at a time. `null` while sync is off. */
  async #atService<T>(
    task: (session: PullSession) => Promise<Result<T, TransportFailure>>,
  ): Promise<Result<T, TransportFailure> | null> {
    const account = this.#account;
    if (!account) return null;
    const { store, clock } = this.profile;
    this.#transport ??= new Transport(account.url, clock);
    const transport = this.#transport;
    return this.#onWire(async () => {
      const scope = await scopeOf(store, account.account);
      const authors = new Set<string>(this.devices.list.map(({ id }) => id));
      return task({
        store,
        transport,
        scope,
        account,
        rings: this.#rings,
        ...(authors.size > 0 ? { authors } : {}),
      });
    });
  }

  async create(typedUrl: string, deviceName: string | undefined): Promise<Result<null>> {
    const transport = this.#newTransport(typedUrl);
    if (!transport.ok) return transport;
    const { store, clock } = this.profile;
    const made = await createAccount(store, transport.value, clock, await this.#name(deviceName));
    return made.ok ? this.#begin(made.value, transport.value) : made;
  }

  async invite(): Promise<Result<InviteAnswer>> {
    const account = this.#account;
    if (!account) return SYNC_OFF;
    if (this.#hasLied && this.#problem) return { ok: false, error: this.#problem };
    this.#invitation?.abort();
    this.#invitation = new AbortController();
    this.#transport ??= new Transport(account.url, this.profile.clock);
    const made = await invite(
      this.profile.store,
      this.#transport,
      account,
      this.profile.clock,
      this.#invitation.signal,
    );
    if (!made.ok) return made;
    made.value.joined
      .then(async (joined) => {
        if (joined.ok) await this.#joinedHere(joined.value);
        else if (joined.error.code !== 'given-up' && joined.error.code !== 'expired')
          console.warn('pairing ended', joined.error.code);
      })
      .catch((error: unknown) => console.error('pairing ended', error));
    return ok({ code: made.value.code, expiresMs: made.value.expiresMs });
  }

  /** Whom the person added on this device they know. */
  async #joinedHere(id: string): Promise<void> {
    await this.devices.know([id]);
    this.kick(0);
  }

  /** The account's id, while sync is on. */
  accountId(): AccountId | undefined {
    return this.#account?.account;
  }

  /** Another master key for all devices; with `remove`, for all but that one, which is not in the account any more. */
  async rotate(remove?: string): Promise<Result<null>> {
    if (this.#hasLied && this.#problem) return { ok: false, error: this.#problem };
    const { clock } = this.profile;
    const wish = remove === undefined ? { anyway: true } : { remove };
    const done = await this.#atService(({ store, transport, account }) =>
      rotate(store, transport, account.account, clock, wish),
    );
    if (!done) return SYNC_OFF;
    if (!done.ok) return done;
    await this.run();
    return ok(null);
  }

  /** Looks at the service for what does not open here. */
  async mend(days: readonly Day[]): Promise<Result<Mended>> {
    return (await this.#atService((session) => mendFromService(session, days))) ?? SYNC_OFF;
  }

  /** Comes back to an account with its recovery phrase. `secret`: what the words stand for. */
  async restore(
    typedUrl: string,
    secret: Bytes,
    deviceName: string | undefined,
    asks: Asks = 'deletions',
  ): Promise<Result<null>> {
    const transport = this.#newTransport(typedUrl);
    if (!transport.ok) return transport;
    const { store, clock } = this.profile;
    const restored = await restore(store, transport.value, secret, clock, await this.#name(deviceName));
    return restored.ok ? this.#begin(await this.#asking(restored.value, asks), transport.value) : restored;
  }

  /** Of an account that this device is to be in. */
  #newTransport(typedUrl: string): Result<Transport> {
    if (this.#account || this.#isDamaged)
      return fail('sync-on', 'Sync is on already. Leave the account first.');
    const url = serviceAddress(typedUrl.trim());
    return url === null
      ? fail('bad-address', 'Use an address that starts with https://, or http:// for this computer itself.')
      : ok(new Transport(url, this.profile.clock));
  }

  async join(
    typedCode: string,
    deviceName: string | undefined,
    asks: Asks = 'deletions',
  ): Promise<Result<null>> {
    if (this.#account || this.#isDamaged)
      return fail('sync-on', 'Sync is on already. Leave the account first.');
    const code = parseCode(typedCode);
    if (!code)
      return fail('bad-code', 'That is not a pairing code. Copy the whole text, from "arq1:" to its end.');
    const transport = new Transport(code.url, this.profile.clock);
    const joined = await join(
      this.profile.store,
      transport,
      code,
      this.profile.clock,
      await this.#name(deviceName),
    );
    return joined.ok ? this.#begin(await this.#asking(joined.value, asks), transport) : joined;
  }

  /** Where something was recorded before, it is looked at what the account's deletions mean of it. */
  async #asking(account: AccountState, asks: Asks): Promise<AccountState> {
    const isEmpty = (await this.profile.store.days()).length + (await this.inMemory()).length === 0;
    if (isEmpty) return account;
    return { ...account, agreed: '', ...(asks === 'always' ? { unseen: true as const } : {}) };
  }

  async #name(given: string | undefined): Promise<string> {
    return given?.trim() || (await defaultDeviceName());
  }

  /** What waits to be deleted was not asked for in this account, and means nothing of what comes with it. */
  #begin(account: AccountState, transport: Transport): Promise<Result<null>> {
    return this.whenSettled(() => this.#beginSettled(account, transport));
  }

  async #beginSettled(account: AccountState, transport: Transport): Promise<Result<null>> {
    const { store, settings, clock } = this.profile;
    const shared = changeShared(EMPTY_SHARED, actorOf(store, account), settings, clock.nowMs());
    await store.exclusive(() => writeSharedSettings(store, shared));
    await forgetCommands(store);
    await forgetReceipts(store);
    await noteJoined(store, account.account);
    await this.onJoined();
    await tellRecords(store);
    await startQueueing(store, ['card', 'settings']);
    await writeAccount(store, account);
    await this.#tellUntold(account);
    this.#account = account;
    this.settings.problem = undefined;
    this.#transport = transport;
    await this.#retry.forget();
    this.#news.active();
    this.#show('syncing');
    this.kick(0);
    return ok(null);
  }

  /**
   * Leaves, or takes the whole account away from the service. What was recorded stays here. What waits is sent first; where that
   * fails nothing ends, unless `anyway` says that the others need not get it. With `anyway` an account is left also when the service
   * does not answer, which then goes on listing this device. Days that are at the service only are fetched back first; where that
   * fails nothing ends, unless `loseAway` says that they may be lost.
   */
  async end(how: 'leave' | 'delete', anyway = false, loseAway = false): Promise<Result<null>> {
    if (this.#isDamaged) return this.#endDamaged(how, loseAway);
    if (!this.#account) return ok(null);
    this.#ending = true;
    return this.#end(this.#account, how, anyway, loseAway).finally(() => (this.#ending = false));
  }

  /** Nobody knows any more which account it was: the service goes on listing this device until another one takes it out. */
  async #endDamaged(how: 'leave' | 'delete', loseAway: boolean): Promise<Result<null>> {
    const { store } = this.profile;
    if (how === 'delete') return fail('sync-damaged', NOT_FROM_HERE);
    const away = Object.keys(await store.awayDays()).length;
    if (away > 0 && !loseAway) return fail('days-away', daysAwaySentence(away));
    const account = await leftAccount(store);
    if (account !== undefined) await noteLeft(store, account, new Set(await erasuresWaiting(store)));
    await this.#stop();
    this.#isDamaged = false;
    this.#show('off');
    return ok(null);
  }

  /** Nothing waits any more, and no account is known. A master key that was to be replaced is. */
  async #stop(): Promise<void> {
    const { store } = this.profile;
    const isLeft = await isRenewalLeft(store);
    await stopQueueing(store);
    await writeAccount(store, null);
    if (isLeft) await store.renewAlone();
  }

  /** Of an account that this device is not in any more. */
  async #forgetPhrase(): Promise<void> {
    const { store } = this.profile;
    if (store.vault.recoverySecret()) await store.exclusive(() => store.vault.keepRecoverySecret(null));
  }

  /**
   * What was recorded and deleted up to now still reaches the others. Of an account that goes, only deletions matter to them: what
   * was recorded stays where it is.
   */
  async #sendLast(how: 'leave' | 'delete'): Promise<Result<null>> {
    await this.run();
    // Out of the account already: there is nobody to tell.
    if (this.#phase === 'synced' || this.#problem?.code === NOT_LISTED) return ok(null);
    const { rows, erasures } = await waitingHere(this.profile.store);
    if ((how === 'leave' ? rows : erasures) === 0) return ok(null);
    return fail(
      'not-sent',
      `${how === 'leave' ? NOT_SENT : NOT_TOLD} ${this.#problem?.message ?? ''}`.trim(),
    );
  }

  async #end(
    account: AccountState,
    how: 'leave' | 'delete',
    anyway: boolean,
    loseAway: boolean,
  ): Promise<Result<null>> {
    // Before it is joined nothing was sent, and nothing is.
    const isTold = !anyway && !(how === 'leave' && isJoining(account));
    for (let tries = 1; ; tries++) {
      if (isTold) {
        const sent = await this.#sendLast(how);
        if (!sent.ok) return sent;
      }
      // What is being dropped right now is away, or here, after this.
      await this.#wire.run(async () => {});
      const home = await this.#bringHome();
      if (!home.ok && !loseAway) return home;
      const isLast = !isTold || tries === MOST_TRIES || this.#problem?.code === NOT_LISTED;
      // A deletion that was asked for meanwhile is carried out first, and told; a later one waits until the account is left.
      const ended = await this.whenSettled(async () => {
        const isUntold = (await erasuresWaiting(this.profile.store)).length > 0;
        return isUntold && !isLast ? null : this.#endSettled(account, how, anyway);
      });
      if (ended) return ended;
    }
  }

  /** Nothing waits to be deleted, and nothing more is asked for meanwhile. */
  async #endSettled(account: AccountState, how: 'leave' | 'delete', anyway: boolean): Promise<Result<null>> {
    this.#transport ??= new Transport(account.url, this.profile.clock);
    const { store } = this.profile;
    const done = await (how === 'leave' ? leaveAccount : deleteAccount)(
      store,
      this.#transport,
      account.account,
    );
    // A device that is out already has nothing left to do there. Nobody is kept in by a service that is gone, or lies.
    const isLeft = how === 'leave' && this.#hasLied;
    const accepted = [
      NOT_LISTED,
      ...(isLeft ? ['inconsistent'] : []),
      ...(anyway && how === 'leave' ? GONE : []),
    ];
    if (!done.ok && !accepted.includes(done.error.code)) return done;
    // What is erased from here on is noted, and what was erased while this was written too. Who was asked and does not join has told nothing.
    const untold = isJoining(account) ? await erasuresWaiting(store) : [];
    await noteLeft(store, account.account, new Set(untold));
    this.#account = null;
    this.#invitation?.abort();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#running;
    await noteLeft(store, account.account);
    await forgetCommands(store);
    // Days that are lost need no keys any more.
    await store.destroyKeysOf(Object.keys(await store.awayDays()));
    await this.#stop();
    await this.#forgetPhrase();
    await clearAlarm(SYNC_ALARM);
    this.#news.close();
    this.#transport = undefined;
    this.#rings.clear();
    this.#hasLied = false;
    this.#problem = undefined;
    this.devices.forget();
    this.#preview = undefined;
    this.#unreadable = 0;
    this.#show('off');
    return ok(null);
  }
}
