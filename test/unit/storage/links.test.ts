/** What was erased is not told by links either: where other visits came from, where clicks led. */
import { describe, expect, it } from 'vitest';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import type { InteractionEvent, NewEvent } from '../../../src/model/interaction.ts';
import { type EraseTarget, isTargeted } from '../../../src/model/selector.ts';
import { MOST_LINKED } from '../../../src/storage/erase.ts';
import { eventsOf } from '../../../src/storage/vault.ts';
import { emptyProfile, type LocalProfile } from '../../support/local-profile.ts';

const SECRET = 'https://shop.secret.example/ring';
const base = { level: 'private', title: '', transition: 'link' } as const;

/** A page of the site on one day, with what links to it on that and on two other days, one long ago. */
async function filled(): Promise<LocalProfile> {
  const profile = await emptyProfile(Date.UTC(2026, 10, 24, 12));
  const at = (days: number, more: Partial<NewEvent>) =>
    profile.store.append({
      event: {
        kind: 'visit',
        url: 'https://other.example/',
        ...base,
        atMs: profile.nowMs - days * DAY_MS,
        ...more,
      } as NewEvent,
    });
  await at(40, { kind: 'click', role: 'link', text: 'Ring', target: SECRET } as Partial<NewEvent>);
  await at(40, { url: 'https://last.example/', referrer: 'https://other.example/' } as Partial<NewEvent>);
  await at(3, { url: SECRET });
  await at(3, { url: 'https://next.example/', referrer: SECRET } as Partial<NewEvent>);
  await at(2, {
    url: 'https://later.example/',
    referrer: 'https://shop.secret.example/',
  } as Partial<NewEvent>);
  return profile;
}

const erase = ({ store }: LocalProfile, target: EraseTarget) =>
  store.erase(
    (record) => isTargeted(record, target),
    false,
    () => store.days(),
    [target],
  );

async function links({ store }: LocalProfile): Promise<string[]> {
  const found: string[] = [];
  for await (const { records } of store.recordsByDay('oldest'))
    for (const record of records) {
      const link =
        record.kind === 'visit' ? record.referrer : record.kind === 'click' ? record.target : undefined;
      if (link !== undefined) found.push(link);
    }
  return found;
}

describe.each<[string, (profile: LocalProfile) => Promise<unknown>]>([
  ['new', async () => {}],
  ['packed', ({ store }) => store.pack(true)],
  [
    'merged',
    async (profile) => {
      await profile.store.compact();
      await profile.reopen();
    },
  ],
])('of records that are %s', (_, prepare) => {
  it('links to a site that is erased go with it, on every day, and the records stay', async () => {
    const profile = await filled();
    await prepare(profile);
    const before = await profile.store.recordCount();
    // As from a caller that knows only where the site's own pages are.
    const target = { what: 'site', host: 'secret.example' } as const;
    const own = [dayOf(profile.nowMs - 3 * DAY_MS)];
    await profile.store.erase((record) => isTargeted(record, target), false, own, [target]);
    await profile.reopen();
    expect(await profile.store.recordCount()).toBe(before - 1);
    expect(await links(profile)).toEqual(['https://other.example/']);
    expect((await profile.store.siteSizes()).map(({ host }) => host)).not.toContain('shop.secret.example');
    // The day has a new key: what it was is nowhere.
    expect(profile.store.vault.knows(eventsOf(dayOf(profile.nowMs - 40 * DAY_MS)), 1)).toBe(false);
  });

  it('links to a page that is erased go, those to others of its site stay', async () => {
    const profile = await filled();
    await prepare(profile);
    await erase(profile, { what: 'page', url: SECRET });
    expect(await links(profile)).toEqual(['https://other.example/', 'https://shop.secret.example/']);
  });

  it('of a record, and of a span of time, the links of the same day go', async () => {
    const profile = await filled();
    await prepare(profile);
    const day = dayOf(profile.nowMs - 3 * DAY_MS);
    const [record] = (await profile.store.recordsOfDay(day)).filter(
      (one) => 'url' in one && one.url === SECRET,
    );
    await erase(profile, { what: 'record', id: record?.id ?? '', day });
    expect(await links(profile)).toEqual([SECRET, 'https://other.example/', 'https://shop.secret.example/']);
  });

  it('what a span has of a day names what is linked to it; of very many pages, all that is', async () => {
    const profile = await filled();
    await prepare(profile);
    const day = dayOf(profile.nowMs - 3 * DAY_MS);
    const meant = (url: string) =>
      profile.store.meant((record) => 'url' in record && record.url === url, undefined, {
        linked: new Set([day]),
      });
    expect((await meant(SECRET)).linked).toEqual([{ day, urls: [SECRET] }]);
    // Of another day nobody asked.
    expect((await meant('https://later.example/')).linked).toEqual([]);
    const many = Array.from(
      { length: MOST_LINKED + 1 },
      (_, n): InteractionEvent => ({
        ...base,
        kind: 'visit',
        id: `AAAAAAAAAAAAAAAAAAAAAA.1.${n}`,
        atMs: profile.nowMs - 3 * DAY_MS,
        url: `https://many.example/${n}`,
      }),
    );
    await profile.store.addDays(new Map([[day, many]]));
    const all = await profile.store.meant(
      (record) => 'url' in record && record.url.startsWith('https://many.'),
      undefined,
      { linked: new Set([day]) },
    );
    expect(all.linked).toEqual([{ day }]);
  });

  it('nothing is sealed anew where no link was', async () => {
    const profile = await filled();
    await prepare(profile);
    await erase(profile, { what: 'page', url: SECRET });
    const today = dayOf(profile.nowMs - 2 * DAY_MS);
    expect(profile.store.vault.knows(eventsOf(today), 1)).toBe(true);
  });
});

it('what comes back from a file has no links to what lay in a span that was deleted of its day', async () => {
  const profile = await filled();
  let file: Uint8Array<ArrayBuffer> | undefined;
  const dayMs = profile.nowMs - 3 * DAY_MS;
  await profile.store.append({
    event: { kind: 'visit', ...base, url: 'https://x.example/', referrer: SECRET, atMs: dayMs + 60_000 },
  });
  await profile.store.archive(dayOf(profile.nowMs - 2 * DAY_MS), async (bytes) => {
    file = bytes as Uint8Array<ArrayBuffer>;
  });
  await erase(profile, { what: 'range', fromMs: dayMs, toMs: dayMs + 1 });
  await profile.store.restoreArchive(file as Uint8Array<ArrayBuffer>);
  expect(await links(profile)).toEqual([SECRET, 'https://other.example/', 'https://shop.secret.example/']);
});

it('what comes back from a file has no such links', async () => {
  const profile = await filled();
  let file: Uint8Array<ArrayBuffer> | undefined;
  await profile.store.archive(dayOf(profile.nowMs - 30 * DAY_MS), async (bytes) => {
    file = bytes as Uint8Array<ArrayBuffer>;
  });
  await erase(profile, { what: 'site', host: 'secret.example' });
  await profile.store.restoreArchive(file as Uint8Array<ArrayBuffer>);
  expect(await links(profile)).toEqual(['https://other.example/']);
});
