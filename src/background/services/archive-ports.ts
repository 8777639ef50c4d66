/**
 * Archives travel over ports, one piece at a time: a file may be larger than one message, and than what the worker should
 * hold. Pieces are base64url, because Chromium's messages carry no bytes.
 */
import { fromBase64Url, toBase64Url } from '../../base/bytes.ts';
import type { ArchiveMessage, FetchMessage } from '../../messaging/answers.ts';
import { fetchRequestSchema } from '../../messaging/messages.ts';
import { parsePlain } from '../../messaging/plain.ts';
import type { PagePort } from '../../platform/runtime.ts';
import { storageFailure } from '../../storage/database.ts';
import type { ByteSource } from '../../storage/format/byte-source.ts';
import type { Budget } from './budget.ts';

const PIECE_BYTES = 512 * 1024;
const WRONG = 'This was asked for in a way that this version does not know. Reload this page and try again.';

class PageGone extends Error {}

/** Any message of the page asks for the next piece. Disconnecting ends it: then nothing was made. */
export function serveArchive(port: PagePort, budget: () => Promise<Budget>): void {
  const stop = new AbortController();
  const send = (message: ArchiveMessage) => port.post(message);
  let waiting: { resolve(): void; reject(why: unknown): void } | undefined;
  let started = false;
  port.onDisconnect(() => {
    stop.abort(new PageGone('the page is gone'));
    waiting?.reject(stop.signal.reason);
  });
  port.onMessage(() => {
    if (started) return waiting?.resolve();
    started = true;
    run().catch((error: unknown) => {
      if (error instanceof PageGone) return;
      console.error('the archive failed', error);
      send({ kind: 'failed', message: storageFailure(error).message });
    });
  });

  async function piece(data: string): Promise<void> {
    stop.signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      waiting = { resolve, reject };
      send({ kind: 'piece', data });
    });
  }

  async function run(): Promise<void> {
    const made = await (await budget()).makeArchive(async (part) => {
      for (let at = 0; at < part.length; at += PIECE_BYTES)
        await piece(toBase64Url(part.subarray(at, at + PIECE_BYTES)));
    }, stop.signal);
    if (made.ok) send({ kind: 'done', archive: made.value });
    else send({ kind: 'failed', message: made.error.message });
  }
}

/** The page says how large its file is; then it is asked for pieces. Disconnecting ends it; days that came stay. */
export function serveFetch(port: PagePort, budget: () => Promise<Budget>, onDrop: () => void): void {
  const send = (message: FetchMessage) => port.post(message);
  let gone = false;
  let waiting: { resolve(data: string): void; reject(error: Error): void } | undefined;
  let started = false;
  const fail = (message: string) => {
    onDrop();
    send({ kind: 'failed', message });
    waiting?.reject(new PageGone(message));
  };
  port.onDisconnect(() => {
    gone = true;
    waiting?.reject(new PageGone('the page is gone'));
  });
  port.onMessage((raw) => {
    const request = parsePlain(fetchRequestSchema, raw);
    if (request === null || (request.kind === 'file') === started) return fail(WRONG);
    if (request.kind === 'piece') return waiting?.resolve(request.data);
    started = true;
    run(request.size).catch((error: unknown) => {
      if (error instanceof PageGone) return;
      console.error('fetching back failed', error);
      send({ kind: 'failed', message: storageFailure(error).message });
    });
  });

  async function piece(from: number, to: number): Promise<Uint8Array> {
    if (gone) throw new PageGone('the page is gone');
    const data = await new Promise<string>((resolve, reject) => {
      waiting = { resolve, reject };
      send({ kind: 'want', from, to });
    });
    const bytes = fromBase64Url(data);
    if (bytes?.length !== to - from) {
      fail(WRONG);
      throw new PageGone(WRONG);
    }
    return bytes;
  }

  async function run(size: number): Promise<void> {
    const source: ByteSource = {
      size,
      async read(from, to) {
        if (from < 0 || to > size || from > to) throw new RangeError('read past the end');
        const bytes = new Uint8Array(to - from);
        for (let at = from; at < to; at += PIECE_BYTES)
          bytes.set(await piece(at, Math.min(to, at + PIECE_BYTES)), at - from);
        return bytes;
      },
    };
    const back = await (await budget()).fetchBack(source);
    if (back.ok) send({ kind: 'done', ...back.value });
    else send({ kind: 'failed', message: back.error.message });
  }
}
