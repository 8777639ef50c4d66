/** A refusal as it is answered: a code and nothing else. */
import { SERVICE_ERRORS, type ServiceErrorCode } from '../../src/protocol/errors.ts';

export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly code: ServiceErrorCode,
    readonly more: Readonly<Record<string, unknown>> = {},
    readonly retryAfterSeconds?: number,
  ) {
    super(code);
  }

  response(): Response {
    const headers = new Headers({ 'content-type': 'application/json' });
    if (this.retryAfterSeconds !== undefined) headers.set('retry-after', String(this.retryAfterSeconds));
    return new Response(JSON.stringify({ code: this.code, ...this.more }), {
      status: SERVICE_ERRORS[this.code],
      headers,
    });
  }
}
