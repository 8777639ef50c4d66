/** The records of an export on the person's disk, read in pieces: first checked to its end, then handed over. */
import type { Bytes } from '../base/bytes.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { BadFileError, DAMAGED_FILE, ExportReader } from '../lifecycle/export-reader.ts';
import { parseRecord } from '../lifecycle/exported-record.ts';
import { IMPORT_BATCH } from '../messaging/messages.ts';
import type { ExportSource } from './open-export.ts';

interface Read {
  readonly records: readonly unknown[];
  /** Up to where the text was read. */
  readonly bytes: number;
}

/** @throws BadFileError, or what the browser throws when the file cannot be read. */
async function* read(source: ExportSource): AsyncGenerator<Read> {
  const reader = new ExportReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes?: Bytes): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch {
      throw DAMAGED_FILE;
    }
  };
  let bytes = 0;
  for await (const piece of source.pieces()) {
    bytes += piece.length;
    yield { records: reader.push(decode(piece)), bytes };
  }
  yield { records: reader.push(decode()), bytes };
  reader.end();
}

/** Looks at every record before any is imported. Answers with how many there are. Never rejects. */
export async function checkFile(
  source: ExportSource,
  onRead: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Result<number>> {
  let count = 0;
  try {
    for await (const { records, bytes } of read(source)) {
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

/** What travels to the background at once; never more than one piece. */
export async function* batchesOf(
  source: ExportSource,
  onRead: (bytes: number) => void,
): AsyncGenerator<readonly unknown[]> {
  for await (const { records, bytes } of read(source)) {
    for (let i = 0; i < records.length; i += IMPORT_BATCH) yield records.slice(i, i + IMPORT_BATCH);
    onRead(bytes);
  }
}
