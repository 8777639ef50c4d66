/**
 * One rule of the storage contract, as a check that runs anywhere: on fake-indexeddb in Node and in a page of a real browser.
 * Nothing in this folder but `*.test.ts` knows the test runner or Node.
 */
import type { ContextProfile } from '../support/context-on-profile.ts';

export interface Check {
  /** States the rule. */
  readonly name: string;
  /** Gets a new, empty store. @throws Error where the rule does not hold. */
  run(both: ContextProfile): Promise<void>;
}

/** Text in which equal values are equal: keys sorted, `undefined` left out, dates and bytes told from what they look like. */
function spelled(value: unknown): string {
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof Uint8Array) return `bytes(${value.join()})`;
  if (Array.isArray(value)) return `[${value.map(spelled).join(', ')}]`;
  if (value instanceof Map || value instanceof Set) return `${value.constructor.name}${spelled([...value])}`;
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? JSON.stringify(value) : String(value);
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${key}: ${spelled(one)}`).join(', ')}}`;
}

/** As much of a long text as a person reads, from a little before `at`. */
const around = (text: string, at: number): string =>
  `${at > 80 ? '…' : ''}${text.slice(Math.max(0, at - 80), at + 320)}${text.length > at + 320 ? '…' : ''}`;

/** @throws Error that shows both where they begin to differ. `what` says what was compared. */
export function equal(actual: unknown, expected: unknown, what = 'the answer'): void {
  const [got, wanted] = [spelled(actual), spelled(expected)];
  if (got === wanted) return;
  let at = 0;
  while (got[at] === wanted[at]) at += 1;
  throw new Error(`${what}:\n  expected ${around(wanted, at)}\n  but got  ${around(got, at)}`);
}

/** @throws Error when `promise` resolves, or rejects with something else. */
export async function rejects(
  promise: Promise<unknown>,
  isIt: (error: { readonly name: string; readonly message: string }) => boolean,
  what = 'the call',
): Promise<void> {
  let error: Error;
  try {
    await promise;
  } catch (caught) {
    error = caught as Error;
    if (!isIt(error)) throw new Error(`${what} was refused with ${error.name}: ${error.message}`);
    return;
  }
  throw new Error(`${what} was not refused`);
}

export const isTypeError = ({ name }: { readonly name: string }): boolean => name === 'TypeError';
export const isDamaged = ({ name }: { readonly name: string }): boolean => name === 'DamagedError';
