/** Which browser a build is for. */
export type Target = 'chrome' | 'firefox';
/**
 * `release` is what people install. `incognito` may run in private windows, so that a test can prove that the
 * `tab.incognito` check drops what happens there. `history` has access to the history from the start: nobody can answer
 * Chromium's question where it has no window. `store` is `release` without the development key. `bench` has the page
 * and the background of the storage benchmark (test/bench/).
 */
export type Variant = 'release' | 'incognito' | 'store' | 'history' | 'bench';

type Json = Record<string, unknown>;

const BENCH_BACKGROUND = 'test/bench/background.ts';

/** The manifest of one target and variant, from the one source manifest. Pure: the source is not changed. */
export function manifestFor(source: Json, target: Target, variant: Variant): Json {
  const manifest: Json = structuredClone(source);
  const background = manifest.background as Json;
  if (target === 'chrome') {
    delete manifest.browser_specific_settings;
    delete background.scripts;
  } else {
    delete manifest.key;
    delete manifest.minimum_chrome_version;
    // Firefox has no such key: there every extension may send messages, and no page can.
    delete manifest.externally_connectable;
    delete background.service_worker;
  }
  // The stores assign the id themselves and refuse a package that brings a key.
  if (variant === 'store') delete manifest.key;
  if (variant === 'incognito') manifest.incognito = 'spanning';
  if (variant === 'history') {
    manifest.permissions = [...(manifest.permissions as string[]), 'history'];
    delete manifest.optional_permissions;
  }
  if (variant === 'bench') {
    if (target === 'chrome') background.service_worker = BENCH_BACKGROUND;
    else background.scripts = [BENCH_BACKGROUND];
    const csp = manifest.content_security_policy as { extension_pages: string };
    csp.extension_pages = csp.extension_pages.replace('connect-src ', "connect-src 'self' ");
  }
  return manifest;
}
