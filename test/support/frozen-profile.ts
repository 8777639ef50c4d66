/** Every row of a profile's databases as text, and back: to see that what a version wrote is read by those after it. */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { fromBase64Url, toBase64Url } from '../../src/base/bytes.ts';
import { copyDatabases, type DatabaseCopy, putDatabases } from './database-copy.ts';

/** Values of rows with their bytes as `{ "bytes": base64url }`. */
export type FrozenDatabase = DatabaseCopy;

const toText = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return { bytes: toBase64Url(value as never) };
  if (Array.isArray(value)) return value.map(toText);
  if (value instanceof Object)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toText(inner)]));
  return value;
};
const fromText = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(fromText);
  if (!(value instanceof Object)) return value;
  if ('bytes' in value) return fromBase64Url(value.bytes as string);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fromText(inner)]));
};

const withValues = (
  { stores, ...database }: DatabaseCopy,
  change: (value: unknown) => unknown,
): DatabaseCopy => ({
  ...database,
  stores: stores.map(({ rows, ...store }) => ({
    ...store,
    rows: rows.map(([key, value]) => [key, change(value)] as const),
  })),
});

/** The database of keys is called as the first generation is, whichever it was. */
export async function freezeDatabases(): Promise<FrozenDatabase[]> {
  return (await copyDatabases()).map((copy) => ({
    ...withValues(copy, toText),
    name: copy.name.replace(/^arq-keys-\d+$/, 'arq-keys-1'),
  }));
}

/** Exactly these databases, in place of all others. */
export async function thawDatabases(frozen: readonly FrozenDatabase[]): Promise<void> {
  globalThis.indexedDB = new IDBFactory();
  await putDatabases(frozen.map((one) => withValues(one, fromText)));
}
