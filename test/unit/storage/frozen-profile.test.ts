/**
 * A profile and an archive as a version before this one wrote them: rows of all databases, sealed with keys that are in them.
 * Whatever is changed, they have to open and say the same. A change that is meant, of a format that was never released, needs
 * `ARQ_FREEZE=1 npx vitest run --project unit test/unit/storage/frozen-profile.test.ts`, which writes them anew; after a
 * release a new file goes beside this one instead.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Bytes, fromBase64Url, toBase64Url, utf8 } from '../../../src/base/bytes.ts';
import { DAY_MS, type Day, dayOf } from '../../../src/base/clock.ts';
import { sha256 } from '../../../src/crypto/primitives.ts';
import type { InteractionEvent, InteractionRecord } from '../../../src/model/interaction.ts';
import { queryWords } from '../../../src/model/words.ts';
import { type FrozenDatabase, freezeDatabases, thawDatabases } from '../../support/frozen-profile.ts';
import { emptyProfile } from '../../support/local-profile.ts';
import { type LocalProfile, openProfile } from '../../support/store-profile.ts';

interface Frozen {
  readonly nowMs: number;
  readonly databases: readonly FrozenDatabase[];
  /** The file that the oldest day left for. */
  readonly archive: string;
  readonly records: Readonly<Record<Day, readonly InteractionRecord[]>>;
  readonly archived: Readonly<Record<Day, readonly InteractionRecord[]>>;
}

const FILE = join(import.meta.dirname, '../../vectors/profile-1.json');
const NOW_MS = Date.UTC(2026, 10, 24, 12);
const author = 'F'.repeat(22);

let counter = 0;
const visit = (daysAgo: number, url: string, title: string) => ({
  kind: 'visit' as const,
  id: `${author}.1.${(++counter).toString(36)}`,
  atMs: NOW_MS - daysAgo * DAY_MS + counter,
  level: 'private' as const,
  url,
  title,
  transition: 'link' as const,
});
/** Signs that are no words and do not compress, always the same, so that the table of texts is in several pieces. */
const noise = (seed: number) => {
  let state = seed + 1;
  return Array.from({ length: 4600 }, () => {
    state = (state * 48271) % 2147483647;
    return "!$()*+,;:@~.-_'/"[(state >> 8) % 16];
  }).join('');
};
/** A long address by its hash. */
const short = async (record: InteractionRecord): Promise<InteractionRecord> =>
  'url' in record && record.url.length > 200
    ? { ...record, url: `${record.url.slice(0, 30)} ${toBase64Url(await sha256(utf8(record.url)))}` }
    : record;

async function content({ store }: LocalProfile): Promise<Record<Day, readonly InteractionRecord[]>> {
  const days: Record<Day, readonly InteractionRecord[]> = {};
  for await (const { day, records, damaged } of store.recordsByDay('oldest')) {
    expect(damaged).toBe(0);
    days[day] = await Promise.all(records.map(short));
  }
  return days;
}

async function freeze(): Promise<void> {
  const profile = await emptyProfile(NOW_MS);
  const { store } = profile;
  const add = (events: readonly InteractionEvent[]) =>
    store.addDays(
      new Map(
        events.map((event) => [
          dayOf(event.atMs),
          events.filter((one) => dayOf(one.atMs) === dayOf(event.atMs)),
        ]),
      ),
    );
  await add([visit(120, 'https://archived.example/', 'Archived')]);
  const archived = await content(profile);
  const parts: Bytes[] = [];
  await store.archive(dayOf(NOW_MS - 100 * DAY_MS), async (file) => void parts.push(file));
  const page = visit(40, 'https://page.example/path', 'Café 東京');
  await add([
    ...Array.from({ length: 24 }, (_, n) =>
      visit(41, `https://long${n}.example/?q=${noise(n)}`, `Long ${n}`),
    ),
    // So many that the page is in another part of the texts, which begins in another piece.
    ...Array.from({ length: 44 }, (_, n) => visit(41, `https://middle.example/${n}`, '')),
    page,
    { kind: 'visit-update', id: `${author}.1.u`, visit: page.id, atMs: page.atMs + 5, dwellMs: 12_345 },
    {
      kind: 'search',
      id: `${author}.1.s`,
      atMs: page.atMs + 6,
      level: 'private',
      engine: 'Engine',
      query: 'blue whales',
      url: 'https://engine.example/?q=blue+whales',
    },
    {
      kind: 'click',
      id: `${author}.1.c`,
      atMs: page.atMs + 7,
      level: 'private',
      url: page.url,
      title: page.title,
      role: 'button',
      text: 'Press',
    },
    {
      kind: 'reduced',
      id: `${author}.1.r`,
      atMs: NOW_MS - 40 * DAY_MS,
      level: 'anonymous',
      of: 'visit',
      category: 'other',
    },
  ] as InteractionEvent[]);
  await store.pack(true);
  await add([visit(1, 'https://day.example/', 'A day of its own')]);
  await store.append({ event: { ...visit(0, 'https://today.example/', 'Today'), id: undefined } as never });
  await store.derived.write('contexts', [{ name: 'a', value: { saved: true }, day: dayOf(NOW_MS) }]);
  await store.writeNamed('settings-of-test', { chosen: 'before' });
  await store.writeNote('note-of-test', { noted: 1 });
  const frozen: Frozen = {
    nowMs: NOW_MS,
    databases: [],
    archive: toBase64Url(parts[0] as Bytes),
    records: await content(profile),
    archived,
  };
  store.close();
  writeFileSync(FILE, `${JSON.stringify({ ...frozen, databases: await freezeDatabases() }, null, 1)}\n`);
}
if (process.env.ARQ_FREEZE) await freeze();

