/**
 * The service over HTTP: signed requests (RFC 9421), parsed answers, failures as sentences. The service is not trusted:
 * every answer is parsed and bounded.
 *
 * Over 300 lines, because what an answer may be, and what each failure is called, is judged in one place.
 */
import { createSignature } from 'http-message-sig';
import * as v from 'valibot';
import { type Bytes, concat, toBase64Url } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import { type Failure, fail, ok, type Result } from '../base/result.ts';
import { sha256 } from '../crypto/primitives.ts';
import { sign } from '../crypto/signing.ts';
import type { AccountId, DeviceId } from '../protocol/ids.ts';
import { LIMITS, type Limits } from '../protocol/limits.ts';
import {
  ACCOUNT_HEADER,
  contentDigest,
  DIGEST_HEADER,
  SIGNATURE_LABEL,
  SIGNED_COMPONENTS,
} from '../protocol/signature.ts';
import { errorSchema } from '../protocol/wire.ts';

export interface TransportFailure extends Failure {
  readonly status: number;
  /** From `Retry-After`, in ms. */
  readonly retryAfterMs?: number;
  readonly body?: Bytes;
}

/** Who signs. */
export interface Signer {
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly key: CryptoKey;
}

export interface Answer {
  readonly status: number;
  readonly body: Bytes;
}

export interface Call {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: Bytes;
  readonly type?: string;
  readonly signal?: AbortSignal;
  /** The most that the answer may take, where that is more than of others. */
  readonly answerBytes?: number;
}

/** A request ends after this; a long poll is bounded by the service's own limit. */
const TIMEOUT_MS = 40_000;
/** A clock that is further off than this is not corrected (ms). */
const MAX_OFFSET_MS = 48 * 3_600_000;

export const isThisComputer = (url: string): boolean =>
  ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);

/** The address as it is used, or `null`: https, or http to this computer only. */
export function serviceAddress(typed: string): string | null {
  if (!URL.canParse(typed)) return null;
  const url = new URL(typed);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isThisComputer(typed))) return null;
  return url.username || url.password || url.search || url.hash || url.pathname !== '/' ? null : url.origin;
}

const UNREACHABLE = 'The sync service does not answer. Check its address, and that it is running.';

const SENTENCES: Readonly<Record<string, string>> = {
  UNKNOWN_DEVICE: 'This device is not part of the account any more. Join again with a new pairing code.',
  NOT_FOUND: 'The sync service does not have this. Check the address and the code.',
  GONE: 'This pairing code was used or has expired. Make a new one on the other device.',
  EXISTS: 'This pairing code was used already. Make a new one on the other device.',
  TOO_MANY: 'The sync service asks to wait before the next try.',
  QUOTA: 'The account is full at the sync service. Delete old records, or ask the host for more room.',
  UNAVAILABLE: 'The sync service is not ready. It will be tried again.',
  CLOCK_SKEW:
    'The date or time of this device is wrong by more than two days. Set it right, then sync goes on; nothing was lost.',
  TOO_LARGE: 'The sync service takes less at once than it should. Tell its host; nothing was lost.',
};

/** Refusals of a signature, not of what was asked. */
const SIGN_ANEW: ReadonlySet<string> = new Set(['CLOCK_SKEW', 'REPLAYED']);
/** What a proxy says when the service behind it is away or busy; without the service's own words. */
const FOR_NOW: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** However long a service asks to wait, no longer than this (seconds). */
const MAX_RETRY_AFTER = 6 * 3600;

/** A refusal with its sentence. */
export const refusal = (
  code: string,
  status: number,
): { readonly ok: false; readonly error: TransportFailure } => ({
  ok: false,
  error: {
    code,
    status,
    message: SENTENCES[code] ?? `The sync service refused (${code}). Update ARQ Context or the service.`,
  },
});

export class Transport {
  #offsetMs = 0;
  /** What may be asked of the service and sent to it (sync/limits.ts). */
  limits: Limits = LIMITS;

  constructor(
    readonly origin: string,
    private readonly clock: Clock,
    private readonly request: typeof fetch = (...args) => fetch(...args),
  ) {}

  /**
   * Signed when `signer` is given. A clock that is off is corrected and the call repeated once; so is a call whose nonce
   * was used already, because the network or the browser sent it twice.
   */
  async call(call: Call, signer?: Signer): Promise<Result<Answer, TransportFailure>> {
    const first = await this.#once(call, signer);
    if (first.ok || !signer || !SIGN_ANEW.has(first.error.code)) return first;
    return this.#once(call, signer);
  }

  /** The same, with the answer parsed as JSON. An answer of another form is a failure. */
  async json<S extends v.GenericSchema>(
    schema: S,
    call: Call,
    signer?: Signer,
  ): Promise<Result<v.InferOutput<S>, TransportFailure>> {
    const answer = await this.call(call, signer);
    if (!answer.ok) return answer;
    try {
      return ok(v.parse(schema, JSON.parse(new TextDecoder().decode(answer.value.body))));
    } catch {
      return notAService(answer.value.status);
    }
  }

  /** The same for an answer that may be long: its bytes as they come. Ends with an error when none came for a while. */
  async stream(call: Call, signer: Signer): Promise<Result<ReadableStream<Bytes>, TransportFailure>> {
    const first = await this.#streamOnce(call, signer);
    if (first.ok || !SIGN_ANEW.has(first.error.code)) return first;
    return this.#streamOnce(call, signer);
  }

