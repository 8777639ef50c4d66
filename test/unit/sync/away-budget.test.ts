/** The budget while sync is on: days leave for the service, and come back. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';

import { describe, expect, it, vi } from 'vitest';
import { Budget } from '../../../src/background/services/budget.ts';
import { DAY_MS, type Day, dayOf } from '../../../src/base/clock.ts';
import { away, useSentDay } from '../../support/sent-day.ts';
import { a, b, world } from '../../support/two-devices.ts';

useSentDay();

describe('at the limit of the budget, while sync is on', () => {
  /** Older days, `count` of them, each of the same size; with what is there already. */
  async function older(count: number): Promise<Day[]> {
    const days: Day[] = [];
    for (let n = count + 2; n > 2; n--) {
      const atMs = a.clock.nowMs() - n * DAY_MS;
      days.push(dayOf(atMs));
      for (const path of ['/1', '/2', '/3']) await a.visit(`old.example`, `${path}/${n}`, atMs);
    }
    await world.settle();
    await a.run(() => a.store.pack(true));
    return days;
  }
  const deps = () => ({
    compaction: { run: async () => {}, doneMs: a.clock.nowMs() },
    service: a.sync.days,
    erased: () => a.sync.deleting.erased(),
    onAdded: () => a.sync.changed(),
  });
  async function budgetOf(share: number, pinned: readonly string[] = []): Promise<Budget> {
    // The settings take room, too.
    await a.run(() => a.profile.change({ budgetBytes: 1_000_000_000, pinned }));
    const used = await a.run(() => a.store.usedBytes());
    await a.run(() => a.profile.change({ budgetBytes: Math.round(used / share), pinned }));
    const budget = new Budget(a.profile, deps());
    await a.run(() => budget.open());
    await a.run(() => budget.check());
    await a.run(() => budget.settled());
    return budget;
  }

  it('the oldest days go first, as many as make room, and come back by month', async () => {
    const all = await older(6).then(() => a.records());
    const budget = await budgetOf(1.05);
    const gone = await away(a);
    expect(gone.length).toBeGreaterThan(0);
    const report = await a.run(() => budget.report());
    expect(report).toMatchObject({ state: 'ok', syncing: true, archivedDays: gone.length });
    expect(report.usedBytes).toBeLessThanOrEqual(0.7 * report.limitBytes);
    const left = await a.records();
    expect(left).toEqual(all.slice(all.length - left.length));
    const month = gone[0]?.slice(0, 7) ?? '';
    expect(await a.run(() => budget.fetchMonth(month))).toMatchObject({
      ok: false,
      error: { code: 'no-room' },
    });
    await a.run(() => a.profile.change({ budgetBytes: 1e9 }));
    for (const one of new Set(gone.map((name) => name.slice(0, 7))))
      expect(await a.run(() => budget.fetchMonth(one))).toEqual({ ok: true, value: null });
    expect(await a.records()).toEqual(all);
    expect(await b.urls()).toEqual(await a.urls());
  });

  it('nothing goes below the limit, and nothing that is pinned or not sent', async () => {
    const [first] = await older(3);
    const before = await a.records();
    await budgetOf(0.99);
    expect(await a.records()).toEqual(before);
    const pinned = ['one.example', 'two.example', 'secret.example', 'old.example'];
    const full = await budgetOf(2, pinned);
    expect(full.isFull()).toBe(true);
    expect(await a.records()).toEqual(before);
    a.network.down();
    await a.visit('old.example', '/late', Date.parse(`${first}T01:00:00Z`));
    const offlineBudget = await budgetOf(2);
    expect((await a.records()).length).toBe(before.length + 1);
    expect(offlineBudget.isFull()).toBe(true);
    // As soon as the service can be asked, not an hour later.
    a.network.up();
    world.pass(20 * 60_000);
    expect((await a.round()).phase).toBe('synced');
    await a.run(() => offlineBudget.check());
    await a.run(() => offlineBudget.settled());
    expect((await a.records()).length).toBeLessThan(before.length);
  });

  it('nobody waits while days leave, and what the person chooses meanwhile holds', async () => {
    await older(40);
    const steps: (readonly string[])[] = [];
    let go = () => {};
    const service = {
      fetchBack: (days: readonly Day[]) => a.sync.days.fetchBack(days),
      async dropSent(days: readonly Day[], keep: readonly string[]) {
        steps.push(keep);
        await new Promise<void>((done) => {
          go = done;
        });
        return a.sync.days.dropSent(days, keep);
      },
    };
    const budget = new Budget(a.profile, { ...deps(), service });
    const used = await a.run(() => a.store.usedBytes());
    await a.run(() => a.profile.change({ budgetBytes: Math.round(used / 3) }));
    await a.run(() => budget.open());
    await a.run(() => budget.check());
    // It came back at once, and recording goes on.
    await vi.waitFor(() => expect(steps).toHaveLength(1));
    expect(budget.isFull()).toBe(false);
    expect(await a.run(() => budget.report())).toMatchObject({ state: 'near' });
    await a.run(() => a.profile.change({ pinned: ['pinned.example'] }));
    go();
    await vi.waitFor(() => expect(steps).toHaveLength(2));
    expect(steps[1]).toEqual(['pinned.example']);
    await a.run(() => a.profile.change({ budgetBytes: 1e9 }));
    go();
    await a.run(() => budget.settled());
    expect(steps).toHaveLength(2);
    expect(await a.run(() => budget.report())).toMatchObject({ state: 'ok' });
  });
});
