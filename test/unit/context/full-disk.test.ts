/** On a full disk everything that is there can be read: what is only written to spare work later is left out. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DAY_MS } from '../../../src/base/clock.ts';
import type { ContextStorage } from '../../../src/context/context-storage.ts';
import { type ContextProfile, contextProfile, visitAt } from '../../support/context-profile.ts';
import { failWrite } from '../../support/fail-write.ts';

let both: ContextProfile;
beforeEach(async () => {
  both = await contextProfile();
  await both.storage.saveInteractions([visitAt(both.profile.nowMs - 3 * DAY_MS)]);
  await both.storage.compactDatabase();
});
afterEach(() => vi.restoreAllMocks());

const questions: Readonly<Record<string, (storage: ContextStorage) => Promise<unknown>>> = {
  statistics: (storage) => storage.getContextStats('year'),
  segment: (storage) => storage.computeUserSegment(),
  context: (storage) => storage.currentContext().then(({ id: _, ...said }) => said),
  profile: (storage) => storage.profile().then(({ createdAt: _, lastUpdated: __, ...said }) => said),
};

it.each(Object.entries(questions))('%s, whichever write fails', async (_, ask) => {
  const logged = vi.fn();
  for (let k = 1; ; k++) {
    await both.storage.purgeCaches();
    const fault = failWrite(k);
    vi.spyOn(console, 'error').mockImplementation(logged);
    both.profile.nowMs += 1000;
    const answer = await ask(both.storage);
    vi.restoreAllMocks();
    if (!fault.happened()) break;
    expect(logged).toHaveBeenCalledTimes(k);
    expect(answer).toEqual(await ask(both.storage));
  }
  expect(logged).toHaveBeenCalled();
});

it('counts of the caches, which are written only now and then; and the store closes', async () => {
  const logged = vi.fn();
  const fault = failWrite(1);
  vi.spyOn(console, 'error').mockImplementation(logged);
  await both.storage.purgeCaches();
  for (let n = 0; !fault.happened() && n < 400; n++) await both.storage.getContextStats('week');
  expect(logged).toHaveBeenCalled();
  vi.restoreAllMocks();
  await both.storage.getContextStats('month');
  const refused = failWrite(1);
  vi.spyOn(console, 'error').mockImplementation(logged);
  await both.storage.close();
  expect(refused.happened()).toBe(true);
  await expect(both.storage.latestContext()).rejects.toMatchObject({ name: 'InvalidStateError' });
});
