/** Keeps the channel over which the service tells of news: opened after a round, let go when the person is away. */
import type { Clock } from '../../base/clock.ts';
import type { Signer, Transport } from '../../sync/transport.ts';
import { type Channel, type ChannelEvents, openChannel } from '../../sync/transport-socket.ts';

/** Without the person the channel is let go, and the minute's alarm does. */
const IDLE_MS = 5 * 60_000;
/** A channel that does not hold is not opened more often than this: each opening is followed by a round. */
const PAUSE_MS = 60_000;
/** One that lasted is opened again at once. */
const LASTED_MS = 10_000;

export class News {
  #channel: Channel | 'opening' | undefined;
  #notBeforeMs = 0;
  #activeAtMs = 0;
  /** Counts up with every `close`, so that what opens late is not kept. */
  #life = 0;

  constructor(private readonly clock: Clock) {}

  /** The person did something here. */
  active(): void {
    this.#activeAtMs = this.clock.nowMs();
  }

  isIdle(): boolean {
    return this.clock.nowMs() - this.#activeAtMs > IDLE_MS;
  }

  /** Listens, unless it does already, the person is away, or the last channel ended too soon. */
  open(transport: Transport, signer: Signer, events: ChannelEvents): void {
    const nowMs = this.clock.nowMs();
    const tooSoon = nowMs < this.#notBeforeMs && this.#notBeforeMs <= nowMs + PAUSE_MS;
    if (this.#channel || this.isIdle() || tooSoon) return;
    this.#channel = 'opening';
    this.#notBeforeMs = nowMs + PAUSE_MS;
    const life = this.#life;
    const onEnd = () => {
      if (life === this.#life) this.#channel = undefined;
      if (this.clock.nowMs() - nowMs > LASTED_MS) this.#notBeforeMs = 0;
      events.onEnd();
    };
    openChannel(transport, signer, { ...events, onEnd }).then(
      (channel) => {
        if (life !== this.#life) channel?.close();
        else this.#channel = channel ?? undefined;
      },
      () => {
        if (life === this.#life) this.#channel = undefined;
      },
    );
  }

  close(): void {
    const channel = this.#channel;
    this.#life += 1;
    this.#channel = undefined;
    if (channel && channel !== 'opening') channel.close();
  }
}
