/**
 * Looks for texts in every file of a folder: what would somebody with the disk find?
 *
 * Closing the browser and searching the raw bytes is not enough. Chromium keeps IndexedDB and extension storage in
 * LevelDB, whose tables are snappy-compressed: a text whose parts occurred before in its block is stored as references
 * to them. Tables are therefore searched decompressed too (by block format, because IndexedDB's own key order keeps
 * LevelDB libraries from opening them). Two gaps stay: LevelDB's write-ahead `.log` splits a record every 32 KiB with a
 * 7-byte header, and Firefox compresses IndexedDB values with snappy inside SQLite pages, which only its own SQLite can
 * put together again. Coined words of demo-pages.ts survive both, being new to the compressor; a test that proves an
 * absence should first show, with the same words stored in clear, that it would have found them.
 */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableBlocks } from './leveldb-blocks.ts';

export const ENCODINGS = ['utf8', 'utf16le', 'utf16be'] as const;
export type Encoding = (typeof ENCODINGS)[number];

export interface Hit {
  readonly file: string;
  /** In the file; in the decompressed block when `block` is there. */
  readonly offset: number;
  readonly block?: number;
  readonly text: string;
  readonly encoding: Encoding;
}

interface Needle {
  readonly text: string;
  readonly encoding: Encoding;
  readonly bytes: Buffer;
}

function encode(text: string, encoding: Encoding): Buffer {
  if (encoding !== 'utf16be') return Buffer.from(text, encoding);
  return Buffer.from(text, 'utf16le').swap16();
}

/**
 * The first place of each text and encoding in each file (and in each compressed block). Files that vanish or cannot be
 * read meanwhile are skipped: a running browser removes its own.
 */
export function searchBytes(files: readonly string[], texts: readonly string[]): Hit[] {
  if (texts.includes('')) throw new Error('An empty text is found everywhere.');
  const needles = texts.flatMap((text) =>
    ENCODINGS.map((encoding) => ({ text, encoding, bytes: encode(text, encoding) })),
  );
  return files.flatMap((file) => searchFile(file, needles));
}

/** In which of the files these bytes are, or in a decompressed block of one. */
export const filesWith = (files: readonly string[], bytes: Buffer): string[] =>
  files.filter((file) => {
    const content = readFileSync(file);
    return (
      content.includes(bytes) ||
      (file.endsWith('.ldb') &&
        (tableBlocks(content) ?? []).some((block) => Buffer.from(block).includes(bytes)))
    );
  });

/** `searchBytes` in every file below a folder. */
export const searchFolder = (folder: string, texts: readonly string[]): Hit[] =>
  searchBytes(filesBelow(folder), texts);

/** Every file below, without following links; sorted. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true)
    .sort();
}

function searchFile(file: string, needles: readonly Needle[]): Hit[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    return [];
  }
  const hits = search(bytes, needles).map((hit) => ({ file, ...hit }));
  if (!file.endsWith('.ldb')) return hits;
  const blocks = tableBlocks(bytes) ?? [];
  return [
    ...hits,
    ...blocks.flatMap((block, index) =>
      search(block, needles).map((hit) => ({ file, block: index, ...hit })),
    ),
  ];
}

function search(bytes: Buffer, needles: readonly Needle[]): Omit<Hit, 'file' | 'block'>[] {
  return needles.flatMap(({ text, encoding, bytes: needle }) => {
    const offset = bytes.indexOf(needle);
    return offset === -1 ? [] : [{ offset, text, encoding }];
  });
}
