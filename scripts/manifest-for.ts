/** Which browser a build is for. */
export type Target = 'chrome' | 'firefox';
/**
 * `release` is what people install. `incognito` may run in private windows, so that a test can prove that the
 * `tab.incognito` check drops what happens there. `store` is `release` without the development key.
 */
export type Variant = 'release' | 'incognito' | 'store';

type Json = Record<string, unknown>;

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
    delete background.service_worker;
  }
  // The stores assign the id themselves and refuse a package that brings a key.
  if (variant === 'store') delete manifest.key;
  if (variant === 'incognito') manifest.incognito = 'spanning';
  return manifest;
}
