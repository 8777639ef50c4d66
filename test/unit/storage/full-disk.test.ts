/**
 * The disk is full at the k-th write, for every k up to 20 and some beyond: what failed says so, what was acknowledged before is all there, nothing is
 * half done, and once there is room the same work succeeds.
 */
import { afterEach, expect, it, vi } from 'vitest';
import type { Bytes } from '../../../src/base/bytes.ts';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import type { InteractionEvent, InteractionRecord, NewEvent } from '../../../src/model/interaction.ts';
import { isTargeted } from '../../../src/model/selector.ts';
import { LocalStore } from '../../../src/storage/local-store.ts';
import { failWrite } from '../../support/fail-write.ts';
import { emptyProfile, type LocalProfile } from '../../support/local-profile.ts';

vi.setConfig({ testTimeout: 120_000 });
afterEach(() => vi.restoreAllMocks());

const urlOf = (n: number) => `https://site${n % 3}.example/page${n}`;
const visit = (n: number, atMs: number): NewEvent => ({
  kind: 'visit',
  atMs,
  level: 'private',
  url: urlOf(n),
  title: `Page ${n}`,
  transition: 'link',
});
const fromElsewhere = (n: number, atMs: number): InteractionEvent =>
  ({ ...visit(n, atMs), id: `BBBBBBBBBBBBBBBBBBBBBB.1.${n.toString(36)}` }) as InteractionEvent;

async function urls(profile: LocalProfile): Promise<string[]> {
  const found: string[] = [];
  for await (const { records, damaged } of profile.store.recordsByDay('oldest')) {
    expect(damaged).toBe(0);
    for (const record of records) if ('url' in record) found.push(record.url);
  }
  return found.sort();
}

async function filled(): Promise<LocalProfile> {
  const profile = await emptyProfile(Date.UTC(2026, 10, 24, 12));
  for (let n = 0; n < 6; n++)
    await profile.store.append({ event: visit(n, profile.nowMs - (n % 3) * DAY_MS) });
  await profile.store.pack(true);
  for (let n = 6; n < 10; n++)
    await profile.store.append({ event: visit(n, profile.nowMs - (n % 2) * DAY_MS) });
  return profile;
}
const all = (...ns: number[]) => ns.map(urlOf).sort();
const ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

type Work = (profile: LocalProfile) => Promise<unknown>;

/** Of two days ago, packed. */
const oldest = (p: LocalProfile) => dayOf(p.nowMs - 2 * DAY_MS);
const withoutOldest = all(...ten.filter((n) => n !== 2 && n !== 5));
let file: Bytes;
const archive: Work = (p) =>
  p.store.archive(dayOf(p.nowMs - DAY_MS), async (bytes) => {
    file = bytes;
  });
let left: readonly InteractionEvent[];
async function drop(p: LocalProfile): Promise<void> {
  const { events } = await p.store.eventsOfDay(oldest(p));
  if (events.length > 0) left = events;
  const sent = new Map([[oldest(p), new Set(events.map(({ id }) => id))]]);
  await p.store.dropDays(
    sent,
    [],
    async () => true,
    async () => ['site'],
  );
}

/** What is done, what is there then, and what is done before while there is room. */
const work: readonly (readonly [string, Work, string[], Work?])[] = [
  [
    'an append',
    (p) =>
      p.store.append({
        event: visit(10, p.nowMs),
        nonce: 'n',
        tab: { tabId: 1, atMs: 1, keepsTitle: true } as never,
      }),
    all(...ten, 10),
  ],
  ['packing', (p) => p.store.pack(true), all(...ten)],
  [
    'events from elsewhere',
    (p) => p.store.addEvents(dayOf(p.nowMs - DAY_MS), [fromElsewhere(11, p.nowMs - DAY_MS)]),
    all(...ten, 11),
  ],
  [
    'merging packs',
    async (p) => {
      p.nowMs += 40 * DAY_MS;
      await p.store.pack(true);
    },
    all(...ten),
  ],
  // The last of its writes are random values that are thrown away: a few of them stand for all.
  ['compacting', (p) => p.store.compact(), all(...ten)],
  [
    'erasing a site',
    (p) => p.store.erase((record) => isTargeted(record, { what: 'site', host: 'site1.example' })),
    all(...ten.filter((n) => n % 3 !== 1)),
  ],
  ['an archive that is made and confirmed', archive, withoutOldest],
  ['an archive that is restored', (p) => p.store.restoreArchive(file), all(...ten), archive],
  ['a day that leaves for the service', drop, withoutOldest],
  [
    'a day that comes back from the service',
    async (p) => {
      await p.store.addEvents(oldest(p), left);
      await p.store.cameBack(oldest(p), 'less');
    },
    all(...ten),
    drop,
  ],
  [
    'an import with its note',
    (p) => {
      const atMs = p.nowMs - DAY_MS;
      const days = new Map([[dayOf(atMs), [fromElsewhere(11, atMs)]]]);
      return p.store.importDays(async () => ({ days, value: { done: true } }), 'note');
    },
    all(...ten, 11),
  ],
  [
    'a saved context',
    (p) =>
      p.store.exclusive(() =>
        p.store.derived.write('contexts', [{ name: 'a', value: { saved: true }, day: oldest(p) }]),
      ),
    all(...ten),
  ],
];

