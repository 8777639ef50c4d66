/** Every refusal of the service: its code and its HTTP status. The body is `{ "code": … }` and says nothing else. */
export const SERVICE_ERRORS = {
  BAD_REQUEST: 400,
  UNSIGNED: 401,
  /** The body carries `serverTime` (ms), from which the client corrects its offset. */
  CLOCK_SKEW: 401,
  REPLAYED: 401,
  BAD_SIGNATURE: 401,
  /** The device is not, or no longer, in the account's device list. */
  UNKNOWN_DEVICE: 403,
  NOT_FOUND: 404,
  /** A pairing message or an account that exists already. */
  EXISTS: 409,
  /** The precondition of a write does not hold. */
  CONFLICT: 412,
  /** A pairing channel that is used up or expired. */
  GONE: 410,
  TOO_LARGE: 413,
  /** `Retry-After` (seconds) is set. */
  TOO_MANY: 429,
  INTERNAL: 500,
  /** Draining, or the store is not to be trusted: come back after `Retry-After`. */
  UNAVAILABLE: 503,
  QUOTA: 507,
} as const;

export type ServiceErrorCode = keyof typeof SERVICE_ERRORS;
