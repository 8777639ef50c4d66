/** Keeps the channel over which the service tells of news: opened after a round, let go when the person is away. */
import type { Clock } from '../../base/clock.ts';
import type { Signer, Transport } from '../../sync/transport.ts';
import { type Channel, type ChannelEvents, openChannel } from '../../sync/transport-socket.ts';

/** Without the person the channel is let go, and the minute's alarm does. */
const IDLE_MS = 5 * 60_000;
/** Channels that do not hold are opened less and less often, since each opening is followed by a round: 2, 4, 8 … 60 s. */
const FIRST_PAUSE_MS = 2_000;
const MAX_PAUSE_MS = 60_000;
/** One that lasted this long held, and is opened again at once. */
const LASTED_MS = 10_000;

export class News {
  #channel: Channel | 'opening' | undefined;
  #notBeforeMs = 0;
  /** Channels in a row that did not hold. */
  #failures = 0;
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

  /** Listens, unless it does already or the person is away. Answers how long to wait first, in ms, where channels did not hold. */
  open(transport: Transport, signer: Signer, events: ChannelEvents): number {
    const nowMs = this.clock.nowMs();
    if (this.#channel || this.isIdle()) return 0;
    const waitMs = this.#notBeforeMs - nowMs;
    // A time that is further off comes from a clock that was wrong.
    if (waitMs > 0 && waitMs <= MAX_PAUSE_MS) return waitMs;
    this.#channel = 'opening';
    this.#notBeforeMs = nowMs + Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures += 1;
    const life = this.#life;
    const onEnd = () => {
      if (life === this.#life) this.#channel = undefined;
      if (this.clock.nowMs() - nowMs > LASTED_MS) {
        this.#notBeforeMs = 0;
        this.#failures = 0;
      }
      events.onEnd();
    };
    openChannel(transport, signer, { ...events, onEnd }).then(
      (channel) => {
        if (life !== this.#life) channel?.close();
        else if (channel) this.#channel = channel;
        // Nobody listens: whatever there is is found by asking.
        else onEnd();
      },
      (error: unknown) => {
        console.error('the channel could not be opened', error);
        if (life === this.#life) onEnd();
      },
    );
    return 0;
  }

  close(): void {
    const channel = this.#channel;
    this.#life += 1;
    this.#channel = undefined;
    // It did not fail: it is let go.
    this.#notBeforeMs = 0;
    this.#failures = 0;
    if (channel && channel !== 'opening') channel.close();
  }
}
