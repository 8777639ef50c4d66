/** Messages and ports, without the browser's types. */
import browser, { type Runtime } from 'webextension-polyfill';

export type Sender = Runtime.MessageSender;

export interface PagePort {
  readonly name: string;
  readonly sender: Sender | undefined;
  post(message: unknown): void;
  onMessage(handler: (message: unknown) => void): void;
  onDisconnect(handler: () => void): void;
  disconnect(): void;
}

function wrap(port: Runtime.Port): PagePort {
  return {
    name: port.name,
    sender: port.sender,
    post(message) {
      try {
        port.postMessage(message);
      } catch {
        // The other end is gone; its disconnect handler says so.
      }
    },
    onMessage: (handler) => port.onMessage.addListener((message: unknown) => handler(message)),
    onDisconnect: (handler) => port.onDisconnect.addListener(() => handler()),
    disconnect: () => port.disconnect(),
  };
}

export const sendMessage = (message: unknown): Promise<unknown> => browser.runtime.sendMessage(message);

export const connect = (name: string): PagePort => wrap(browser.runtime.connect({ name }));

export const onConnect = (handler: (port: PagePort) => void): void =>
  browser.runtime.onConnect.addListener((port) => handler(wrap(port)));

/** The handler's promise is the answer; `undefined` = not for us. */
export const onMessage = (
  handler: (message: unknown, sender: Sender) => Promise<unknown> | undefined,
): void =>
  browser.runtime.onMessage.addListener(((message: unknown, sender: Sender) =>
    handler(message, sender)) as never);

export const extensionId = (): string => browser.runtime.id;
/** `chrome-extension://…/` or `moz-extension://…/`. */
export const extensionRoot = (): string => browser.runtime.getURL('');
export const pageUrl = (path: string): string => browser.runtime.getURL(path);
export const onInstalled = (handler: (reason: string) => void): void =>
  browser.runtime.onInstalled.addListener((details) => handler(details.reason));
export const onStartup = (handler: () => void): void => browser.runtime.onStartup.addListener(handler);
export const extensionVersion = (): string => browser.runtime.getManifest().version;
export const manifest = (): Record<string, unknown> =>
  browser.runtime.getManifest() as unknown as Record<string, unknown>;
