/** The files in which a browser keeps what the extension stores. */
import type { TestBrowser } from './browser.ts';
import { filesBelow } from './search-bytes.ts';

export function storageFiles({ name, profileDir, extensionOrigin }: TestBrowser): string[] {
  const id = new URL(extensionOrigin).host;
  const parts =
    name === 'chromium'
      ? [
          `chrome-extension_${id}`,
          `Local Extension Settings/${id}`,
          `Sync Extension Settings/${id}`,
          // All origins share it: what lies there is told of in SECURITY.md.
          'Local Storage/leveldb',
          'File System',
          'blob_storage',
        ]
      : [`moz-extension+++${id}`, 'browser-extension-data', 'storage-sync'];
  return filesBelow(profileDir).filter((file) => parts.some((part) => file.includes(part)));
}
