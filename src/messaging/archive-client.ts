/** How the options page gets an archive as a file, and gives one back. */
import { type Bytes, fromBase64Url, toBase64Url } from '../base/bytes.ts';
import { fail, type Result } from '../base/result.ts';
import { connect, type PagePort } from '../platform/runtime.ts';
import type { ArchiveMessage } from './answers.ts';
import { NO_ANSWER } from './client.ts';
import { ARCHIVE_PIECE_BYTES, type ArchiveRequest } from './messages.ts';
import { PORTS } from './ports.ts';

export interface SavedArchive {
  readonly name: string;
  readonly days: number;
  readonly records: number;
}

/** Answers with what the last message was. Never rejects. */
function talk<K extends ArchiveMessage['kind']>(
  first: ArchiveRequest,
  last: K,
  next: (message: ArchiveMessage) => Promise<ArchiveRequest> | ArchiveRequest,
  stopped: string,
): Promise<Result<ArchiveMessage & { readonly kind: K }>> {
  return new Promise((resolve) => {
    let port: PagePort;
    try {
      port = connect(PORTS.archive);
    } catch {
      return resolve({ ok: false, error: NO_ANSWER });
    }
    const stop = (result: Result<ArchiveMessage & { readonly kind: K }>) => {
      resolve(result);
      port.disconnect();
    };
    port.onMessage((raw) => {
      // From our own background.
      const message = raw as ArchiveMessage;
      if (message.kind === 'failed') return stop(fail('failed', message.message));
      if (message.kind === last)
        return stop({ ok: true, value: message as ArchiveMessage & { readonly kind: K } });
      void Promise.resolve()
        .then(() => next(message))
        .then(
          (request) => port.post(request),
          () => stop(fail('no-room', 'The browser does not take or give the file. Try again.')),
        );
    });
    port.onDisconnect(() => resolve(fail('stopped', stopped)));
    port.post(first);
  });
}

/** `onPiece` is called with one piece after the other. Nothing leaves the store before `archive.confirm`. */
export async function receiveArchive(
  onPiece: (bytes: Bytes, done: number, total: number) => void,
): Promise<Result<SavedArchive>> {
  return talk(
    { kind: 'save' },
    'made',
    (message) => {
      const bytes = message.kind === 'piece' ? fromBase64Url(message.data) : null;
      if (message.kind !== 'piece' || !bytes) throw new Error('not a piece of an archive');
      onPiece(bytes, message.bytes, message.total);
      return { kind: 'next' };
    },
    'Saving stopped half-way and nothing left this computer. Press the button again.',
  );
}

/** Answers with how many events came back. `onSent` is called with how many bytes went so far. */
export async function sendArchive(file: Blob, onSent: (bytes: number) => void): Promise<Result<number>> {
  let at = 0;
  const next = async (): Promise<ArchiveRequest> => {
    if (at >= file.size) return { kind: 'end' };
    const piece = file.slice(at, at + ARCHIVE_PIECE_BYTES);
    at += piece.size;
    onSent(at);
    return { kind: 'piece', data: toBase64Url(new Uint8Array(await piece.arrayBuffer())) };
  };
  let first: ArchiveRequest;
  try {
    first = await next();
  } catch {
    return fail('unreadable', 'The browser cannot read this file. Choose it again. Nothing came back.');
  }
  const answer = await talk(
    first,
    'restored',
    next,
    'Fetching back stopped half-way. Choose the file again: nothing comes back twice.',
  );
  return answer.ok ? { ok: true, value: answer.value.events } : answer;
}
