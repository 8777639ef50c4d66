/** Every route that needs a signature, with a request that its owner may make. */
import { type Bytes, toBase64Url, utf8 } from '../../../src/base/bytes.ts';
import type { ChannelId } from '../../../src/protocol/ids.ts';
import { PATHS } from '../../../src/protocol/routes.ts';
import { slotOf } from '../contract/store-contract.ts';
import { frameOf, type RequestOptions } from './client.ts';

export const CHANNEL = toBase64Url(new Uint8Array(16).fill(7)) as ChannelId;
export const MESSAGE = toBase64Url(utf8('sealed'));

export interface SignedRoute {
  readonly method: string;
  readonly path: string;
  readonly options?: RequestOptions & { readonly body?: Bytes };
  /** How much it reads; 0 = no body. */
  readonly maxBody: number;
}

const json = (value: unknown) => ({ body: utf8(JSON.stringify(value)) });
const list = { body: 'e30', signature: 'e30' };

export const SIGNED_ROUTES: readonly SignedRoute[] = [
  { method: 'GET', path: PATHS.account, maxBody: 0 },
  { method: 'DELETE', path: PATHS.account, maxBody: 0 },
  { method: 'GET', path: PATHS.devices, maxBody: 0 },
  { method: 'POST', path: PATHS.devices, options: json({ list }), maxBody: 36 * 1024 },
  { method: 'GET', path: PATHS.object(slotOf(1)), maxBody: 0 },
  {
    method: 'PUT',
    path: PATHS.object(slotOf(1)),
    options: { body: utf8('x'), headers: { 'if-none-match': '*' } },
    maxBody: 512 * 1024,
  },
  { method: 'DELETE', path: PATHS.object(slotOf(1)), maxBody: 0 },
  {
    method: 'POST',
    path: PATHS.batch,
    options: { body: frameOf([{ op: 'delete', slot: slotOf(1) }]) },
    maxBody: 1024 * 1024,
  },
  { method: 'POST', path: PATHS.get, options: json({ slots: [slotOf(1)] }), maxBody: 1024 * 1024 },
  { method: 'GET', path: `${PATHS.changes}?since=0`, maxBody: 0 },
  { method: 'GET', path: PATHS.export, maxBody: 0 },
  { method: 'POST', path: PATHS.ticket, maxBody: 0 },
  { method: 'POST', path: PATHS.pair(CHANNEL), options: json({ offer: MESSAGE }), maxBody: 256 },
  { method: 'GET', path: PATHS.pairRequest(CHANNEL), maxBody: 0 },
  {
    method: 'PUT',
    path: PATHS.pairReply(CHANNEL),
    options: json({ message: MESSAGE }),
    maxBody: 16 * 1024 + 256,
  },
];

export const nameOf = ({ method, path }: SignedRoute): string => `${method} ${path}`;
