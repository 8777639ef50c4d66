/** How pages and the content script talk to the background. */
import { type Failure, fail, type Result } from '../base/result.ts';
import type { Status } from '../model/recording.ts';
import { connect, type PagePort, sendMessage } from '../platform/runtime.ts';
import type { AnswerOf, ExportMessage, ImportAnswer, ImportCounts } from './answers.ts';
import type { ExportRequest, ImportRequest, MessageBody, MessageType } from './messages.ts';
import { PORTS } from './ports.ts';

export const NO_ANSWER: Failure = {
  code: 'no-answer',
  message:
    'ARQ Context does not answer. Close this page and open it again; if that does not help, restart the browser.',
};

/** Never rejects: a background that cannot be reached is a failure like any other. */
export async function ask<T extends MessageType>(
  type: T,
  body: MessageBody<T>,
): Promise<Result<AnswerOf<T>>> {
  try {
    const answer = await sendMessage({ type, body });
    return (answer as Result<AnswerOf<T>> | undefined) ?? { ok: false, error: NO_ANSWER };
  } catch {
    return { ok: false, error: NO_ANSWER };
  }
}

const RECONNECT_MS = 250;
const SILENT_MS = 5_000;

/**
 * Calls back with the status now and after every change, and connects again when the background was stopped. `onSilence` is
 * called when it did not say anything for five seconds after a connection was asked for.
 */
export function watchStatus(
  onStatus: (status: Status) => void,
  onSilence: () => void,
  signal: AbortSignal,
): void {
  let silence: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(silence);
    silence = undefined;
  };
  const open = () => {
    if (signal.aborted) return;
    silence ??= setTimeout(onSilence, SILENT_MS);
    let port: PagePort;
    try {
      port = connect(PORTS.live);
    } catch {
      // The extension was updated or removed under this page: nothing will answer here any more.
      heard();
      return onSilence();
    }
    port.onMessage((message) => {
      heard();
      onStatus(message as Status);
    });
    port.onDisconnect(() => setTimeout(open, RECONNECT_MS));
    signal.addEventListener('abort', () => port.disconnect(), { once: true });
  };
  signal.addEventListener('abort', heard, { once: true });
  open();
}

export type ExportChunk = ExportMessage & { readonly kind: 'chunk' };

/**
 * Receives an export piece by piece and answers with the number of records when all of it came; the next piece comes when
 * `onChunk` is done with the last. Never rejects; a failure of code `cancelled` is the signal's doing.
 */
export function receiveExport(
  request: ExportRequest,
  onChunk: (chunk: ExportChunk) => Promise<void> | void,
  signal: AbortSignal,
): Promise<Result<number>> {
  return new Promise((resolve) => {
    let port: PagePort;
    try {
      port = connect(PORTS.export);
    } catch {
      return resolve({ ok: false, error: NO_ANSWER });
    }
    const stop = (result: Result<number>) => {
      resolve(result);
      port.disconnect();
    };
    port.onMessage(async (raw) => {
      const message = raw as ExportMessage;
      if (message.kind === 'done') return stop({ ok: true, value: message.records });
      if (message.kind === 'failed') return stop(fail('failed', message.message));
      try {
        await onChunk(message);
        port.post({ next: true });
      } catch {
        stop(fail('no-room', 'There is no room for the file. Free some disk space and try again.'));
      }
    });
    port.onDisconnect(() =>
      resolve(
        fail('stopped', 'The export stopped half-way and no file was written. Press the button again.'),
      ),
    );
    signal.addEventListener(
      'abort',
      () => stop(fail('cancelled', 'Export cancelled. No file was written.')),
      { once: true },
    );
    port.post(request);
  });
}

/**
 * Sends the records of an export, batch by batch, and answers with what came of them. Never rejects; a failure of code
 * `cancelled` is the signal's doing. What was sent before stays in any case.
 */
export function sendImport(
  batches: AsyncIterator<readonly unknown[]>,
  signal: AbortSignal,
): Promise<Result<ImportCounts>> {
  return new Promise((resolve) => {
    let port: PagePort;
    try {
      port = connect(PORTS.import);
    } catch {
      return resolve({ ok: false, error: NO_ANSWER });
    }
    const stop = (result: Result<ImportCounts>) => {
      resolve(result);
      port.disconnect();
    };
    const next = async () => {
      try {
        const { done, value } = await batches.next();
        port.post((done ? { kind: 'end' } : { kind: 'records', records: value }) satisfies ImportRequest);
      } catch {
        stop(
          fail('unreadable', 'The file cannot be read any more. Choose it again: nothing is imported twice.'),
        );
      }
    };
    port.onMessage((raw) => {
      const answer = raw as ImportAnswer;
      if (answer.kind === 'failed') return stop(fail('failed', answer.message));
      if (answer.kind === 'done') return stop({ ok: true, value: answer });
      void next();
    });
    port.onDisconnect(() =>
      resolve(
        fail('stopped', 'The import stopped half-way. Choose the file again: nothing is imported twice.'),
      ),
    );
    signal.addEventListener(
      'abort',
      () =>
        stop(fail('cancelled', 'Import cancelled. What was imported before stays; you can delete it below.')),
      { once: true },
    );
    void next();
  });
}
