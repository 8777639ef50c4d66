/** How a page takes an archive from the background, and gives one back. Apart from the other client: only one card needs it. */
import { type Bytes, fromBase64Url, toBase64Url } from '../base/bytes.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { WaitingArchive } from '../model/budget.ts';
import { connect, type PagePort } from '../platform/runtime.ts';
import type { ArchiveMessage, FetchCounts, FetchMessage } from './answers.ts';
import { NO_ANSWER } from './client.ts';
import type { FetchRequest } from './messages.ts';
import { PORTS } from './ports.ts';

const open = (name: string): PagePort | undefined => {
  try {
    return connect(name);
  } catch {
    return undefined;
  }
};

/**
 * Receives an archive piece by piece and answers with what is in it. Never rejects; a failure of code `cancelled` is the
 * signal's doing, and then nothing waits to be confirmed.
 */
export function receiveArchive(
  onPiece: (bytes: Bytes) => void,
  signal: AbortSignal,
): Promise<Result<WaitingArchive>> {
  return new Promise((resolve) => {
    const port = open(PORTS.archive);
    if (!port) return resolve({ ok: false, error: NO_ANSWER });
    const stop = (result: Result<WaitingArchive>) => {
      resolve(result);
      port.disconnect();
    };
    port.onMessage((raw) => {
      const message = raw as ArchiveMessage;
      if (message.kind === 'done') return stop(ok(message.archive));
      if (message.kind === 'failed') return stop(fail('failed', message.message));
      const bytes = fromBase64Url(message.data);
      if (!bytes) return stop({ ok: false, error: NO_ANSWER });
      try {
        onPiece(bytes);
        port.post({ next: true });
      } catch {
        stop(fail('no-room', 'There is no room for the file. Free some disk space and try again.'));
      }
    });
    port.onDisconnect(() =>
      resolve(fail('stopped', 'Saving stopped half-way and no file was written. Press the button again.')),
    );
    const cancelled = 'Cancelled. No file was written, and nothing was removed.';
    signal.addEventListener('abort', () => stop(fail('cancelled', cancelled)), { once: true });
    port.post({ next: true });
  });
}

/** Gives a file back, piece by piece as it is asked for. Never rejects; days that came before a failure stay. */
export function sendArchive(
  file: Blob,
  onRead: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Result<FetchCounts>> {
  return new Promise((resolve) => {
    const port = open(PORTS.fetch);
    if (!port) return resolve({ ok: false, error: NO_ANSWER });
    const stop = (result: Result<FetchCounts>) => {
      resolve(result);
      port.disconnect();
    };
    const send = (request: FetchRequest) => port.post(request);
    port.onMessage(async (raw) => {
      const message = raw as FetchMessage;
      if (message.kind === 'done') return stop(ok(message));
      if (message.kind === 'failed') return stop(fail('failed', message.message));
      try {
        const bytes = await file.slice(message.from, message.to).arrayBuffer();
        onRead(bytes.byteLength);
        send({ kind: 'piece', data: toBase64Url(new Uint8Array(bytes)) });
      } catch {
        stop(fail('unreadable', 'The browser cannot read this file any more. Choose it again.'));
      }
    });
    port.onDisconnect(() =>
      resolve(fail('stopped', 'Fetching back stopped half-way. Choose the file again: nothing comes twice.')),
    );
    const cancelled = 'Cancelled. Days that came before stay; choose the file again for the rest.';
    signal.addEventListener('abort', () => stop(fail('cancelled', cancelled)), { once: true });
    send({ kind: 'file', size: file.size });
  });
}
