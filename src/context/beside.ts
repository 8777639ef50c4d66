/**
 * Writes what only spares work later, beside an answer. Where it cannot be written, as on a full disk, that is logged and the
 * answer is given all the same.
 */
export async function beside(what: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    console.error(`${what} could not be kept`, error);
  }
}
