/** All that an extension needs to ask ARQ Context. Copy this file. */
const api = globalThis.browser ?? globalThis.chrome;
const isFirefox = api.runtime.getURL('').startsWith('moz-extension:');

/** In Chrome the id of a build from source; a store may give it another one. */
const ARQ_CONTEXT = isFirefox ? 'context@arq.example' : 'fcgjegoikgcenagjimohphklcfgfdmnf';

/** `null` = no answer: not installed, or this extension is not allowed (any more). There is no telling which. */
async function send(message) {
  try {
    return (await api.runtime.sendMessage(ARQ_CONTEXT, { arq: 1, ...message })) ?? null;
  } catch {
    return null;
  }
}

/**
 * Asks the person, on the Privacy tab of ARQ Context, for access. There is no answer to wait for: try `query({ kind: 'access' })`
 * when your extension is used the next time.
 */
export const requestAccess = ({ name, fields, reason }) => send({ request: { name, fields, reason } });

/** `{ ok: true, items | counts | fields }`, `{ ok: false, error: { code, message } }`, or `null`. At most one a second. */
export const query = (question) => send({ query: question });
