/**
 * The relay for pairing: two sealed messages through a channel that lives for five minutes, in memory only (a restart voids
 * the codes that are out). The service sees a public key and two ciphertexts.
 */
import type { Clock } from '../../src/base/clock.ts';
import type { AccountId, ChannelId, DeviceId } from '../../src/protocol/ids.ts';
import type { Limits } from '../../src/protocol/limits.ts';
import { Rate } from './auth/rate.ts';
import { Refusal } from './refusal.ts';

interface Channel {
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly offer: string;
  readonly expiresAt: number;
  request?: string;
  reply?: string;
  readonly waiting: Set<() => void>;
}

const MAX_CHANNELS = 10_000;
const HOUR_SECONDS = 3600;

export class Pairing {
  readonly #channels = new Map<ChannelId, Channel>();
  readonly #rate: Rate;

  constructor(
    private readonly clock: Clock,
    private readonly limits: Limits,
  ) {
    this.#rate = new Rate(clock, limits.pairChannelsPerHour / HOUR_SECONDS, limits.pairChannelsPerHour);
  }

  /** Resolves to when it expires, in ms. @throws Refusal */
  open(id: ChannelId, account: AccountId, device: DeviceId, offer: string): number {
    this.#expire();
    if (this.#channels.has(id)) throw new Refusal('EXISTS');
    if (this.#channels.size >= MAX_CHANNELS) throw new Refusal('UNAVAILABLE', {}, this.limits.pairSeconds);
    const wait = this.#rate.take(account);
    if (wait > 0) throw new Refusal('TOO_MANY', {}, wait);
    const expiresAt = this.clock.nowMs() + this.limits.pairSeconds * 1000;
    this.#channels.set(id, { account, device, offer, expiresAt, waiting: new Set() });
    return expiresAt;
  }

  offer(id: ChannelId): string {
    const channel = this.#channel(id);
    if (channel.request !== undefined) throw new Refusal('GONE');
    return channel.offer;
  }

  putRequest(id: ChannelId, message: string): void {
    const channel = this.#channel(id);
    if (channel.request !== undefined) throw new Refusal('GONE');
    channel.request = message;
    for (const wake of channel.waiting) wake();
  }

  putReply(id: ChannelId, account: AccountId, device: DeviceId, message: string): void {
    const channel = this.#ownChannel(id, account, device);
    if (channel.request === undefined || channel.reply !== undefined) throw new Refusal('GONE');
    channel.reply = message;
    for (const wake of channel.waiting) wake();
  }

  request(
    id: ChannelId,
    account: AccountId,
    device: DeviceId,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const channel = this.#ownChannel(id, account, device);
    return this.#wait(channel, () => channel.request, waitMs, signal);
  }

  /** Once: the channel is gone when its reply was fetched. */
  async reply(id: ChannelId, waitMs: number, signal: AbortSignal): Promise<string | undefined> {
    const channel = this.#channel(id);
    const reply = await this.#wait(channel, () => channel.reply, waitMs, signal);
    if (reply !== undefined) this.#channels.delete(id);
    return reply;
  }

  #expire(): void {
    for (const [id, channel] of this.#channels) {
      if (channel.expiresAt > this.clock.nowMs()) break;
      this.#channels.delete(id);
    }
  }

  #channel(id: ChannelId): Channel {
    this.#expire();
    const channel = this.#channels.get(id);
    if (!channel) throw new Refusal('GONE');
    return channel;
  }

  #ownChannel(id: ChannelId, account: AccountId, device: DeviceId): Channel {
    const channel = this.#channel(id);
    if (channel.account !== account || channel.device !== device) throw new Refusal('GONE');
    return channel;
  }

  async #wait(
    channel: Channel,
    value: () => string | undefined,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    if (value() === undefined && waitMs > 0) {
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          channel.waiting.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, waitMs);
        channel.waiting.add(done);
        signal.addEventListener('abort', done, { once: true });
      });
    }
    return value();
  }
}
