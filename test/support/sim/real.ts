/** What Node gives, before anything of it is replaced (globals.ts). Import it before that. */
export const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  setImmediate: globalThis.setImmediate,
  now: Date.now,
  fetch: globalThis.fetch,
  subtle: crypto.subtle,
  getRandomValues: crypto.getRandomValues.bind(crypto),
};
