/** What is past its time goes, at the right moments, and never because of a clock that jumped. */
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY_MS, dayOf, HOUR_MS } from '../../../src/base/clock.ts';
import type { InteractionEvent } from '../../../src/model/interaction.ts';
import type { PrivacyLevel } from '../../../src/model/privacy.ts';
import type { Retention } from '../../../src/model/retention.ts';
import { START_MS, Worker } from '../../support/worker.ts';

let worker: Worker;
let n = 0;
beforeEach(async () => {
  worker = await Worker.start();
  n = 0;
});
afterEach(() => worker.end());

/** What was recorded on a site so many days ago. */
async function add(host: string, daysAgo: number, level: PrivacyLevel = 'private'): Promise<void> {
  const atMs = START_MS - daysAgo * DAY_MS;
  const event: InteractionEvent = {
    kind: 'visit',
    id: `AAAAAAAAAAAAAAAAAAAAAA.1.${++n}`,
    atMs,
    level,
    url: `https://${host}/${daysAgo}`,
    title: '',
    transition: 'link',
  };
  await worker.store.addEvents(dayOf(atMs), [event]);
}
const left = async () =>
  (await worker.records())
    .map((record) => ('url' in record ? record.url.slice('https://'.length) : ''))
    .sort();
const set = (levels: Retention['levels'], sites: Retention['sites'] = []) =>
  worker.send('retention.set', { retention: { levels, sites } });
const tick = () => worker.services.retention.tick();
/** As the alarm does it, once for each minute. */
async function minutes(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    worker.pass(60_000);
    await tick();
  }
}
const log = async () => (await worker.send('erase.log', {})).entries;

describe('retention', () => {
  it('keeps everything for ever unless something is set', async () => {
    await add('a.example', 4_000);
    await tick();
    expect(await left()).toEqual(['a.example/4000']);
    expect(await log()).toEqual([]);
  });

  it('deletes whole days that are past the time of their level, and says before how much that is', async () => {
    await add('a.example', 31);
    await add('a.example', 30);
    await add('a.example', 29);
    await add('b.example', 300, 'public');
    const levels = { private: 30 } as const;
    const forecast = await worker.send('retention.forecast', { retention: { levels, sites: [] } });
    expect(forecast).toMatchObject({ records: 1, days: 1, oldest: dayOf(START_MS - 31 * DAY_MS) });
    expect(await left()).toHaveLength(4);
    await set(levels);
    expect(await left()).toEqual(['a.example/29', 'a.example/30', 'b.example/300']);
    expect((await log()).at(-1)).toMatchObject({ reason: 'retention', step: 'notified', records: 1 });
    expect((await worker.send('status.get', {})).erasing).toBeUndefined();
  });

  it('of a site holds before that of levels and for its subdomains; pinned sites stay, but for their own', async () => {
    await worker.set({ pinned: ['pinned.example', 'both.example'] });
    for (const host of [
      'short.example',
      'sub.short.example',
      'long.short.example',
      'pinned.example',
      'both.example',
    ])
      await add(host, 100);
    await add('other.example', 100);
    await set({ private: 90 }, [
      { host: 'short.example', keep: 30 },
      { host: 'long.short.example', keep: 'forever' },
      { host: 'both.example', keep: 30 },
    ]);
    expect(await left()).toEqual(['long.short.example/100', 'pinned.example/100']);
  });

  it('runs once a day by itself, and looks only at days that came to a limit', async () => {
    await add('a.example', 30);
    await add('a.example', 29);
    await add('a.example', 5);
    await set({ private: 30 });
    const meant = vi.spyOn(worker.store, 'meant');
    await minutes(3);
    expect(meant).not.toHaveBeenCalled();
    worker.pass(DAY_MS);
    await tick();
    expect(await left()).toEqual(['a.example/29', 'a.example/5']);
    expect(meant.mock.calls.map(([, days]) => days)).toContainEqual([dayOf(START_MS - 30 * DAY_MS)]);
    await worker.restart();
    await minutes(1);
    expect(await left()).toHaveLength(2);
  });

  it('means what comes later, too', async () => {
    await set({ private: 30 });
    await add('imported.example', 200);
    await tick();
    expect(await left()).toEqual([]);
  });

  it('waits while something can be undone', async () => {
    await add('a.example', 200);
    await add('b.example', 1);
    await worker.send('erase.run', { target: { what: 'site', host: 'b.example' } });
    await worker.set({ retention: { levels: { private: 30 }, sites: [] } });
    await tick();
    expect((await log()).map(({ step }) => step)).toEqual(['flagged']);
    await worker.send('erase.undo', { id: (await worker.send('status.get', {})).erasing?.id ?? '' });
    await tick();
    expect(await left()).toEqual(['b.example/1']);
  });

  it('reaches days in files when nothing of them stays: their keys are destroyed', async () => {
    await add('a.example', 400);
    await add('a.example', 1);
    let file = new Uint8Array(0);
    await worker.store.archive(dayOf(START_MS - 300 * DAY_MS), async (bytes) => {
      file = new Uint8Array(bytes);
    });
    expect(await left()).toEqual(['a.example/1']);
    await set({ private: 365, public: 30, anonymous: 90 });
    await worker.store.restoreArchive(file).catch(() => {});
    expect(await left()).toEqual(['a.example/1']);
  });
});

