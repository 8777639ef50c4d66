/**
 * A profile's place in the epochs of its account: which master key is in force, and what of those before goes on. As text it travels
 * sealed, in the device list and in pairing, and lies wrapped beside the master key.
 */
import * as v from 'valibot';
import { type Bytes, fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../base/bytes.ts';
import type { Carried } from './account-keys.ts';
import { aeadKey, open, seal } from './envelope.ts';
import { hkdf } from './primitives.ts';

export interface Epoch {
  /** From 1. */
  readonly number: number;
  /** When its master key was made, in ms; absent where nobody noted it. */
  readonly atMs?: number;
  /** Absent in the first. */
  readonly carried?: Carried;
}

export const FIRST_EPOCH: Epoch = { number: 1 };

/**
 * The next one of a profile that is in no account. Deletions go on being named as in the account that it left, should it come back there.
 */
export const nextAlone = ({ carried }: Epoch, atMs: number): Epoch => ({
  number: 1,
  atMs,
  ...(carried ? { carried: { naming: carried.naming, older: [] } } : {}),
});

const key32 = v.pipe(
  v.string(),
  v.transform(fromBase64Url),
  v.check((bytes) => bytes?.length === 32),
  v.transform((bytes) => bytes as Bytes),
);
const number = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const epochSchema = v.strictObject({
  number,
  atMs: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  carried: v.exactOptional(
    v.strictObject({
      naming: key32,
      older: v.array(v.strictObject({ epoch: number, header: key32, record: v.exactOptional(key32) })),
    }),
  ),
});

const jsonOf = (value: object): string =>
  JSON.stringify(value, (_, inner) => (inner instanceof Uint8Array ? toBase64Url(inner) : inner));

export const encodeEpoch = (epoch: Epoch): Bytes => utf8(jsonOf(epoch));

/** `null` when it is none. */
export function parseEpoch(bytes: Bytes): Epoch | null {
  try {
    return v.parse(epochSchema, JSON.parse(fromUtf8(bytes)));
  } catch {
    return null;
  }
}

/** With those alone of the older keys that open records: headers have a chain of their own. */
export function withRecordsOnly(epoch: Epoch): Epoch {
  const { carried } = epoch;
  if (!carried) return epoch;
  return { ...epoch, carried: { ...carried, older: carried.older.filter(({ record }) => record) } };
}

/** Without what opened records of older epochs: nothing that is left was sealed with it. */
export function withoutOldRecords(epoch: Epoch): Epoch {
  const { carried, ...rest } = epoch;
  if (!carried) return epoch;
  const older = carried.older.map((one) => ({ epoch: one.epoch, header: one.header }));
  return { ...rest, carried: { naming: carried.naming, older } };
}

/** Says which master key is meant, and nothing of it. 32 bytes. */
export const commitmentTo = (master: Bytes): Promise<Bytes> => hkdf(master, 'arq/v1/commit-epoch');

const carryKey = async (master: Bytes) => aeadKey(await hkdf(master, 'arq/v1/carry'));

/** `aad`: which account and which list it is for. */
export const sealEpoch = async (master: Bytes, epoch: Epoch, aad: Bytes): Promise<Bytes> =>
  seal(await carryKey(master), encodeEpoch(epoch), aad);

/**
 * What opens headers of epochs before: of the last one, and what opens the same box of that one; or of all, where there is no such box.
 * So a box stays small however many there were. It opens nothing of what comes after, and no records.
 */
export interface OlderHeaders {
  readonly older: readonly { readonly epoch: number; readonly header: Bytes }[];
  /** `headersKey` of the epoch before. */
  readonly before?: Bytes;
}

const headersSchema = v.strictObject({
  older: v.array(v.strictObject({ epoch: number, header: key32 })),
  before: v.exactOptional(key32),
});

/** 32 bytes. */
export const headersKey = (master: Bytes): Promise<Bytes> => hkdf(master, 'arq/v1/carry-headers');

export const sealHeaders = async (key: Bytes, headers: OlderHeaders, aad: Bytes): Promise<Bytes> =>
  seal(await aeadKey(key), utf8(jsonOf(headers)), aad);

export async function openHeaders(key: Bytes, sealed: Bytes, aad: Bytes): Promise<OlderHeaders | null> {
  const opened = await open(await aeadKey(key), sealed, aad);
  if (!opened.ok) return null;
  try {
    return v.parse(headersSchema, JSON.parse(fromUtf8(opened.plaintext)));
  } catch {
    return null;
  }
}

export async function openEpoch(master: Bytes, sealed: Bytes, aad: Bytes): Promise<Epoch | null> {
  const opened = await open(await carryKey(master), sealed, aad);
  return opened.ok ? parseEpoch(opened.plaintext) : null;
}
