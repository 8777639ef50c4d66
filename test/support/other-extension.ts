/** A second extension that a test speaks through: from a page of its own, from web pages as their content script, and for web pages. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newTemporaryFolder } from './profile-folder.ts';

/** Pages of this site get the extension API in Chromium (`externally_connectable`), with which they may address any extension. */
export const CONNECTABLE_SITE = 'connectable.example';

/** Its folder: the caller removes it. */
export function writeOtherExtension(): string {
  const folder = newTemporaryFolder('other');
  const manifest = {
    manifest_version: 3,
    name: 'Other',
    version: '1.0',
    permissions: ['scripting', 'tabs', 'webNavigation'],
    host_permissions: ['http://*/*'],
    externally_connectable: { matches: [`http://${CONNECTABLE_SITE}/*`] },
    browser_specific_settings: { gecko: { id: 'other@arq.example', strict_min_version: '140.0' } },
  };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'page.html'), '<!doctype html><title>Other</title><p>Other</p>');
  return folder;
}
