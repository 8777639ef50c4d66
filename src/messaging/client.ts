/** How pages and the content script talk to the background. */
import { fail, type Result } from '../base/result.ts';
import type { Status } from '../model/recording.ts';
import { connect, sendMessage } from '../platform/runtime.ts';
import type { AnswerOf, ExportMessage } from './answers.ts';
import { type ExportRequest, type MessageBody, type MessageType, PORTS } from './messages.ts';

/** Never rejects: a background that cannot be reached is a failure like any other. */
export async function ask<T extends MessageType>(
  type: T,
  body: MessageBody<T>,
): Promise<Result<AnswerOf<T>>> {
  try {
    const answer = await sendMessage({ type, body });
    return (
      (answer as Result<AnswerOf<T>> | undefined) ??
      fail('dropped', 'The extension did not answer. Reload this page and try again.')
    );
  } catch {
    return fail('unreachable', 'The extension is not running. Reload this page and try again.');
  }
}

/** Calls back with the status now and after every change, and connects again when the background was stopped. */
export function watchStatus(onStatus: (status: Status) => void, signal: AbortSignal): void {
  const open = () => {
    if (signal.aborted) return;
    const port = connect(PORTS.live);
    port.onMessage((message) => onStatus(message as Status));
    port.onDisconnect(() => setTimeout(open, 250));
    signal.addEventListener('abort', () => port.disconnect(), { once: true });
  };
  open();
}

/**
 * Receives an export piece by piece. Resolves with the number of records when all of it came; rejects with a sentence when
 * it failed or the background was stopped half-way. Aborting rejects with the signal's reason.
 */
export function receiveExport(
  request: ExportRequest,
  onChunk: (chunk: ExportMessage & { kind: 'chunk' }) => void,
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const port = connect(PORTS.export);
    const stop = (settle: () => void) => {
      settle();
      port.disconnect();
    };
    port.onMessage((raw) => {
      const message = raw as ExportMessage;
      if (message.kind === 'chunk') {
        onChunk(message);
        port.post({ next: true });
      } else if (message.kind === 'done') stop(() => resolve(message.records));
      else stop(() => reject(new Error(message.message)));
    });
    port.onDisconnect(() => reject(new Error('The export stopped half-way. Try again.')));
    signal.addEventListener('abort', () => stop(() => reject(signal.reason)), { once: true });
    port.post(request);
  });
}
