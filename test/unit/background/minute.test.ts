/** What is done each minute: what fails of it stops none of the rest. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { everyMinute } from '../../../src/background/minute.ts';
import { Worker } from '../../support/worker.ts';

let worker: Worker;
beforeEach(async () => {
  worker = await Worker.start();
});
afterEach(() => {
  vi.restoreAllMocks();
  worker.end();
});

const TASKS = {
  dwell: 'tick',
  ephemeral: 'purge',
  budget: 'check',
  sync: 'wake',
  contexts: 'tick',
  compaction: 'tick',
} as const;

it.each(['dwell', 'ephemeral', 'locking', 'pack', 'budget', 'sync', 'contexts', 'compaction'])(
  'the others are done when %s fails, and it is logged',
  async (failing) => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { services, store } = worker;
    const fails = (name: string) => async () => {
      if (name === failing) throw new DOMException('no room', 'QuotaExceededError');
    };
    const spies = new Map<string, ReturnType<typeof vi.fn>>();
    spies.set('pack', vi.spyOn(store, 'pack').mockImplementation(fails('pack')) as never);
    for (const [name, method] of Object.entries(TASKS))
      spies.set(
        name,
        vi
          .spyOn(services[name as 'dwell'], method as 'tick')
          .mockImplementation(fails(name) as never) as never,
      );
    await everyMinute(services, async () => {
      await fails('locking')();
      return true;
    });
    // How long nothing was recorded is not known then.
    const expected = [...spies.keys()].filter((name) => failing !== 'contexts' || name !== 'compaction');
    expect([...spies].filter(([, spy]) => spy.mock.calls.length === 1).map(([name]) => name)).toEqual(
      expected,
    );
    expect(log).toHaveBeenCalledTimes(1);
  },
);

it('nothing more is done once the profile was locked', async () => {
  const pack = vi.spyOn(worker.store, 'pack');
  await everyMinute(worker.services, async () => false);
  expect(pack).not.toHaveBeenCalled();
});
