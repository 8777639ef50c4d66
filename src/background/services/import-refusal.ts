/** What stands in the way of an import, of history or of a file. */
import { fail } from '../../base/result.ts';
import type { Profile } from './profile.ts';

export const FULL =
  'Your storage limit is reached, so nothing is imported. Save an archive or raise the limit on the Health tab, then import again: nothing is imported twice.';
const FULL_SYNCING =
  'Your storage limit is reached, so nothing is imported. Raise the limit on the Health tab, or delete what you do not need, then import again: nothing is imported twice.';

/** Why nothing may be imported now; `null` when it may. */
export function importRefusal({
  settings,
  isFull,
  store,
}: Pick<Profile, 'settings' | 'isFull' | 'store'>): ReturnType<typeof fail> | null {
  if (settings.consent !== 'accepted')
    return fail('no-consent', 'Nothing is imported until you agree to recording.');
  if (settings.level === 'ephemeral')
    return fail(
      'ephemeral',
      'At level ephemeral nothing is stored, so nothing is imported. Choose another level first.',
    );
  // While sync is on no archive can be saved.
  if (isFull) return fail('full', store.syncing ? FULL_SYNCING : FULL);
  return null;
}
