import { expect, test } from 'vitest';
import manifest from '../../../manifest.json' with { type: 'json' };
import { chromiumExtensionId } from '../../support/extension-id.ts';

test('is the id that Chromium 156 gave an extension with this key', () => {
  expect(chromiumExtensionId(manifest.key)).toBe('fcgjegoikgcenagjimohphklcfgfdmnf');
});
