import type { createAdaptorServer } from '@hono/node-server';
import { type WebSocket, WebSocketServer } from 'ws';
import { SOCKET_PROTOCOL } from '../../src/protocol/wire.ts';

/** A client has nothing to say but `ping`. */
const MESSAGE_BYTES = 64;

/** Finishes WebSocket handshakes for another server, and ends sockets that say more than they may (close code 1009). */
export function createSocketServer(): WebSocketServer {
  return new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SOCKET_PROTOCOL) ? SOCKET_PROTOCOL : false),
  });
}

type AdaptorSockets = NonNullable<Parameters<typeof createAdaptorServer>[0]['websocket']>;

/** The two packages fit, as @hono/node-server documents; their types do not under `exactOptionalPropertyTypes`. */
export const forAdaptor = (server: WebSocketServer): AdaptorSockets => ({
  server: server as unknown as AdaptorSockets['server'],
});

/**
 * A peer that vanished without a word answers no ping: its socket is ended, and its place is free again.
 * @returns how to stop.
 */
export function startHeartbeat(server: WebSocketServer, everyMs: number): () => void {
  const answered = new WeakSet<WebSocket>();
  server.on('connection', (socket) => {
    answered.add(socket);
    socket.on('pong', () => answered.add(socket));
  });
  const timer = setInterval(() => {
    for (const socket of server.clients) {
      if (!answered.delete(socket)) socket.terminate();
      else socket.ping();
    }
  }, everyMs);
  return () => clearInterval(timer);
}
