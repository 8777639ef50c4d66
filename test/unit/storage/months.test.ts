/** When the packs of a month are merged. */
import { beforeEach, expect, it } from 'vitest';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import type { EventId } from '../../../src/model/interaction.ts';
import { emptyProfile, type LocalProfile } from '../../support/local-profile.ts';

const MINUTE_MS = 60_000;
let profile: LocalProfile;
beforeEach(async () => {
  profile = await emptyProfile(Date.UTC(2026, 9, 28, 12));
});

const packs = async () =>
  (await profile.store.db.getAll('packs')).map(({ key, date, seq }) => `${key} ${date} ${seq}`);

it('a tab that stays open over the end of a month does not have the month written anew each minute', async () => {
  let last: { readonly id: EventId; readonly atMs: number } | undefined;
  for (let day = 0; day < 3; day++) {
    const atMs = profile.nowMs + day * DAY_MS;
    const url = `https://day${day}.example/`;
    const appended = await profile.store.append({
      event: { kind: 'visit', atMs, level: 'private', url, title: `day ${day}`, transition: 'link' },
    });
    last = appended ?? undefined;
  }
  if (!last) throw new Error('nothing was recorded');
  profile.nowMs += 5 * DAY_MS;
  await profile.store.pack();
  const [month, ...others] = await packs();
  expect([month, others]).toEqual([expect.stringMatching(/^month /), []]);
  for (let minute = 0; minute < 10; minute++) {
    profile.nowMs += MINUTE_MS;
    await profile.store.append({
      event: { kind: 'visit-update', visit: last.id, atMs: profile.nowMs, dwellMs: MINUTE_MS },
      day: dayOf(last.atMs),
    });
    await profile.store.pack();
    const now = await packs();
    expect(now).toContain(month);
    expect(now).toHaveLength(2);
  }
  await profile.store.compact();
  expect(await packs()).toHaveLength(1);
  const records = [];
  for await (const { records: some } of profile.store.recordsByDay('oldest')) records.push(...some);
  expect(records).toHaveLength(3);
  expect(records.at(-1)).toMatchObject({ title: 'day 2', dwellMs: 10 * MINUTE_MS });
});
