import type { AccountId, DeviceId } from '../../src/protocol/ids.ts';
import { TICKLE } from '../../src/protocol/wire.ts';
import { deviceKey } from './auth/authenticate.ts';
import type { Hub } from './notify.ts';

/** The part of a WebSocket that is needed here. */
export interface TickleSocket {
  send(data: string): void;
  close(code: number, reason?: string): void;
  /** The runtime's own socket. */
  readonly raw?: unknown;
}

/** Close codes of RFC 6455 §7.4.1. */
export const CLOSE = { goingAway: 1001, policy: 1008 } as const;

/** Many times what a peer that reads ever leaves waiting. */
const MAX_WAITING_BYTES = 1_024;

/** What was sent and has not left this process, where the runtime tells. */
const waitingBytes = ({ raw }: TickleSocket): number =>
  typeof raw === 'object' && raw !== null && 'bufferedAmount' in raw ? Number(raw.bufferedAmount) : 0;

interface Open {
  readonly socket: TickleSocket;
  readonly detach: () => void;
}

/** The open sockets. Each is told when another device made news. */
export class Sockets {
  /** By `deviceKey`, which begins with the account. */
  readonly #open = new Map<string, Set<Open>>();

  constructor(
    private readonly hub: Hub,
    private readonly maxPerDevice: number,
  ) {}

  hasRoom(account: AccountId, device: DeviceId): boolean {
    return (this.#open.get(deviceKey(account, device))?.size ?? 0) < this.maxPerDevice;
  }

  /** Tickles once at the start. @returns what to call when the socket closed. */
  attach(account: AccountId, device: DeviceId, socket: TickleSocket): () => void {
    const key = deviceKey(account, device);
    const stopListening = this.hub.listen(account, (from) => {
      // A tickle that has not left yet says all that another one would: a peer that does not read costs no memory.
      if (from !== device && waitingBytes(socket) <= MAX_WAITING_BYTES) socket.send(TICKLE);
    });
    const detach = () => {
      stopListening();
      const mine = this.#open.get(key);
      mine?.delete(open);
      if (mine?.size === 0) this.#open.delete(key);
    };
    const open: Open = { socket, detach };
    this.#open.set(key, (this.#open.get(key) ?? new Set()).add(open));
    socket.send(TICKLE);
    return detach;
  }

  closeDevice(account: AccountId, device: DeviceId): void {
    this.#close(CLOSE.policy, (key) => key === deviceKey(account, device));
  }

  closeAccount(account: AccountId): void {
    this.#close(CLOSE.policy, (key) => key.startsWith(account));
  }

  closeAll(): void {
    this.#close(CLOSE.goingAway, () => true);
  }

  #close(code: number, chosen: (key: string) => boolean): void {
    for (const [key, mine] of [...this.#open]) {
      if (!chosen(key)) continue;
      for (const { socket, detach } of [...mine]) {
        detach();
        socket.close(code);
      }
    }
  }
}
