/** What the browser lets us do, asked for in words of our own first. */
import browser from 'webextension-polyfill';
import { manifest } from './runtime.ts';

const HOSTS = ['http://*/*', 'https://*/*'];

/** Firefox lets people take host access away at any time; Chrome too, per site. */
export const hasHostAccess = (): Promise<boolean> => browser.permissions.contains({ origins: HOSTS });

/** Must be the first thing in a click handler, else the browser refuses to ask. */
export const requestHostAccess = (): Promise<boolean> => browser.permissions.request({ origins: HOSTS });

export function onPermissionsChanged(handler: () => void): void {
  browser.permissions.onAdded.addListener(handler);
  browser.permissions.onRemoved.addListener(handler);
}

interface GeckoSettings {
  readonly gecko?: { readonly data_collection_permissions?: { readonly optional?: readonly string[] } };
}

/**
 * Firefox's own consent for data that leaves the browser (declared in the manifest, Firefox 140+). Chrome has no such
 * question and answers `true`. Must be the first thing in a click handler.
 */
export async function requestDataCollection(): Promise<boolean> {
  const settings = manifest().browser_specific_settings as GeckoSettings | undefined;
  const wanted = settings?.gecko?.data_collection_permissions?.optional;
  if (wanted === undefined) return true;
  return browser.permissions.request({ data_collection: [...wanted] } as never);
}
