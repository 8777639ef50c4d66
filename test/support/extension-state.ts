/** All that the extension holds, from one of its own pages: to compare what is there with what was there. */
import { createHash } from 'node:crypto';
import type { TestPage } from './browser.ts';
import { rowsInPage } from './rows-in-page.ts';

/** Told to the person again and again, or counted: no effect of a message. */
export const PASSING: ReadonlySet<string> = new Set(['dropped', 'status', 'budget', 'session-time']);

/** A driver is no person: after a minute the browser says that nobody is there, and the time in front stands still. */
const OF_PRESENCE: ReadonlySet<string> = new Set(['away-since', 'dwell']);

const AREAS = `(async () => {
  const { local, session } = (globalThis.browser ?? chrome).storage;
  return { local: await local.get(null), session: await session.get(null) };
})()`;

/** A short hash of each store of each database, and of each value in the browser's areas. */
export async function extensionState(page: TestPage): Promise<Record<string, string>> {
  const parts: Record<string, string> = {};
  const rows = JSON.parse(await page.evaluate(rowsInPage, '')) as Record<string, Record<string, unknown>>;
  for (const [database, stores] of Object.entries(rows))
    for (const [store, all] of Object.entries(stores)) parts[`${database} ${store}`] = hashOf(all);
  const areas = await page.evaluate<[], Record<string, Record<string, unknown>>>(AREAS);
  for (const [area, values] of Object.entries(areas))
    for (const [key, value] of Object.entries(values))
      if (!PASSING.has(key) && !OF_PRESENCE.has(key)) parts[`${area} ${key}`] = hashOf(value);
  return parts;
}

const hashOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
