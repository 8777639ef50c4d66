import { DamagedError } from '../../storage/database.ts';

/** `undefined` for a row that does not open: for readers that go on without it. */
export async function unlessDamaged<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof DamagedError) return undefined;
    throw error;
  }
}
