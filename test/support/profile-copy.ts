/** A device's profile as somebody copied it, and what they put back of it. */
// First: the extension's API has to be there before anything of `src` is loaded.
import './device-context.ts';
import { copyDatabases, type DatabaseCopy, dropDatabases, putDatabases } from './database-copy.ts';
import type { TestDevice } from './sync-world.ts';

export interface ProfileCopy {
  readonly databases: readonly DatabaseCopy[];
  /** What lies outside of the databases: `storage.local`. */
  readonly area: ReadonlyMap<string, unknown>;
}

export const copyProfile = (device: TestDevice): Promise<ProfileCopy> =>
  device.run(async () => ({
    databases: await copyDatabases(),
    area: structuredClone(device.context.area),
  }));

/** The browser is closed meanwhile. `all`: the whole folder; else what lies outside of the databases stays as it is. */
export async function putBack(
  device: TestDevice,
  { databases, area }: ProfileCopy,
  what: 'all' | 'databases',
): Promise<void> {
  device.context.stop();
  await device.run(async () => {
    await dropDatabases();
    await putDatabases(databases);
  });
  if (what === 'all') {
    device.context.area.clear();
    for (const [key, value] of structuredClone(area)) device.context.area.set(key, value);
  }
  device.context.session.clear();
  await device.restart();
}

/** The browser lost databases whose names begin so, and opens empty ones. */
export async function lose(device: TestDevice, prefix = ''): Promise<void> {
  device.context.stop();
  await device.run(() => dropDatabases(prefix));
  device.context.session.clear();
  await device.restart();
}
