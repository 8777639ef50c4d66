/**
 * What a key from a passphrase costs: parameters of Argon2id (RFC 9106). They are measured where the passphrase is chosen, and
 * kept, authenticated, beside what it locks; they never come from anywhere else, so nobody can make it cheap.
 */
import * as v from 'valibot';
import { type Bytes, toBase64Url, utf8 } from '../base/bytes.ts';
import { systemRandom } from '../base/random.ts';

const integer = (min: number, max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

/** Below: OWASP's floor (19 MiB, 2 passes). Above: more than any device of today should be asked for. */
export const kdfSchema = v.strictObject({
  name: v.literal('argon2id'),
  /** In KiB. */
  memory: integer(19 * 1024, 512 * 1024),
  passes: integer(2, 10),
  /** More than one lane helps only who has several cores: WebAssembly has one thread. */
  lanes: v.literal(1),
  /** 16 bytes, base64url. */
  salt: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/)),
});
export type Kdf = v.InferOutput<typeof kdfSchema>;

export const PASSPHRASE = { minCharacters: 10, maxBytes: 1024 } as const;

/** The same letters, however a keyboard composes them (Unicode NFKC). Spaces count. */
export const normalised = (passphrase: string): string => passphrase.normalize('NFKC');

/** What is wrong with a passphrase, as a sentence; `null` when nothing is. */
export function passphraseFault(passphrase: string): string | null {
  const text = normalised(passphrase);
  if (!text.isWellFormed()) return 'This passphrase has a broken character in it. Type it anew.';
  if ([...text].length < PASSPHRASE.minCharacters)
    return `A passphrase needs at least ${PASSPHRASE.minCharacters} characters. Four or more random words are good.`;
  if (utf8(text).length > PASSPHRASE.maxBytes) return 'This passphrase is too long.';
  if (new Set(text).size < 4) return 'This passphrase repeats itself. Four or more random words are good.';
  return null;
}

const MIB = 1024;
/** From weaker to stronger. 64 MiB and three passes is the second choice of RFC 9106 §4, with one lane. */
const LADDER = [
  { memory: 19 * MIB, passes: 2 },
  { memory: 46 * MIB, passes: 2 },
  { memory: 64 * MIB, passes: 3 },
  { memory: 128 * MIB, passes: 3 },
  { memory: 256 * MIB, passes: 3 },
] as const;
const START = 2;
/** Unlocking should take no less than this, and no more. */
const WANTED_MS = { least: 300, most: 1_000 } as const;

/** Parameters of a step of the ladder, with a new salt. */
export const newKdf = (step: number = START): Kdf => {
  const { memory, passes } = LADDER[step] ?? LADDER[START];
  return { name: 'argon2id', memory, passes, lanes: 1, salt: toBase64Url(systemRandom.bytes(16)) };
};

/**
 * The strongest parameters that this device can do in a second, with the key that they gave. `measure` runs a derivation and
 * says how long it took, in ms.
 */
export async function chooseKdf(
  measure: (kdf: Kdf) => Promise<{ readonly key: Bytes; readonly ms: number }>,
): Promise<{ readonly kdf: Kdf; readonly key: Bytes; readonly ms: number }> {
  const tried = async (step: number) => {
    const kdf = newKdf(step);
    return { kdf, ...(await measure(kdf)) };
  };
  let step = START;
  let best = await tried(step);
  while (best.ms > WANTED_MS.most && step > 0) best = await tried(--step);
  if (step < START) return best;
  while (best.ms < WANTED_MS.least && step < LADDER.length - 1) {
    const next = await tried(++step);
    if (next.ms > WANTED_MS.most) break;
    best = next;
  }
  return best;
}
