import type { Bytes } from '../base/bytes.ts';

/** Text or bytes that come in pieces, kept as blobs of about one MiB, so that no string or array ever holds all of it. */
const PART = 1024 * 1024;

export class FileParts {
  #parts: Blob[] = [];
  #pending: (string | Bytes)[] = [];
  #length = 0;

  add(piece: string | Bytes): void {
    this.#pending.push(piece);
    this.#length += piece.length;
    if (this.#length >= PART) this.#flush();
  }

  #flush(): void {
    this.#parts.push(new Blob(this.#pending));
    this.#pending = [];
    this.#length = 0;
  }

  file(type: string): Blob {
    this.#flush();
    return new Blob(this.#parts, { type });
  }
}

/** Hands a file to the browser's downloads. */
export function saveFile(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser reads the file after the click; the address may go once it has begun.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
