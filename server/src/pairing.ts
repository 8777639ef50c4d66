import type { Clock } from '../../src/base/clock.ts';
import type { AccountId, ChannelId, DeviceId } from '../../src/protocol/ids.ts';
import type { Limits } from '../../src/protocol/limits.ts';
import { ExpiringMap } from './auth/expiring-map.ts';
import type { Hub } from './notify.ts';
import { type Refusal, refuse } from './refusal.ts';

/** Bounds the memory: 2,000 channels with both messages are 64 MB. */
const MAX_CHANNELS = 2_000;

interface Inviter {
  readonly account: AccountId;
  readonly device: DeviceId;
}

interface Channel extends Inviter {
  readonly offer: string;
  readonly expiresAtMs: number;
  request: string | null;
  reply: string | null;
  used: boolean;
}

/** The news topic of a channel. */
export const pairTopic = (channel: ChannelId): string => `pair/${channel}`;

/**
 * Carries one offer, one request and one reply between two devices that know the same channel id, and looks at none of them.
 * In memory only: a restart voids codes. An expired or used channel answers `GONE` for as long again as it lived, so that its
 * id cannot be taken by somebody else, then `NOT_FOUND`.
 */
export class PairingRelay {
  readonly #channels: ExpiringMap<Channel>;

  constructor(
    private readonly clock: Clock,
    private readonly limits: Pick<Limits, 'pairSeconds'>,
    private readonly hub: Hub,
    maxChannels = MAX_CHANNELS,
  ) {
    this.#channels = new ExpiringMap(clock, 2 * limits.pairSeconds * 1000, maxChannels);
  }

  open(id: ChannelId, { account, device }: Inviter, offer: string): { readonly expiresAt: number } | Refusal {
    const expiresAtMs = this.clock.nowMs() + this.limits.pairSeconds * 1000;
    const channel = { account, device, offer, expiresAtMs, request: null, reply: null, used: false };
    const added = this.#channels.add(id, channel);
    if (added === 'exists') return refuse('EXISTS');
    if (added === 'full') return refuse('UNAVAILABLE', this.limits.pairSeconds);
    return { expiresAt: expiresAtMs };
  }

  offer(id: ChannelId): { readonly offer: string } | Refusal {
    const channel = this.#find(id);
    return 'refused' in channel ? channel : { offer: channel.offer };
  }

  /** From the joining device. Accepted once. */
  putRequest(id: ChannelId, message: string): Refusal | null {
    const channel = this.#find(id);
    if ('refused' in channel) return channel;
    if (channel.request !== null) return refuse('GONE');
    channel.request = message;
    this.hub.publish(pairTopic(id), null);
    return null;
  }

  /** For the inviting device only; to every other one there is no such channel. `null` = none yet. */
  request(id: ChannelId, by: Inviter): { readonly message: string } | Refusal | null {
    const channel = this.#findOwn(id, by);
    if ('refused' in channel) return channel;
    return channel.request === null ? null : { message: channel.request };
  }

  /** From the inviting device. Accepted once, and only after a request: before, there is nobody to reply to. */
  putReply(id: ChannelId, by: Inviter, message: string): Refusal | null {
    const channel = this.#findOwn(id, by);
    if ('refused' in channel) return channel;
    if (channel.request === null) return refuse('CONFLICT');
    if (channel.reply !== null) return refuse('GONE');
    channel.reply = message;
    this.hub.publish(pairTopic(id), null);
    return null;
  }

  /** Whether there is a reply, or never will be. Takes nothing. */
  hasReply(id: ChannelId): boolean {
    const channel = this.#find(id);
    return 'refused' in channel || channel.reply !== null;
  }

  /** For the joining device, once: the channel is used up with it. `null` = none yet. */
  takeReply(id: ChannelId): { readonly message: string } | Refusal | null {
    const channel = this.#find(id);
    if ('refused' in channel) return channel;
    if (channel.reply === null) return null;
    const message = channel.reply;
    this.#empty(channel);
    return { message };
  }

  closeAccount(account: AccountId): void {
    for (const channel of this.#channels.values()) if (channel.account === account) this.#empty(channel);
  }

  #empty(channel: Channel): void {
    channel.used = true;
    channel.request = null;
    channel.reply = null;
  }

  #find(id: ChannelId): Channel | Refusal {
    const channel = this.#channels.get(id);
    if (!channel) return refuse('NOT_FOUND');
    if (channel.expiresAtMs <= this.clock.nowMs()) this.#empty(channel);
    return channel.used ? refuse('GONE') : channel;
  }

  #findOwn(id: ChannelId, by: Inviter): Channel | Refusal {
    const channel = this.#channels.get(id);
    if (channel?.account !== by.account || channel.device !== by.device) return refuse('NOT_FOUND');
    return this.#find(id);
  }
}
