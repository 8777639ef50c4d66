/** An archive as a file, in pieces over a port: out to the page that saves it, or in from one that was chosen. */
import * as v from 'valibot';
import { concat, fromBase64Url, toBase64Url } from '../../base/bytes.ts';
import type { ArchiveMessage } from '../../messaging/answers.ts';
import { ARCHIVE_PIECE_BYTES, archiveRequestSchema } from '../../messaging/messages.ts';
import type { PagePort } from '../../platform/runtime.ts';
import { storageFailure } from '../../storage/database.ts';
import type { Budget } from './budget.ts';

/** Larger files are none of ours: it is put together in memory. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

interface Out {
  readonly file: Uint8Array<ArrayBuffer>;
  readonly made: ArchiveMessage;
  sent: number;
}

/** `onDrop`: something came that no page of ours sends. */
export function serveArchive(port: PagePort, budget: () => Promise<Budget>, onDrop: () => void): void {
  let isOver = false;
  let out: Out | undefined;
  let pieces: Uint8Array[] = [];
  let size = 0;
  /** One request after another, also should a page not wait for the answer. */
  let tail: Promise<void> = Promise.resolve();
  const send = (message: ArchiveMessage) => {
    if (!isOver) port.post(message);
  };
  const fail = (message: string) => {
    send({ kind: 'failed', message });
    isOver = true;
  };
  const unknown = () => {
    onDrop();
    fail(
      'The archive was asked for in a way that this version does not know. Reload this page and try again.',
    );
  };
  port.onDisconnect(() => {
    isOver = true;
    pieces = [];
  });
  port.onMessage((raw) => {
    tail = tail
      .then(() => answer(raw))
      .catch((error: unknown) => {
        console.error('the archive failed', error);
        fail(storageFailure(error).message);
      });
  });

  async function answer(raw: unknown): Promise<void> {
    if (isOver) return;
    const parsed = v.safeParse(archiveRequestSchema, raw);
    if (!parsed.success) return unknown();
    const request = parsed.output;
    if (request.kind === 'save') return save();
    if (request.kind === 'next') return out ? piece(out) : unknown();
    if (request.kind === 'end') return restore();
    const bytes = fromBase64Url(request.data);
    if (!bytes) return unknown();
    size += bytes.length;
    if (size > MAX_FILE_BYTES) return fail('This file is too large to be an archive. Nothing came back.');
    pieces.push(bytes);
    send({ kind: 'next' });
  }

  async function save(): Promise<void> {
    const offered = await (await budget()).offer();
    if (!offered.ok) return fail(offered.error.message);
    if (!offered.value)
      return fail('There is nothing to archive: days that are not over and pinned sites stay here.');
    const { file, name = '', days } = offered.value;
    let records = 0;
    for (const day of days.values()) records += day.records.length;
    out = { file, made: { kind: 'made', name, days: days.size, records }, sent: 0 };
    piece(out);
  }

  function piece(of: Out): void {
    if (of.sent >= of.file.length) {
      send(of.made);
      return;
    }
    const data = toBase64Url(of.file.subarray(of.sent, of.sent + ARCHIVE_PIECE_BYTES));
    of.sent = Math.min(of.file.length, of.sent + ARCHIVE_PIECE_BYTES);
    send({ kind: 'piece', data, bytes: of.sent, total: of.file.length });
  }

  async function restore(): Promise<void> {
    const file = concat(...pieces);
    pieces = [];
    const restored = await (await budget()).restore(file);
    if (restored.ok) send({ kind: 'restored', events: restored.value });
    else fail(restored.error.message);
  }
}
