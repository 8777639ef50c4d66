/**
 * Connections that ask for an upgrade. Node hands them over for good: none of the HTTP server's time limits holds for them
 * any more, and `closeAllConnections` does not know them. This keeps hold of them instead.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

const REFUSAL = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Takes the place of the one listener that answers WebSocket handshakes (it stays the only one for it: it refuses nothing
 * where there are others). What asks for anything but a WebSocket is refused here; the listener would leave it open, unanswered.
 *
 * @param lingerMs for a peer that was told the end and does not hang up.
 * @returns how to end all of them at once.
 */
export function guardUpgrades(server: Server, lingerMs: number): () => void {
  const [answer] = server.listeners('upgrade') as UpgradeListener[];
  const open = new Set<Duplex>();
  server.removeAllListeners('upgrade');
  server.on('upgrade', (request, socket: Duplex, head) => {
    let linger: NodeJS.Timeout | undefined;
    open.add(socket);
    socket.once('finish', () => {
      linger = setTimeout(() => socket.destroy(), lingerMs);
    });
    socket.once('close', () => {
      clearTimeout(linger);
      open.delete(socket);
    });
    if (answer && request.headers.upgrade?.toLowerCase() === 'websocket') {
      answer.call(server, request, socket, head);
      return;
    }
    socket.on('error', () => {});
    socket.end(REFUSAL);
  });
  return () => {
    for (const socket of open) socket.destroy();
  };
}
