/** Messages of other extensions, without the browser's types. Web pages cannot send any (`externally_connectable` in the manifest). */
import browser, { type Runtime } from 'webextension-polyfill';

/** What the browser says of who sent it. */
export type ExternalSender = Runtime.MessageSender & {
  readonly origin?: string;
  /** Chromium: a program on the computer, no extension. */
  readonly nativeApplication?: string;
};

/** Must be called while the worker starts. What the handler's promise resolves with is the answer. */
export const onExternalMessage = (
  handler: (message: unknown, sender: ExternalSender) => Promise<unknown>,
): void =>
  browser.runtime.onMessageExternal.addListener(((message: unknown, sender: ExternalSender) =>
    handler(message, sender)) as never);
