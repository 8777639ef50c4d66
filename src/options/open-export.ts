/** A file that the person chose to import: which sort it is, and its records as text, whatever they are wrapped in. */
import type { Bytes } from '../base/bytes.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Kdf } from '../crypto/kdf.ts';
import {
  HEAD_BYTES,
  isSealedFile,
  parseHead,
  type ReadBytes,
  SealedFile,
  SealedFileDamaged,
} from '../crypto/sealed-file.ts';
import { BadFileError, DAMAGED_FILE, NOT_OURS } from '../lifecycle/export-reader.ts';
import { areOurNames, MAX_ENTRIES, RECORDS_FILE } from '../lifecycle/package-names.ts';
import type { ZipSource } from '../lifecycle/zip.ts';

/** Six million records, which no person has: it keeps from reading for hours what is no export (docs/decisions/0007). */
export const MAX_FILE_BYTES = 2 * 1024 ** 3;
/** Of the records in a ZIP, as text. */
export const MAX_RECORD_BYTES = MAX_FILE_BYTES;

/** The text of an export, in pieces, as often as it is asked for. */
export interface ExportSource {
  /** About how many bytes come. */
  readonly size: number;
  /** @throws BadFileError, or what the browser throws when the file cannot be read. */
  pieces(): AsyncIterable<Bytes>;
}

export type OpenedExport =
  | { readonly kind: 'open'; readonly source: ExportSource }
  | { readonly kind: 'sealed'; unseal(passphrase: string): Promise<Result<ExportSource>> };

const TOO_LARGE =
  'This file is larger than 2 GB, which is more than can be imported at once. Nothing was imported.';
const UNREADABLE = 'The browser cannot read this file. Choose it again. Nothing was imported.';
/** Always the same: it tells nobody how near they were. */
export const WRONG_PASSPHRASE =
  'The passphrase does not open this file. Check it and try again. If it is right, the file is damaged: choose another copy. Nothing was imported.';
const NO_MEMORY =
  'The browser gave no memory to make a key of the passphrase. Close some pages and try again. Nothing was imported.';

const SLICE_BYTES = 1024 * 1024;

const readerOf =
  (file: Blob): ReadBytes =>
  async (from, length) =>
    new Uint8Array(await file.slice(from, from + length).arrayBuffer());

/** What Argon2id makes of a passphrase: 32 bytes. */
export type Derive = (passphrase: string, kdf: Kdf) => Promise<Bytes>;

/** Never rejects. */
export async function openExport(file: Blob, derive: Derive): Promise<Result<OpenedExport>> {
  if (file.size > MAX_FILE_BYTES) return fail('too-large', TOO_LARGE);
  const read = readerOf(file);
  return asResult(async () => {
    const start = await read(0, HEAD_BYTES);
    if (isSealedFile(start)) return sealedExport(start, { size: file.size, read }, derive);
    const isZip = start[0] === 0x50 && start[1] === 0x4b;
    const source = isZip ? await zippedExport({ size: file.size, bytes: read }) : plainExport(file);
    return { kind: 'open', source };
  });
}

async function asResult<T>(task: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await task());
  } catch (error) {
    return error instanceof BadFileError ? fail('bad-file', error.message) : fail('unreadable', UNREADABLE);
  }
}

/** A file of JSON. */
export const plainExport = (file: Blob): ExportSource => ({
  size: file.size,
  async *pieces() {
    const read = readerOf(file);
    for (let at = 0; at < file.size; at += SLICE_BYTES) yield read(at, SLICE_BYTES);
  },
});

function sealedExport(
  start: Bytes,
  file: { readonly size: number; readonly read: ReadBytes },
  derive: Derive,
): OpenedExport {
  const head = parseHead(start);
  if (!head) throw DAMAGED_FILE;
  return {
    kind: 'sealed',
    async unseal(passphrase) {
      // Argon2id takes no empty one.
      if (passphrase === '') return fail('wrong-passphrase', WRONG_PASSPHRASE);
      let key: Bytes;
      try {
        key = await derive(passphrase, head.kdf);
      } catch {
        return fail('no-memory', NO_MEMORY);
      }
      const opened = await SealedFile.open(head, key, file).catch((error: unknown) => {
        if (error instanceof SealedFileDamaged) return null;
        throw error;
      });
      if (!opened) return fail('wrong-passphrase', WRONG_PASSPHRASE);
      return asResult(() => zippedExport(opened));
    },
  };
}

/** @throws BadFileError */
async function zippedExport(zip: ZipSource): Promise<ExportSource> {
  // Only who imports a ZIP needs it.
  const { readZip } = await import('../lifecycle/zip.ts');
  const entries = await readZip(zip, MAX_ENTRIES).catch(() => {
    throw DAMAGED_FILE;
  });
  const records = entries.find(({ name }) => name === RECORDS_FILE);
  if (!records || !areOurNames(entries.map(({ name }) => name))) throw NOT_OURS;
  return {
    size: records.size,
    async *pieces() {
      const reader = records.bytes(MAX_RECORD_BYTES).getReader();
      try {
        for (;;) {
          const { done, value } = await reader.read().catch(() => {
            throw DAMAGED_FILE;
          });
          if (done) return;
          yield value;
        }
      } finally {
        await reader.cancel().catch(() => {});
      }
    },
  };
}
