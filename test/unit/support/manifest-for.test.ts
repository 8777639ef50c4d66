import { describe, expect, test } from 'vitest';
import source from '../../../manifest.json' with { type: 'json' };
import { manifestFor, type Variant } from '../../../scripts/manifest-for.ts';

describe('the manifest of a target', () => {
  test('Chrome gets a worker and its key, and nothing of Firefox', () => {
    const manifest = manifestFor(source, 'chrome', 'release');
    expect(manifest.background).toEqual({ service_worker: source.background.service_worker, type: 'module' });
    expect(manifest.key).toBe(source.key);
    expect(manifest).not.toHaveProperty('browser_specific_settings');
  });

  test('Firefox gets background scripts and its id, and nothing of Chrome', () => {
    const manifest = manifestFor(source, 'firefox', 'release');
    expect(manifest.background).toEqual({ scripts: source.background.scripts, type: 'module' });
    expect(manifest.browser_specific_settings).toEqual(source.browser_specific_settings);
    expect(manifest).not.toHaveProperty('key');
    expect(manifest).not.toHaveProperty('minimum_chrome_version');
  });

  test('other extensions may send messages in both, and web pages in none', () => {
    for (const variant of ['release', 'store'] as const) {
      // Without `matches`: no page can. Firefox does not know the key and lets no page either.
      expect(manifestFor(source, 'chrome', variant).externally_connectable).toEqual({ ids: ['*'] });
      expect(manifestFor(source, 'firefox', variant)).not.toHaveProperty('externally_connectable');
    }
  });

  test('only the test variant may enter private windows', () => {
    for (const target of ['chrome', 'firefox'] as const) {
      expect(manifestFor(source, target, 'release').incognito).toBe('not_allowed');
      expect(manifestFor(source, target, 'store').incognito).toBe('not_allowed');
      expect(manifestFor(source, target, 'incognito').incognito).toBe('spanning');
    }
  });

  test('access to the history is optional, and only the test variant has it from the start', () => {
    for (const variant of ['release', 'incognito', 'store'] as const) {
      const manifest = manifestFor(source, 'chrome', variant);
      expect(manifest.permissions).not.toContain('history');
      expect(manifest.optional_permissions).toEqual(['history']);
    }
    const manifest = manifestFor(source, 'chrome', 'history');
    expect(manifest.permissions).toEqual([...source.permissions, 'history']);
    expect(manifest).not.toHaveProperty('optional_permissions');
  });

  test('a store gets no key', () => {
    expect(manifestFor(source, 'chrome', 'store')).not.toHaveProperty('key');
  });

  test('WebAssembly runs, for Argon2id, and only the bench variant has the bench background and reads its own files', () => {
    const cspOf = (variant: Variant) =>
      JSON.stringify(manifestFor(source, 'chrome', variant).content_security_policy);
    for (const variant of ['release', 'incognito', 'store', 'bench'] as const)
      expect(cspOf(variant)).toContain("script-src 'self' 'wasm-unsafe-eval';");
    for (const variant of ['release', 'incognito', 'store'] as const)
      expect(cspOf(variant)).not.toContain("connect-src 'self' ");
    expect(cspOf('bench')).toContain("connect-src 'self' ");
    const file = 'test/bench/background.ts';
    expect(manifestFor(source, 'chrome', 'bench').background).toMatchObject({ service_worker: file });
    expect(manifestFor(source, 'firefox', 'bench').background).toMatchObject({ scripts: [file] });
  });

  test('the source stays as it is', () => {
    const before = JSON.stringify(source);
    manifestFor(source, 'firefox', 'incognito');
    manifestFor(source, 'chrome', 'bench');
    expect(JSON.stringify(source)).toBe(before);
  });

  test('both targets have the same permissions and content scripts', () => {
    const [chrome, firefox] = (['chrome', 'firefox'] as const).map((target) =>
      manifestFor(source, target, 'release'),
    );
    for (const field of [
      'permissions',
      'optional_permissions',
      'host_permissions',
      'content_scripts',
      'content_security_policy',
    ]) {
      expect(chrome?.[field]).toEqual(firefox?.[field]);
    }
  });
});
