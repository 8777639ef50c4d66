/** A TCP proxy on this machine that counts what goes through it, each way. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Wire {
  /** Bytes to the service, and from it, with headers of HTTP. */
  readonly up: number;
  readonly down: number;
}

export interface CountingProxy {
  readonly port: number;
  /** Since the last call. */
  take(): Wire;
  close(): Promise<void>;
}

export async function startCountingProxy(to: number): Promise<CountingProxy> {
  let [up, down] = [0, 0];
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    near.on('data', (part) => {
      up += part.length;
    });
    far.on('data', (part) => {
      down += part.length;
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    take() {
      const wire = { up, down };
      [up, down] = [0, 0];
      return wire;
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
