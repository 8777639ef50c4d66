import { toBase64Url } from '../../../src/base/bytes.ts';
import { SOCKET_PROTOCOL } from '../../../src/protocol/wire.ts';
import { jsonAnswer } from '../answer.ts';
import type { Deps, Ticket } from '../deps.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { CLOSE, type TickleSocket } from '../sockets.ts';
import { isListed } from './devices.ts';
import type { OpenHandler, SignedHandler } from './handler.ts';

/** `POST /v1/ticket`: a browser's WebSocket cannot carry a signature, so a signed request buys it a ticket. */
export const postTicket: SignedHandler = (deps, { account, device }) => {
  const ticket = toBase64Url(deps.random.bytes(32));
  if (deps.tickets.add(ticket, { account, device }) !== 'added') return refuse('UNAVAILABLE');
  return jsonAnswer({ ticket });
};

/** Takes the ticket, whatever becomes of the request. */
async function admit(deps: Deps, headers: Headers): Promise<Ticket | Refusal> {
  const [protocol, ticketText, ...more] = (headers.get('sec-websocket-protocol') ?? '').split(/\s*,\s*/);
  if (headers.get('upgrade')?.toLowerCase() !== 'websocket') return refuse('BAD_REQUEST');
  if (protocol !== SOCKET_PROTOCOL || ticketText === undefined || more.length > 0)
    return refuse('BAD_REQUEST');
  const ticket = deps.tickets.take(ticketText);
  if (!ticket) return refuse('UNSIGNED');
  if (!(await isListed(deps, ticket.account, ticket.device))) return refuse('UNKNOWN_DEVICE');
  return deps.sockets.hasRoom(ticket.account, ticket.device) ? ticket : refuse('TOO_MANY');
}

/** `GET /v1/ws`: tells of news by one byte, says nothing else, and listens to nothing. */
export const openSocket: OpenHandler = async (deps, _body, c) => {
  const ticket = await admit(deps, c.req.raw.headers);
  if ('refused' in ticket) return ticket;
  const { account, device } = ticket;
  let detach = (): void => {};
  const attach = (socket: TickleSocket) => {
    // Another one may have taken the last place during the handshake.
    if (!deps.sockets.hasRoom(account, device) || deps.stopping.aborted) return socket.close(CLOSE.goingAway);
    detach = deps.sockets.attach(account, device, socket);
    closeIfRemoved(deps, ticket, socket).catch((error: unknown) => {
      deps.log.trouble('socket', error);
      socket.close(CLOSE.goingAway);
    });
  };
  const answer = await deps.upgrade(c, {
    onOpen: (_event, socket) => attach(socket),
    onClose: () => detach(),
  });
  // The request said `Upgrade` but not `Connection: upgrade`, as a proxy leaves it that does not know WebSockets.
  return answer?.status === 500 ? refuse('BAD_REQUEST') : (answer as Response);
};

/** The device may have been removed between its admission and the moment when removal would have found the socket. */
async function closeIfRemoved(deps: Deps, { account, device }: Ticket, socket: TickleSocket): Promise<void> {
  if (!(await isListed(deps, account, device))) socket.close(CLOSE.policy);
}
