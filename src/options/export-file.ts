/** A JSON export on the person's disk, read in slices: first checked to its end, then handed over. */
import { fail, ok, type Result } from '../base/result.ts';
import { BadFileError, DAMAGED_FILE, ExportReader } from '../lifecycle/export-reader.ts';
import { parseRecord } from '../lifecycle/exported-record.ts';
import { IMPORT_BATCH } from '../messaging/messages.ts';

const SLICE_BYTES = 1024 * 1024;
/** Six million records, which no person has: it keeps from reading for hours what is no export (docs/decisions/0007). */
export const MAX_FILE_BYTES = 2 * 1024 ** 3;

interface Read {
  readonly records: readonly unknown[];
  /** Up to where the file was read. */
  readonly bytes: number;
}

/** @throws BadFileError, or what the browser throws when the file cannot be read. */
async function* read(file: Blob): AsyncGenerator<Read> {
  const reader = new ExportReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes?: ArrayBuffer): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch {
      throw DAMAGED_FILE;
    }
  };
  for (let at = 0; at < file.size; at += SLICE_BYTES) {
    const slice = file.slice(at, at + SLICE_BYTES);
    yield { records: reader.push(decode(await slice.arrayBuffer())), bytes: at + slice.size };
  }
  yield { records: reader.push(decode()), bytes: file.size };
  reader.end();
}

/** Looks at every record before any is imported. Answers with how many there are. Never rejects. */
export async function checkFile(
  file: Blob,
  onRead: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Result<number>> {
  if (file.size > MAX_FILE_BYTES)
    return fail(
      'too-large',
      'This file is larger than 2 GB, which is more than can be imported at once. Nothing was imported.',
    );
  let count = 0;
  try {
    for await (const { records, bytes } of read(file)) {
      if (signal.aborted) return fail('cancelled', 'Import cancelled. Nothing was imported.');
      if (records.some((record) => parseRecord(record) === null)) throw DAMAGED_FILE;
      count += records.length;
      onRead(bytes);
    }
    return ok(count);
  } catch (error) {
    return error instanceof BadFileError
      ? fail('bad-file', error.message)
      : fail('unreadable', 'The browser cannot read this file. Choose it again. Nothing was imported.');
  }
}

/** What travels to the background at once; never more than one slice. */
export async function* batchesOf(
  file: Blob,
  onRead: (bytes: number) => void,
): AsyncGenerator<readonly unknown[]> {
  for await (const { records, bytes } of read(file)) {
    for (let i = 0; i < records.length; i += IMPORT_BATCH) yield records.slice(i, i + IMPORT_BATCH);
    onRead(bytes);
  }
}