  async #streamOnce(call: Call, signer: Signer): Promise<Result<ReadableStream<Bytes>, TransportFailure>> {
    const silence = new Silence(TIMEOUT_MS);
    try {
      const signal = call.signal ? AbortSignal.any([call.signal, silence.signal]) : silence.signal;
      const response = await this.#fetch({ ...call, signal }, signer);
      silence.heard();
      if (!response.ok || !response.body)
        return this.#failure(
          response,
          new Uint8Array(await response.arrayBuffer().finally(() => silence.end())),
        );
      return ok(response.body.pipeThrough(silence.watch()));
    } catch {
      silence.end();
      return unreachable();
    }
  }

  async #fetch(call: Call, signer: Signer | undefined): Promise<Response> {
    const headers = new Headers();
    const body = call.body ?? new Uint8Array(0);
    if (call.type !== undefined) headers.set('content-type', call.type);
    const url = `${this.origin}${call.path}`;
    if (signer) await this.#sign(call.method, url, headers, body, signer);
    return this.request(url, {
      method: call.method,
      headers,
      ...(call.body === undefined ? {} : { body }),
      // A redirect would carry a signed request to another place.
      redirect: 'error',
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      ...(call.signal ? { signal: call.signal } : {}),
    });
  }

  async #once(call: Call, signer: Signer | undefined): Promise<Result<Answer, TransportFailure>> {
    const mostBytes = call.answerBytes ?? LIMITS.requestBytes + LIMITS.bodyBytes;
    let response: Response;
    let bytes: Bytes | null;
    try {
      const timeout = AbortSignal.timeout(TIMEOUT_MS);
      const signal = call.signal ? AbortSignal.any([call.signal, timeout]) : timeout;
      response = await this.#fetch({ ...call, signal }, signer);
      bytes = await readAtMost(response, mostBytes);
    } catch {
      return unreachable();
    }
    if (!bytes) return notAService(response.status);
    if (response.ok) return ok({ status: response.status, body: bytes });
    return this.#failure(response, bytes);
  }

  async #sign(method: string, url: string, headers: Headers, body: Bytes, signer: Signer): Promise<void> {
    const digest = await sha256(body);
    headers.set(DIGEST_HEADER, contentDigest(btoa(String.fromCharCode(...digest))));
    headers.set(ACCOUNT_HEADER, signer.account);
    const fields = [...headers].map(([name, value]) => ({ name, value }));
    const signature = await createSignature(
      { kind: 'request', method, targetUri: url, fields },
      {
        label: SIGNATURE_LABEL,
        components: SIGNED_COMPONENTS,
        parameters: {
          created: Math.floor((this.clock.nowMs() + this.#offsetMs) / 1000),
          nonce: toBase64Url(systemRandom.bytes(16)),
          keyid: signer.device,
        },
        signer: { algorithm: 'ed25519', sign: (data) => sign(signer.key, new Uint8Array(data)) },
      },
    );
    headers.set('signature', signature.signature);
    headers.set('signature-input', signature.signatureInput);
  }

  #failure(response: Response, bytes: Bytes): Result<never, TransportFailure> {
    let parsed: { code: string; serverTime?: unknown };
    try {
      parsed = v.parse(errorSchema, JSON.parse(new TextDecoder().decode(bytes)));
    } catch {
      const { status } = response;
      if (FOR_NOW.has(status)) return this.#refused(response, status === 429 ? 'TOO_MANY' : 'UNAVAILABLE');
      // 412 answers a single write with the body that is in the way.
      return status === 412
        ? { ok: false, error: { code: 'CONFLICT', status, message: 'Changed meanwhile.', body: bytes } }
        : notAService(status);
    }
    const { code, serverTime } = parsed;
    if (code === 'CLOCK_SKEW' && typeof serverTime === 'number') {
      const offset = serverTime - this.clock.nowMs();
      if (Math.abs(offset) <= MAX_OFFSET_MS) this.#offsetMs = offset;
    }
    return this.#refused(response, code);
  }

  #refused(response: Response, code: string): Result<never, TransportFailure> {
    const seconds = this.#retryAfter(response.headers.get('retry-after'));
    const { error } = refusal(code, response.status);
    return {
      ok: false,
      error: seconds > 0 ? { ...error, retryAfterMs: Math.min(seconds, MAX_RETRY_AFTER) * 1000 } : error,
    };
  }

  /** Seconds, or a date (RFC 9110 §10.2.3); 0 for none and for nonsense. */
  #retryAfter(value: string | null): number {
    const seconds = Number(value ?? 0);
    const wait = Number.isNaN(seconds)
      ? (Date.parse(value ?? '') - this.clock.nowMs() - this.#offsetMs) / 1000
      : seconds;
    return wait > 0 ? wait : 0;
  }
}

/** `null`: there is more of it. The rest is not read: a small compressed answer may become a large one. */
async function readAtMost({ body }: Response, mostBytes: number): Promise<Bytes | null> {
  const pieces: Bytes[] = [];
  let length = 0;
  for (const reader = body?.getReader(); reader; ) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > mostBytes) {
      // Nobody waits for whether it liked that.
      reader.cancel().catch(() => {});
      return null;
    }
    pieces.push(value);
  }
  return concat(...pieces);
}

/** Aborts when nothing was heard for so long. */
class Silence {
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly ms: number) {
    this.heard();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(), this.ms);
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  watch(): TransformStream<Bytes, Bytes> {
    return new TransformStream<Bytes, Bytes>({
      transform: (chunk, controller) => {
        this.heard();
        controller.enqueue(chunk);
      },
      flush: () => this.end(),
    });
  }
}

const unreachable = (): Result<never, TransportFailure> => ({
  ok: false,
  error: { ...fail('unreachable', UNREACHABLE).error, status: 0 },
});

export const notAService = (status: number): Result<never, TransportFailure> => ({
  ok: false,
  error: {
    code: 'not-a-service',
    status,
    message: 'What answers at this address is not an ARQ sync service. Check the address.',
  },
});
