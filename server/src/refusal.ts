import type { ServiceErrorCode } from '../../src/protocol/errors.ts';

/** An expected "no", returned and not thrown. It becomes `{ code }` with the status of `SERVICE_ERRORS`. */
export interface Refusal {
  readonly refused: ServiceErrorCode;
  readonly retryAfterSeconds?: number;
}

export const refuse = (refused: ServiceErrorCode, retryAfterSeconds?: number): Refusal =>
  retryAfterSeconds === undefined ? { refused } : { refused, retryAfterSeconds };

export const isRefusal = (value: unknown): value is Refusal =>
  typeof value === 'object' && value !== null && 'refused' in value;