describe('days that are not here', () => {
  const whole = { private: 365, public: 30, anonymous: 90 } as const;
  const forecast = (levels: Retention['levels']) =>
    worker.send('retention.forecast', { retention: { levels, sites: [] } });
  beforeEach(async () => {
    for (const daysAgo of [401, 400, 400]) await add('a.example', daysAgo);
    await worker.store.archive(dayOf(START_MS - 300 * DAY_MS), async () => {});
    await add('a.example', 399);
    await worker.store.db.put(
      'metadata',
      { [dayOf(START_MS - 500 * DAY_MS)]: 7, [dayOf(START_MS)]: 9 },
      'away',
    );
  });

  it('are in what the person is shown before: how many records, and where', async () => {
    expect(await forecast(whole)).toMatchObject({
      records: 1 + 3 + 7,
      days: 1 + 2 + 1,
      oldest: dayOf(START_MS - 500 * DAY_MS),
      inFiles: 3,
      atService: 7,
    });
    // As long as something of a day may stay, those are left alone.
    const some = await forecast({ private: 365 });
    expect(some).toMatchObject({ records: 1, days: 1 });
    expect(some).not.toHaveProperty('inFiles');
    await set(whole);
    expect(await worker.store.archivedDays()).toEqual({});
    expect(Object.keys(await worker.store.awayDays())).toEqual([dayOf(START_MS)]);
  });

  it('do not keep what is here from going where the list of files is damaged', async () => {
    await worker.store.db.put('metadata', new Uint8Array(80), 'archives');
    await worker.restart();
    expect(await forecast(whole)).toMatchObject({ records: 1, days: 1 });
    await set(whole);
    expect(await left()).toEqual([]);
    expect(Object.keys(await worker.store.awayDays())).toHaveLength(2);
  });
});

describe('a clock that jumped', () => {
  it.each([
    ['ahead', 400 * DAY_MS],
    ['back, and then to where it was', -400 * DAY_MS],
  ])('%s deletes nothing, also after the worker or the browser started anew', async (_, jump) => {
    await add('a.example', 20);
    await set({ private: 30 });
    await tick();
    worker.pass(jump);
    await minutes(10);
    await worker.restart();
    await worker.restartBrowser();
    await minutes(10);
    expect(await left()).toHaveLength(1);
    expect((await worker.send('status.get', {})).health.code).toBe('clock-jumped');
    worker.pass(-jump);
    await minutes(2);
    expect(await left()).toHaveLength(1);
    expect((await worker.send('status.get', {})).health.code).toBe('ok');
  });

  it('deletes what is due once the person says that it is right', async () => {
    await add('a.example', 20);
    await set({ private: 30 });
    worker.pass(40 * DAY_MS);
    await tick();
    expect(await worker.send('retention.get', {})).toMatchObject({ waitsSinceMs: expect.any(Number) });
    expect(await left()).toHaveLength(1);
    expect(await worker.send('retention.clock', {})).not.toHaveProperty('waitsSinceMs');
    expect(await left()).toEqual([]);
  });

  it('was not one when the computer was off for a night', async () => {
    await add('a.example', 30);
    await set({ private: 30 });
    worker.pass(30 * HOUR_MS);
    await worker.restartBrowser();
    await tick();
    expect(await left()).toEqual([]);
  });
});
