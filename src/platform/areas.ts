/** The browser's small storage areas. `session` lives in memory and ends with the browser; `local` is a file, not secret. */
import browser from 'webextension-polyfill';

export interface Area {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
  remove(key: string): Promise<void>;
  keys(): Promise<string[]>;
}

const area = (
  store: () => {
    get(key: string | null): Promise<Record<string, unknown>>;
    set(values: Record<string, unknown>): Promise<void>;
    remove(key: string): Promise<void>;
  },
): Area => ({
  get: async (key) => (await store().get(key))[key],
  set: (key, value) => store().set({ [key]: value }),
  remove: (key) => store().remove(key),
  keys: async () => Object.keys(await store().get(null)),
});

export const sessionArea: Area = area(() => browser.storage.session);
export const localArea: Area = area(() => browser.storage.local);

interface WithAccessLevel {
  setAccessLevel?(options: { accessLevel: string }): Promise<void>;
}

/** Chromium lets content scripts read `storage.local` unless told otherwise. Firefox has no such setting, so nothing secret is kept there. */
export async function closeAreasToContentScripts(): Promise<void> {
  const local = browser.storage.local as unknown as WithAccessLevel;
  await local.setAccessLevel?.({ accessLevel: 'TRUSTED_CONTEXTS' });
}

/** The last `Status` that the background wrote, so that the popup need not wait for it. */
export const readCachedStatus = (): Promise<unknown> => sessionArea.get('status');
export const writeCachedStatus = (status: unknown): Promise<void> => sessionArea.set('status', status);
