/**
 * A deletion, ended at every call that it makes to the database: after the next start all or nothing of what was meant is gone,
 * whatever survives opens, and the log is whole and says how it ended.
 */
import { KILLED, killedAt } from '../../support/kill.ts';
import '../../support/fake-browser.ts';
import { afterEach, expect, it, vi } from 'vitest';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import { CARRIED_OUT } from '../../../src/model/purge.ts';
import type { EraseQuestion } from '../../../src/model/selector.ts';
import { START_MS, Worker } from '../../support/worker.ts';

vi.setConfig({ testTimeout: 300_000 });

let worker: Worker;
afterEach(() => worker.end());

/** Three days: one in a pack of its month with another, one in a pack of its own, today in the journal. */
async function filled(): Promise<void> {
  worker = await Worker.start();
  let n = 0;
  for (const daysAgo of [23, 22, 1]) {
    const atMs = START_MS - daysAgo * DAY_MS;
    await worker.store.addEvents(
      dayOf(atMs),
      ['gone', 'kept'].map((name) => ({
        kind: 'visit',
        id: `AAAAAAAAAAAAAAAAAAAAAA.1.${++n}`,
        atMs,
        level: 'private',
        url: `https://${name}.example/${n}`,
        title: `${name} ${n}`,
        transition: 'link',
      })),
    );
  }
  await worker.store.compact();
  await worker.visit(1, 'https://gone.example/', { title: 'gone now' });
  await worker.visit(2, 'https://kept.example/', { title: 'kept now' });
}

async function restarted(): Promise<void> {
  worker.services.close();
  await worker.open();
  await worker.services.erasures.settle();
}

const hosts = async () =>
  (await worker.records()).map((record) => ('url' in record ? new URL(record.url).hostname : '')).sort();
const steps = async () => {
  const { entries, whole } = await worker.store.deletions.read();
  expect(whole).toBe(true);
  return entries.map(({ step }) => step);
};
const KEPT = Array.from({ length: 4 }, () => 'kept.example');
const GONE = Array.from({ length: 4 }, () => 'gone.example');

it.each<[string, EraseQuestion, string[]]>([
  ['a site', { what: 'site', host: 'gone.example' }, KEPT],
  ['everything', { what: 'all' }, []],
])('%s', async (_, target, left) => {
  const points = new Set<string>();
  for (let call = 1; ; call++) {
    await filled();
    const ended = await killedAt(call, () => worker.erase(target));
    worker.services.close();
    await worker.open();
    const before = (await worker.store.deletions.read()).entries.at(-1)?.step;
    await worker.services.erasures.settle();
    const found = await hosts();
    const logged = await steps();
    const where = `call ${call}, after ${before ?? 'nothing'}`;
    expect(worker.services.profile.damagedRows, where).toBe(0);
    if (logged.length === 0) expect(found, where).toEqual([...GONE, ...KEPT]);
    else {
      expect(found, where).toEqual(left);
      expect(logged, where).toEqual(CARRIED_OUT);
    }
    points.add(before ?? 'nothing');
    // Nothing of it comes back later, and what is left can be erased.
    await restarted();
    expect(await hosts(), where).toEqual(logged.length === 0 ? [...GONE, ...KEPT] : left);
    expect((await worker.send('status.get', {})).recordCount, where).toBe((await hosts()).length);
    worker.end();
    if (ended !== KILLED) break;
  }
  // Each named step was one that it was stopped behind, and some calls lie before the first.
  for (const step of ['nothing', 'flagged', 'overwritten', 'dequeued', 'archived', 'notified'])
    expect([...points]).toContain(step);
  await filled();
});

it('an undo', async () => {
  for (let call = 1; ; call++) {
    await filled();
    await worker.send('erase.run', { target: { what: 'site', host: 'gone.example' } });
    const id = (await worker.send('status.get', {})).erasing?.id ?? '';
    const ended = await killedAt(call, () => worker.send('erase.undo', { id }));
    await restarted();
    const logged = await steps();
    // Before the note is gone it is still to be deleted; after that everything stays.
    expect(await hosts(), `call ${call}`).toEqual(logged.at(-1) === 'undone' ? [...GONE, ...KEPT] : KEPT);
    expect(['undone', 'notified']).toContain(logged.at(-1));
    worker.end();
    if (ended !== KILLED) break;
  }
  await filled();
});
