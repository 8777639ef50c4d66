/** What stands in the way of an import, of history or of a file. */
import { fail } from '../../base/result.ts';
import type { Profile } from './profile.ts';

export const FULL =
  'Your storage limit is reached, so nothing is imported. Save an archive or raise the limit on the Health tab, then import again: nothing is imported twice.';

/** Why nothing may be imported now; `null` when it may. */
export function importRefusal({
  settings,
  isFull,
}: Pick<Profile, 'settings' | 'isFull'>): ReturnType<typeof fail> | null {
  if (settings.consent !== 'accepted')
    return fail('no-consent', 'Nothing is imported until you agree to recording.');
  if (settings.level === 'ephemeral')
    return fail(
      'ephemeral',
      'At level ephemeral nothing is stored, so nothing is imported. Choose another level first.',
    );
  if (isFull) return fail('full', FULL);
  return null;
}
