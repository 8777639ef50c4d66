/**
 * The brake for mass deletions: what other devices delete is carried out here without asking, but not when it means very much of what is
 * here. Then nothing is taken, sent or deleted until the person has seen what it is and agreed, or left the account: a device that was
 * taken over, or a mistake on one, does not empty all of them (docs/decisions/0021).
 */
import type { InteractionRecord } from '../model/interaction.ts';
import type { PreviewPart } from '../model/join-preview.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { type EraseCommand, readCommands } from './erasures.ts';
import { meantHere } from './meant.ts';
import type { ObjectScope } from './objects.ts';

/** So many records, or this share of all that are here, if it is more than a few. */
const MANY = 500;
const SHARE = 0.3;
const FEW = 50;

export interface Brake {
  /** How many records the person has agreed to lose. */
  readonly agreed: number;
  /** Records that are in memory only. */
  inMemory(): Promise<readonly InteractionRecord[]>;
  /** What the person is to be asked about, when the round ends with `MASS_DELETION`. */
  asks(deleted: PreviewPart): void;
}

/** Code of the failure that a round ends with. */
export const MASS_DELETION = 'mass-deletion';

export const BRAKED = {
  ok: false,
  error: {
    code: MASS_DELETION,
    status: 200,
    message: 'Another device deletes much of what is here. Nothing was deleted yet.',
  },
} as const;

/** `commands`: some that were not given here. Those that are known already were let through, or carried out. */
export async function isMassDeletion(
  { store, scope, brake }: { readonly store: LocalStore; readonly scope: ObjectScope; readonly brake: Brake },
  commands: readonly EraseCommand[],
): Promise<boolean> {
  const known = new Set((await readCommands(store)).map(({ id }) => id));
  const fresh = commands.filter(({ id }) => !known.has(id));
  if (fresh.length === 0) return false;
  const most = Math.min(MANY, Math.max(FEW, (await store.recordCount()) * SHARE));
  const deleted = await meantHere(store, await brake.inMemory(), fresh, scope.keys.naming);
  if (deleted.records <= Math.max(most, brake.agreed)) return false;
  brake.asks(deleted);
  return true;
}
