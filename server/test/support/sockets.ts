/** WebSockets as a device opens them, and connections that say whatever a test wants. */
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import { PATHS } from '../../../src/protocol/routes.ts';
import { SOCKET_PROTOCOL } from '../../../src/protocol/wire.ts';
import type { TestClient } from './client.ts';

export const ticketOf = async (client: TestClient): Promise<string> =>
  ((await (await client.call('POST', PATHS.ticket)).json()) as { ticket: string }).ticket;

export interface OpenSocket {
  readonly socket: WebSocket;
  /** Everything it was sent, as text. */
  readonly got: readonly string[];
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
}

/** Resolves when it is open, or with the status of the refusal. */
export function openWith(url: string, protocols: string[], path: string = PATHS.socket) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, protocols);
  const got: string[] = [];
  socket.on('message', (data) => got.push(String(data)));
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  return new Promise<OpenSocket | number>((resolve, reject) => {
    socket.once('open', () => resolve({ socket, got, closed }));
    socket.once('unexpected-response', (request, response) => {
      response.resume();
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', (error) => {
      if (socket.readyState === WebSocket.CONNECTING) reject(error);
    });
  });
}

/** With a new ticket. @throws Error when it was refused. */
export async function openSocket(client: TestClient): Promise<OpenSocket> {
  const open = await openWith(client.origin, [SOCKET_PROTOCOL, await ticketOf(client)]);
  if (typeof open === 'number') throw new Error(`refused: ${open}`);
  return open;
}

/** A connection without a protocol. */
export interface RawConnection {
  readonly socket: Socket;
  received(): string;
  /** The other side says nothing more. */
  readonly ended: Promise<void>;
  /** Resolves when the other side has forgotten the connection: it answers to more bytes with a reset. */
  gone(): Promise<void>;
}

/** Never closes by itself, also not when the other side does. */
export async function rawConnection(url: string, text: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  let received = '';
  socket.setEncoding('latin1').on('data', (data: string) => {
    received += data;
  });
  socket.on('error', () => {});
  const ended = new Promise<void>((resolve) => {
    socket.once('end', resolve).once('close', () => resolve());
  });
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  socket.write(text);
  const gone = async () => {
    const poke = setInterval(() => socket.write('x'), 50);
    await closed;
    clearInterval(poke);
  };
  return { socket, received: () => received, ended, gone };
}
