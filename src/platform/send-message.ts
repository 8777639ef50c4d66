/** Sending alone, for the content script: every page loads it, and the polyfill would be most of its bytes. */
interface Runtime {
  sendMessage(message: unknown): Promise<unknown>;
}

const { browser, chrome } = globalThis as {
  readonly browser?: { readonly runtime: Runtime };
  readonly chrome?: { readonly runtime: Runtime };
};
// Held from the start: an extension that was updated takes its API away from under the pages that are open.
const runtime = (browser ?? chrome)?.runtime;

/** Rejects with "context invalidated" when the extension was updated or removed. */
export async function sendMessage(message: unknown): Promise<unknown> {
  return runtime?.sendMessage(message);
}
