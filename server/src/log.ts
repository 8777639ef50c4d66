/**
 * The service's log: JSON lines that say how it fares and nothing about anyone. Never a path (it may hold a slot), a query, a
 * body, an address, or an error's message (a library may have put any of these into it).
 */
import type { Clock } from '../../src/base/clock.ts';
import { AccountDamaged } from './store/store.ts';

export const LOG_LEVELS = ['requests', 'errors', 'off'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface RequestLine {
  readonly method: string;
  /** The pattern of the route, such as `/v1/o/:slot`. */
  readonly route: string;
  readonly status: number;
  readonly ms: number;
  /** Bytes of the answer; missing when it is streamed. */
  readonly bytes?: number;
  /** The first four characters of the device's id; missing when the request is not signed. */
  readonly device?: string;
}

export interface Log {
  request(line: RequestLine): void;
  /** Something that ought not to happen. Of a thrown error only its kind, its code and the places in the source. */
  trouble(what: string, error: unknown): void;
}

function describe(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error };
  if (error instanceof AccountDamaged) {
    return { error: error.name, account: error.account.slice(0, 4), what: error.what };
  }
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const cause = error.cause === undefined ? {} : { cause: describe(error.cause) };
  return { error: error.name, ...code, at: frames.slice(0, 5).map((line) => line.trim()), ...cause };
}

/** @param write gets one line without its end. */
export function createLog(level: LogLevel, clock: Clock, write: (line: string) => void): Log {
  const put = (line: object) => write(JSON.stringify({ time: clock.nowMs(), ...line }));
  return {
    request: (line) => {
      if (level === 'requests') put(line);
    },
    trouble: (what, error) => {
      if (level !== 'off') put({ trouble: what, ...describe(error) });
    },
  };
}
