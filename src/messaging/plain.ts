/**
 * Whether something that came from outside is no more than what JSON has: Firefox clones messages, so a map, a date or a number
 * that is none arrives as it was sent. Comes before a schema looks at it, because the schema's own "no other keys" does not see
 * names that every object has.
 */

import * as v from 'valibot';

/** A message, its body, and up to four levels in it. */
const MAX_DEPTH = 6;

/** `Object.prototype.constructor` and the like: a key of that name is never one of ours. */
const isInherited = (key: string): boolean => key in Object.prototype;

/** `undefined` stands for a key that is not there. Never throws. */
export function isPlain(value: unknown, depth = MAX_DEPTH): boolean {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed();
    case 'number':
      return Number.isFinite(value);
    case 'boolean':
    case 'undefined':
      return true;
    case 'object':
      return value === null || (depth > 0 && isPlainObject(value, depth - 1));
    default:
      return false;
  }
}

function isPlainObject(value: object, depth: number): boolean {
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth));
  // Not by its prototype, which may be another realm's.
  if (Object.prototype.toString.call(value) !== '[object Object]') return false;
  return Object.keys(value).every(
    (key) =>
      !isInherited(key) && key.isWellFormed() && isPlain((value as Record<string, unknown>)[key], depth),
  );
}

/** What the schema makes of it; `null` when it is not plain or does not fit. Never throws. */
export function parsePlain<S extends v.GenericSchema>(schema: S, raw: unknown): v.InferOutput<S> | null {
  const parsed = isPlain(raw) ? v.safeParse(schema, raw) : null;
  return parsed?.success ? parsed.output : null;
}
