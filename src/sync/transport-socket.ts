/**
 * How a device hears of news at once: a WebSocket that says "there is news" with one byte and nothing else, or, where no
 * WebSocket gets through (old proxies), a request for changes that is answered when there are some (long poll).
 */
import { PATHS } from '../protocol/routes.ts';
import { changesAnswerSchema, SOCKET_PROTOCOL, ticketSchema } from '../protocol/wire.ts';
import type { Signer, Transport } from './transport.ts';

/** Chromium stops a worker that hears nothing for 30 seconds; a sent message counts. */
const KEEP_ALIVE_MS = 20_000;
/** A socket that is not open by then does not get through. */
const OPEN_MS = 10_000;

export interface Channel {
  close(): void;
}

export interface ChannelEvents {
  /** Up to where this device knows the feed. */
  since(): Promise<number>;
  /** There is news; resolves when it was looked at. */
  onNews(): Promise<void>;
  /** Called once, whatever ended the channel. */
  onEnd(): void;
}

/** Opens a channel, or resolves with `null` when the service cannot be reached. */
export async function openChannel(
  transport: Transport,
  signer: Signer,
  events: ChannelEvents,
): Promise<Channel | null> {
  const ticket = await transport.json(ticketSchema, { method: 'POST', path: PATHS.ticket }, signer);
  if (!ticket.ok) return null;
  const url = `${transport.origin.replace(/^http/, 'ws')}${PATHS.socket}`;
  const socket = await openSocket(url, [SOCKET_PROTOCOL, ticket.value.ticket], events);
  return socket ?? longPoll(transport, signer, events);
}

/** `null` when it cannot be made, closes before it is open, or does not open in time. */
function openSocket(url: string, protocols: string[], events: ChannelEvents): Promise<Channel | null> {
  return new Promise((resolve) => {
    let socket: WebSocket;
    try {
      socket = new WebSocket(url, protocols);
    } catch {
      return resolve(null);
    }
    let opened = false;
    const tooLate = setTimeout(() => {
      clearInterval(keepAlive);
      socket.onclose = null;
      socket.onmessage = null;
      socket.close();
      resolve(null);
    }, OPEN_MS);
    const keepAlive = setInterval(() => {
      if (opened) socket.send('ping');
    }, KEEP_ALIVE_MS);
    socket.onopen = () => {
      opened = true;
      clearTimeout(tooLate);
      resolve({ close: () => socket.close() });
    };
    socket.onmessage = () => void events.onNews();
    socket.onclose = () => {
      clearTimeout(tooLate);
      clearInterval(keepAlive);
      if (opened) events.onEnd();
      else resolve(null);
    };
  });
}

/** Ends with the first request that fails, and when what was announced could not be fetched: then it is up to the retries. */
function longPoll(transport: Transport, signer: Signer, events: ChannelEvents): Channel {
  const closing = new AbortController();
  const ask = async (): Promise<boolean> => {
    const since = await events.since();
    const answer = await transport.json(
      changesAnswerSchema,
      {
        method: 'GET',
        path: `${PATHS.changes}?since=${since}&limit=1&wait=${transport.limits.waitSeconds}`,
        signal: closing.signal,
      },
      signer,
    );
    if (!answer.ok || closing.signal.aborted) return false;
    if (answer.value.head === since) return true;
    await events.onNews();
    return (await events.since()) > since;
  };
  (async () => {
    while (await ask());
  })()
    .catch((error: unknown) => console.error('waiting for news failed', error))
    .finally(() => events.onEnd());
  return { close: () => closing.abort() };
}
