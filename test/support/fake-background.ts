/**
 * Stands in for the background in one page of the real, built extension, so that every state of a view can be shown. Runs
 * in the page before its scripts (`TestPage.beforeScripts`): nothing from outside is there. Chromium only.
 */
import type { Result } from '../../src/base/result.ts';
import type { AnswerOf } from '../../src/messaging/answers.ts';
import type { MessageType } from '../../src/messaging/messages.ts';
import type { Status } from '../../src/model/recording.ts';

export interface FakeBackground {
  /** `null`: it never says anything. `gone`: the extension was removed or updated under the page. */
  readonly status: Status | null | 'gone';
  /** Messages that are not here fail with `unreachable`. */
  readonly answers: { readonly [T in MessageType]?: Result<AnswerOf<T>> };
}

interface Runtime {
  connect(info: { name: string }): unknown;
  sendMessage(...args: unknown[]): unknown;
}

export function fakeBackground({ status, answers }: FakeBackground): void {
  const { runtime, storage } = (
    globalThis as unknown as { chrome: { runtime: Runtime; storage: { session: { get: unknown } } } }
  ).chrome;
  try {
    // What the view before this one showed.
    localStorage.removeItem('last-status');
  } catch {
    // A blank page has no storage.
  }
  // By callback or by promise: depends on whether the browser has `browser` itself.
  const reply = (args: readonly unknown[], answer: unknown): unknown => {
    const callback = args.at(-1);
    if (typeof callback !== 'function') return Promise.resolve(answer);
    return setTimeout(() => callback(answer));
  };
  const event = () => ({ addListener() {}, removeListener() {}, hasListener: () => false });
  runtime.connect = ({ name }) => {
    if (status === 'gone') throw new Error('Extension context invalidated.');
    return {
      name,
      postMessage() {},
      disconnect() {},
      onDisconnect: event(),
      onMessage: {
        ...event(),
        addListener(listener: (message: unknown) => void) {
          if (name === 'live' && status !== null) setTimeout(() => listener(status));
          if (name === 'export')
            setTimeout(() => listener({ kind: 'chunk', text: '', records: 300, total: 1200 }));
        },
      },
    };
  };
  runtime.sendMessage = (...args) => {
    const answer = answers[(args[0] as { type: MessageType }).type];
    return reply(args, answer);
  };
  storage.session.get = (...args: unknown[]) => reply(args, {});
}