it.each(work.map(([name, ...rest]) => ({ name, rest })))(
  '$name',
  async ({ name, rest: [run, expected, prepare] }) => {
    // The hundreds of writes at the end of compacting are to be thrown away.
    for (let k = 1; ; k += name === 'compacting' && k >= 20 ? 47 : 1) {
      const profile = await filled();
      await prepare?.(profile);
      const before = await urls(profile);
      const fault = failWrite(k);
      const outcome = await run(profile).then(
        () => 'done' as const,
        () => 'failed' as const,
      );
      vi.restoreAllMocks();
      if (!fault.happened()) {
        expect(outcome).toBe('done');
        expect(k).toBeGreaterThan(2);
        profile.store.close();
        return;
      }
      // What was erased may be gone already where only the destruction of keys was refused.
      const now = await urls(profile);
      if (outcome === 'failed' && JSON.stringify(now) !== JSON.stringify(before))
        expect(now).toEqual(expected);
      // In turns: the next start, or the same worker, has to cope with what is left.
      if (k % 2 === 0) await profile.reopen();
      expect([JSON.stringify(before), JSON.stringify(expected)]).toContain(
        JSON.stringify(await urls(profile)),
      );
      await run(profile);
      expect(await urls(profile)).toEqual(expected);
      const found = [];
      for await (const { page } of profile.store.findPages({ words: ['page'] })) found.push(page.url);
      expect(found.sort()).toEqual(expected);
      await profile.store.append({ event: visit(20, profile.nowMs) });
      profile.store.close();
    }
  },
);

/** Every write is refused. */
function noRoom(): void {
  for (const method of ['put', 'add'] as const)
    vi.spyOn(IDBObjectStore.prototype, method).mockImplementation(function (this: IDBObjectStore) {
      this.transaction.abort();
      throw new DOMException('no room', 'QuotaExceededError');
    });
}
const site = (n: number) => (record: InteractionRecord) =>
  isTargeted(record, { what: 'site', host: `site${n}.example` });
/** Periods that have more keys than the one that is in force. */
const stale = ({ store: { vault } }: LocalProfile) =>
  vault.names('interactions').filter((name) => vault.generations(name) > 1);

it('a store opens on a disk with no room at all, also after a deletion that was interrupted, and ends that later', async () => {
  let interrupted = 0;
  for (let k = 1; ; k++) {
    const profile = await filled();
    const before = await urls(profile);
    const fault = failWrite(k);
    const isDone = await profile.store.erase(site(1)).then(
      () => true,
      () => false,
    );
    vi.restoreAllMocks();
    if (isDone) break;
    expect(fault.happened()).toBe(true);
    const now = await urls(profile);
    if (now.length < before.length) interrupted += 1;
    vi.spyOn(console, 'error').mockImplementation(() => {});
    noRoom();
    await profile.reopen();
    expect(await urls(profile)).toEqual(now);
    vi.restoreAllMocks();
    await profile.store.pack();
    expect(await urls(profile)).toEqual(now);
    if (now.length < before.length) expect(stale(profile)).toEqual([]);
    await profile.store.erase(site(1));
    profile.store.close();
  }
  expect(interrupted).toBeGreaterThan(0);
});

it('a deletion that failed half-way is ended by the next one: its keys are destroyed too', async () => {
  for (let k = 1; ; k++) {
    const profile = await filled();
    failWrite(k);
    const isDone = await profile.store.erase(site(1)).then(
      () => true,
      () => false,
    );
    vi.restoreAllMocks();
    if (isDone) return;
    const left = (await urls(profile)).length;
    await profile.store.erase((record) => 'url' in record && record.url === urlOf(0));
    await profile.reopen();
    if (left < 10) expect(stale(profile)).toEqual([]);
    profile.store.close();
  }
});

it('a sentinel that cannot be written keeps nobody from reading', async () => {
  const profile = await filled();
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const { options } = profile;
  profile.store.close();
  const store = await LocalStore.open({
    ...options(),
    sentinel: {
      read: async () => undefined,
      write: async () => {
        throw new Error('no room');
      },
    },
  });
  profile.store = store;
  expect(await urls(profile)).toEqual(all(...ten));
});
