/** The tickle: a WebSocket that says "there is news" with one byte and nothing else. */
import { PATHS } from '../protocol/routes.ts';
import { SOCKET_PROTOCOL, ticketSchema } from '../protocol/wire.ts';
import type { Signer, Transport } from './transport.ts';

/** Chromium stops a worker that hears nothing for 30 seconds; a sent message counts. */
const KEEP_ALIVE_MS = 20_000;

export interface Channel {
  close(): void;
}

/** Opens a channel, or resolves with `null` when the service cannot be reached. `onEnd` is called once, whatever ended it. */
export async function openChannel(
  transport: Transport,
  signer: Signer,
  onNews: () => void,
  onEnd: () => void,
): Promise<Channel | null> {
  const ticket = await transport.json(ticketSchema, { method: 'POST', path: PATHS.ticket }, signer);
  if (!ticket.ok) return null;
  const url = `${transport.origin.replace(/^http/, 'ws')}${PATHS.socket}`;
  const socket = new WebSocket(url, [SOCKET_PROTOCOL, ticket.value.ticket]);
  const keepAlive = setInterval(() => {
    if (socket.readyState === WebSocket.OPEN) socket.send('ping');
  }, KEEP_ALIVE_MS);
  socket.onmessage = onNews;
  socket.onclose = () => {
    clearInterval(keepAlive);
    onEnd();
  };
  return { close: () => socket.close() };
}
