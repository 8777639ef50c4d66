/** An expected failure as a plain object, so that it survives messaging. Bugs are thrown; expected failures are returned. */
export interface Failure {
  /** Machine-readable and stable. */
  readonly code: string;
  /** A sentence for the person that says what to do. */
  readonly message: string;
}

export type Result<T, E extends Failure = Failure> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): Result<T, never> => ({ ok: true, value });

export const fail = (code: string, message: string): { readonly ok: false; readonly error: Failure } => ({
  ok: false,
  error: { code, message },
});
