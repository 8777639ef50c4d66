import * as v from 'valibot';
import { type Bytes, fromUtf8 } from '../../../src/base/bytes.ts';
import { type Refusal, refuse } from '../refusal.ts';

/** A JSON body of exactly this form; unknown keys are refused by the strict schemas of the protocol. */
export function parseJson<S extends v.GenericSchema>(schema: S, body: Bytes): v.InferOutput<S> | Refusal {
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(body));
  } catch {
    return refuse('BAD_REQUEST');
  }
  const parsed = v.safeParse(schema, value);
  return parsed.success ? parsed.output : refuse('BAD_REQUEST');
}

/** The whole numbers of a query that knows only these names, each at most once. */
export function parseQuery<Name extends string>(
  url: string,
  names: readonly Name[],
): Partial<Record<Name, number>> | Refusal {
  const numbers: Partial<Record<Name, number>> = {};
  for (const [given, text] of new URL(url).searchParams) {
    const name = names.find((known) => known === given);
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (name === undefined || name in numbers || !Number.isSafeInteger(value)) return refuse('BAD_REQUEST');
    numbers[name] = value;
  }
  return numbers;
}