describe('a frozen profile', () => {
  const frozen = JSON.parse(readFileSync(FILE, 'utf8')) as Frozen;
  let profile: LocalProfile;
  beforeEach(async () => {
    await thawDatabases(frozen.databases);
    profile = await openProfile(frozen.nowMs);
  });

  it('has a table in several pieces, packs of both kinds, and events that wait', async () => {
    const { db } = profile.store;
    expect((await db.getAll('packs')).map(({ key }) => key).sort()).toEqual(['day', 'month']);
    expect(
      (await db.getAll('tables')).filter(({ part, piece }) => part === 'texts' && piece > 0),
    ).toHaveLength(1);
    expect(await db.count('journal')).toBe(1);
  });

  it('has the stores that a new one has', async () => {
    const layoutOf = (databases: readonly FrozenDatabase[]) =>
      databases
        // Made beside a key ring, and empty: a ring that was frozen before has none.
        .filter(({ name }) => !name.startsWith('arq-beside-'))
        .map((database) => ({
          ...database,
          stores: database.stores.map(({ rows: _, ...layout }) => layout),
        }));
    await emptyProfile(frozen.nowMs);
    expect(layoutOf(frozen.databases)).toEqual(layoutOf(await freezeDatabases()));
  });

  it('opens and gives the same records', async () => {
    expect(await content(profile)).toEqual(frozen.records);
  });

  it.each([
    ['café', 'https://page.example/path'],
    ['blue whales', 'https://engine.example/?q=blue+whales'],
    ['long23', `https://long23.example/?q=${noise(23)}`],
    ['own', 'https://day.example/'],
    ['today', 'https://today.example/'],
  ])('is searched: %s', async (text, url) => {
    const found: string[] = [];
    for await (const { page } of profile.store.findPages({ words: queryWords(text) })) found.push(page.url);
    expect(found).toEqual([url]);
    expect(profile.damaged).toBe(0);
  });

  it('gives back what was made from records, settings and notes', async () => {
    expect([
      await profile.store.derived.read('contexts', 'a'),
      await profile.store.readNamed('settings-of-test'),
      await profile.store.readNote('note-of-test'),
    ]).toEqual([{ saved: true }, { chosen: 'before' }, { noted: 1 }]);
  });

  it('takes back a frozen archive', async () => {
    const file = fromBase64Url(frozen.archive) as Bytes;
    expect(await profile.store.restoreArchive(file)).toBe(1);
    expect(await content(profile)).toEqual({ ...frozen.archived, ...frozen.records });
  });

  it('goes on: it is written to, packed and erased', async () => {
    await profile.store.append({
      event: { ...visit(0, 'https://more.example/', 'More'), id: undefined } as never,
    });
    await profile.store.compact();
    expect(
      await profile.store.erase((record) => 'url' in record && record.url.includes('page.example')),
    ).toBe(2);
    const days = Object.values(await content(profile)).flat();
    expect(days).toHaveLength(Object.values(frozen.records).flat().length + 1 - 2);
  });
});
