/** One-use passes for opening a WebSocket, which cannot carry a signature: 30 seconds, in memory. */
import { toBase64Url } from '../../src/base/bytes.ts';
import type { Clock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import type { AccountId, DeviceId } from '../../src/protocol/ids.ts';

const TICKET_MS = 30_000;

interface Pass {
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly until: number;
}

export class Tickets {
  readonly #passes = new Map<string, Pass>();

  constructor(private readonly clock: Clock) {}

  issue(account: AccountId, device: DeviceId): string {
    const now = this.clock.nowMs();
    for (const [ticket, { until }] of this.#passes) {
      if (until > now) break;
      this.#passes.delete(ticket);
    }
    const ticket = toBase64Url(systemRandom.bytes(24));
    this.#passes.set(ticket, { account, device, until: now + TICKET_MS });
    return ticket;
  }

  redeem(ticket: string): Pass | null {
    const pass = this.#passes.get(ticket);
    this.#passes.delete(ticket);
    return pass && pass.until > this.clock.nowMs() ? pass : null;
  }
}
