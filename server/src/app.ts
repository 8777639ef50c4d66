/** Every route of the sync service. */
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { PATHS } from '../../src/protocol/routes.ts';
import { ACCOUNT_HEADER, DIGEST_HEADER } from '../../src/protocol/signature.ts';
import { jsonAnswer, refusalAnswer } from './answer.ts';
import type { Deps } from './deps.ts';
import { accessLog, failureAnswer, gate } from './edge.ts';
import { refuse } from './refusal.ts';
import { createAccount, deleteAccount, getAccount } from './routes/account.ts';
import { postBatch } from './routes/batch.ts';
import { getChanges } from './routes/changes.ts';
import { getDevices, postDevices } from './routes/devices.ts';
import { getExport } from './routes/export.ts';
import {
  type Env,
  type HolderHandler,
  type OpenHandler,
  open,
  type SignedHandler,
  signed,
  signedByHolder,
} from './routes/handler.ts';
import { deleteObject, getObject, getObjects, putObject } from './routes/objects.ts';
import { getOffer, getReply, getRequest, postOffer, putReply, putRequest } from './routes/pair.ts';
import { openSocket, postTicket } from './routes/socket.ts';

/** A signed device list as JSON, see `signedListSchema`. */
const LIST_BYTES = 36 * 1024;
/** What JSON adds to a pairing message. */
const JSON_BYTES = 256;

/** Any origin may call, and none is trusted for it: the signature is the only authority, and there are no cookies. */
const anyOrigin = cors({
  origin: '*',
  allowMethods: ['GET', 'PUT', 'POST', 'DELETE'],
  allowHeaders: [
    'content-type',
    DIGEST_HEADER,
    'signature',
    'signature-input',
    ACCOUNT_HEADER,
    'if-match',
    'if-none-match',
  ],
  exposeHeaders: ['ETag', 'Retry-After'],
  maxAge: 7_200,
});

export function createApp(deps: Deps): Hono<Env> {
  const { limits } = deps;
  const messageBytes = limits.pairMessageBytes + JSON_BYTES;
  const anyone = (maxBodyBytes: number, handler: OpenHandler) => open(deps, maxBodyBytes, handler);
  const device = (maxBodyBytes: number, handler: SignedHandler) => signed(deps, maxBodyBytes, handler);
  /** A device, or who has the recovery phrase. */
  const holder = (maxBodyBytes: number, handler: HolderHandler) =>
    signedByHolder(deps, maxBodyBytes, handler);

  const app = new Hono<Env>();
  app.use(accessLog(deps), anyOrigin, gate(deps));
  app.notFound(() => refusalAnswer(refuse('NOT_FOUND'), deps.clock));
  app.onError((error) => failureAnswer(deps, error));

  app.get(
    PATHS.health,
    anyone(0, () => jsonAnswer({ ok: true })),
  );
  app.get(
    PATHS.limits,
    anyone(0, () => jsonAnswer(limits)),
  );

  app.post(PATHS.account, anyone(LIST_BYTES, createAccount));
  app.get(PATHS.account, device(0, getAccount));
  app.delete(PATHS.account, device(0, deleteAccount));
  app.get(PATHS.devices, holder(0, getDevices));
  app.post(PATHS.devices, holder(LIST_BYTES, postDevices));

  app.get(PATHS.object(':slot'), device(0, getObject));
  app.put(PATHS.object(':slot'), device(limits.bodyBytes, putObject));
  app.delete(PATHS.object(':slot'), device(0, deleteObject));
  app.post(PATHS.batch, device(limits.requestBytes, postBatch));
  app.post(PATHS.get, device(limits.requestBytes, getObjects));
  app.get(PATHS.changes, device(0, getChanges));
  app.get(PATHS.export, device(0, getExport));

  app.post(PATHS.ticket, device(0, postTicket));
  app.get(PATHS.socket, anyone(0, openSocket));

  app.post(PATHS.pair(':channel'), device(JSON_BYTES, postOffer));
  app.get(PATHS.pair(':channel'), anyone(0, getOffer));
  app.put(PATHS.pairRequest(':channel'), anyone(messageBytes, putRequest));
  app.get(PATHS.pairRequest(':channel'), device(0, getRequest));
  app.put(PATHS.pairReply(':channel'), device(messageBytes, putReply));
  app.get(PATHS.pairReply(':channel'), anyone(0, getReply));
  return app;
}
