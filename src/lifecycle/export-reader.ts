/**
 * Reads a JSON export (export-format.ts) piece by piece: only one record's text is ever held. Any JSON with the same names in
 * any spacing is read; what is not an export is refused with a sentence that says what to do.
 */
import { ANONYMISED_FORMAT, EXPORT_FORMAT } from './export-format.ts';

/** The file is not what it should be. `message` is for the person. */
export class BadFileError extends Error {
  override readonly name = 'BadFileError';
}

/** Of one record. Addresses and texts are bounded when they are recorded; the rest leaves room for newer versions. */
const MAX_RECORD = 128 * 1024;
/** Of everything else at the top of the file together. */
const MAX_HEADER = 64 * 1024;

export const NOT_OURS = new BadFileError(
  'This is not an export of ARQ Context. Choose a file that was made with "Export". Nothing was imported.',
);
const ANONYMISED = new BadFileError(
  'This export is anonymised: addresses, titles and searches are not in it, so it cannot be imported. Choose a complete or an encrypted one. Nothing was imported.',
);
const OTHER_VERSION = new BadFileError(
  'This export was made by another version of ARQ Context that this one does not know. Update ARQ Context and choose it again. Nothing was imported.',
);
export const DAMAGED_FILE = new BadFileError(
  'This export is damaged or was changed. Choose another copy of it, or export anew. Nothing was imported.',
);
const CUT_OFF = new BadFileError(
  'This export ends too early: it was not written or copied completely. Choose another copy of it. Nothing was imported.',
);

const SPACE = /[\s\uFEFF]*/y;

type State = 'start' | 'header' | 'records' | 'after-record' | 'tail' | 'end';

export class ExportReader {
  #text = '';
  #state: State = 'start';
  /** Where in `#text` the value that is being read begins, and how far it was looked at. */
  #at = 0;
  #scan = { from: 0, depth: 0, inText: false };
  #headerLength = 0;
  #first = true;

  /**
   * The records that are complete with this piece, parsed.
   * @throws BadFileError
   */
  push(piece: string): unknown[] {
    this.#text += piece;
    const records: unknown[] = [];
    while (this.#step(records));
    this.#drop();
    const held = this.#text.length;
    if (this.#state === 'records' ? held > MAX_RECORD : held > MAX_HEADER)
      throw this.#state === 'records' ? DAMAGED_FILE : NOT_OURS;
    return records;
  }

  /** @throws BadFileError when the file is not complete. */
  end(): void {
    if (this.#state === 'start' || this.#state === 'header') throw NOT_OURS;
    if (this.#state !== 'end') throw CUT_OFF;
  }

  /** What was read is not held any longer. */
  #drop(): void {
    this.#text = this.#text.slice(this.#at);
    this.#scan.from = Math.max(0, this.#scan.from - this.#at);
    this.#at = 0;
  }

  #skipSpace(): void {
    SPACE.lastIndex = this.#at;
    SPACE.test(this.#text);
    this.#at = SPACE.lastIndex;
  }

  /** One token or value; `false` when the text does not go on far enough. */
  #step(records: unknown[]): boolean {
    this.#skipSpace();
    const next = this.#text[this.#at];
    if (next === undefined) return false;
    switch (this.#state) {
      case 'start':
        if (next !== '{') throw NOT_OURS;
        this.#state = 'header';
        return this.#header();
      case 'header':
        return this.#header();
      case 'records':
        if (next === ']' && this.#first) return this.#to('tail');
        if (next !== '{') throw DAMAGED_FILE;
        return this.#record(records);
      case 'after-record':
        if (next === ',') return this.#to('records');
        if (next === ']') return this.#to('tail');
        throw DAMAGED_FILE;
      case 'tail':
        if (next === '}') return this.#to('end');
        // Names that a later version puts behind the records are left alone.
        if (next !== ',') throw DAMAGED_FILE;
        return this.#closing();
      case 'end':
        throw DAMAGED_FILE;
    }
  }

  #to(state: State): true {
    this.#at += 1;
    this.#state = state;
    return true;
  }

  /** Everything up to the bracket that opens the records, as one small object. */
  #header(): boolean {
    const found = /"interactions"\s*:\s*\[/.exec(this.#text);
    if (!found) return false;
    const end = found.index + found[0].length;
    this.#headerLength = end;
    if (this.#headerLength > MAX_HEADER) throw NOT_OURS;
    const { format } = parseObject(`${this.#text.slice(this.#at, end)}]}`, NOT_OURS);
    if (format === ANONYMISED_FORMAT) throw ANONYMISED;
    if (typeof format !== 'string' || !format.startsWith('arq-context/export/')) throw NOT_OURS;
    if (format !== EXPORT_FORMAT) throw OTHER_VERSION;
    this.#at = end;
    this.#scan = { from: end, depth: 0, inText: false };
    this.#state = 'records';
    return true;
  }

  #record(records: unknown[]): boolean {
    const end = this.#endOfObject();
    if (end === null) return false;
    if (end - this.#at > MAX_RECORD) throw DAMAGED_FILE;
    records.push(parseObject(this.#text.slice(this.#at, end), DAMAGED_FILE));
    this.#at = end;
    this.#scan = { from: end, depth: 0, inText: false };
    this.#first = false;
    this.#state = 'after-record';
    return true;
  }

  /** Behind the brace that closes the object at `#at`; `null` when it is not there yet. */
  #endOfObject(): number | null {
    const text = this.#text;
    let { from, depth, inText } = this.#scan;
    if (from < this.#at) from = this.#at;
    for (; from < text.length; from++) {
      const code = text.charCodeAt(from);
      if (inText) {
        if (code === 0x5c) {
          // The character behind the backslash may be in the next piece.
          if (from + 1 >= text.length) break;
          from += 1;
        } else if (code === 0x22) inText = false;
      } else if (code === 0x22) inText = true;
      else if (code === 0x7b) depth += 1;
      else if (code === 0x7d) {
        depth -= 1;
        if (depth === 0) return from + 1;
      }
    }
    this.#scan = { from, depth, inText };
    return null;
  }

  /** `,"name":value}` at the end of the file. */
  #closing(): boolean {
    try {
      JSON.parse(`{${this.#text.slice(this.#at + 1)}`);
    } catch {
      return false;
    }
    this.#at = this.#text.length;
    this.#state = 'end';
    return true;
  }
}

function parseObject(text: string, bad: BadFileError): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw bad;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad;
  return value as Record<string, unknown>;
}
