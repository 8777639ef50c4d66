/** A small signing client: what an honest device sends, and every way to get it wrong. */
import { createSignature, webcrypto } from 'http-message-sig';
import { type Bytes, toBase64Url, utf8 } from '../../../src/base/bytes.ts';
import { encodeFrame } from '../../../src/protocol/frame.ts';
import type { AccountId, Etag, Slot } from '../../../src/protocol/ids.ts';
import { PATHS } from '../../../src/protocol/routes.ts';
import {
  ACCOUNT_HEADER,
  contentDigest,
  DIGEST_HEADER,
  SIGNATURE_LABEL,
  SIGNED_COMPONENTS,
} from '../../../src/protocol/signature.ts';
import type { SignedList } from '../../../src/protocol/wire.ts';
import { sha256 } from '../../src/auth/digest.ts';
import { newAccount, randomBytes, type TestAccount, type TestDevice } from './identity.ts';

export type Send = (request: Request) => Promise<Response> | Response;

/** Deviations from an honest request. */
export interface Twist {
  readonly createdSeconds?: number;
  readonly nonce?: string;
  readonly keyid?: string;
  readonly label?: string;
  readonly components?: readonly string[];
  readonly parameters?: Readonly<Record<string, string | number | undefined>>;
  /** Signed and sent as the digest. */
  readonly digest?: string;
  /** Done to the headers after signing. */
  readonly after?: (headers: Headers) => void;
  /** The body that is really sent. */
  readonly sentBody?: BodyInit;
}

export interface RequestOptions {
  readonly body?: Bytes | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly twist?: Twist;
}

export const digestOf = async (body: Bytes): Promise<string> =>
  contentDigest(btoa(String.fromCharCode(...(await sha256(body)))));

/** A batch as it travels. */
export interface BatchOptions {
  readonly key?: string;
  readonly atomic?: boolean;
}
export type ClientWrite =
  | { readonly op: 'put'; readonly slot: Slot; readonly ifMatch: Etag | null; readonly body: Bytes }
  | { readonly op: 'delete'; readonly slot: Slot; readonly ifMatch?: Etag };

export const frameOf = (ops: readonly ClientWrite[], { key, atomic = false }: BatchOptions = {}): Bytes =>
  encodeFrame(
    {
      key: key ?? toBase64Url(randomBytes(16)),
      atomic,
      ops: ops.map((op) =>
        op.op === 'put' ? { op: op.op, slot: op.slot, ifMatch: op.ifMatch, size: op.body.length } : op,
      ),
    },
    ops.flatMap((op) => (op.op === 'put' ? [op.body] : [])),
  );

/** Unsigned. */
export const plainRequest = (
  origin: string,
  method: string,
  path: string,
  { body, headers, signal }: RequestOptions = {},
): Request =>
  new Request(`${origin}${path}`, {
    method,
    ...(headers ? { headers } : {}),
    ...(body === undefined ? {} : { body }),
    ...(signal ? { signal } : {}),
  });

export class TestClient {
  constructor(
    readonly send: Send,
    readonly origin: string,
    readonly nowMs: () => number,
    readonly account: AccountId,
    readonly device: TestDevice,
  ) {}

  /** The same service and account from another device. */
  as(device: TestDevice, account = this.account): TestClient {
    return new TestClient(this.send, this.origin, this.nowMs, account, device);
  }

  async signedRequest(method: string, path: string, options: RequestOptions = {}): Promise<Request> {
    const { twist = {} } = options;
    const body = typeof options.body === 'string' ? utf8(options.body) : (options.body ?? new Uint8Array(0));
    const headers = new Headers(options.headers);
    headers.set(DIGEST_HEADER, twist.digest ?? (await digestOf(body)));
    headers.set(ACCOUNT_HEADER, this.account);
    const targetUri = `${this.origin}${path}`;
    const fields = [...headers].map(([name, value]) => ({ name, value }));
    const signature = await createSignature(
      { kind: 'request', method, targetUri, fields },
      {
        label: twist.label ?? SIGNATURE_LABEL,
        components: twist.components ?? SIGNED_COMPONENTS,
        parameters: {
          created: twist.createdSeconds ?? Math.floor(this.nowMs() / 1000),
          nonce: twist.nonce ?? toBase64Url(randomBytes(16)),
          keyid: twist.keyid ?? this.device.id,
          ...twist.parameters,
        },
        signer: webcrypto.signer(this.device.key.privateKey),
      },
    );
    headers.set('signature', signature.signature);
    headers.set('signature-input', signature.signatureInput);
    twist.after?.(headers);
    const sent = twist.sentBody ?? (options.body === undefined ? undefined : body);
    return new Request(targetUri, {
      method,
      headers,
      ...(sent === undefined ? {} : { body: sent, duplex: 'half' }),
      ...(options.signal ? { signal: options.signal } : {}),
    } as RequestInit);
  }

  async call(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
    return this.send(await this.signedRequest(method, path, options));
  }

  put(slot: Slot, body: Bytes, ifMatch: Etag | null = null): Promise<Response> {
    const headers: Record<string, string> =
      ifMatch === null ? { 'if-none-match': '*' } : { 'if-match': `"${ifMatch}"` };
    return this.call('PUT', PATHS.object(slot), { body, headers });
  }

  get(slot: Slot): Promise<Response> {
    return this.call('GET', PATHS.object(slot));
  }

  batch(ops: readonly ClientWrite[], options: BatchOptions = {}): Promise<Response> {
    return this.call('POST', PATHS.batch, { body: frameOf(ops, options) });
  }

  postList(list: SignedList): Promise<Response> {
    return this.call('POST', PATHS.devices, { body: JSON.stringify({ list }) });
  }
}

export const postAccount = (send: Send, origin: string, list: SignedList) =>
  send(plainRequest(origin, 'POST', PATHS.account, { body: JSON.stringify({ list }) }));

/** A new account at the service, and its first device. */
export async function joinService(
  send: Send,
  origin: string,
  nowMs: () => number,
): Promise<TestClient & { readonly made: TestAccount }> {
  const made = await newAccount();
  const response = await postAccount(send, origin, made.first.signed);
  if (response.status !== 201) throw new Error(`the account was not made: ${response.status}`);
  return Object.assign(new TestClient(send, origin, nowMs, made.id, made.device), { made });
}
