/** Which days a deletion that came from another device has to open: all that have something of it, and as few others as it can. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DAY_MS, type Day, dayOf } from '../../../src/base/clock.ts';
import { randomId } from '../../../src/base/random.ts';
import { importMacKey } from '../../../src/crypto/primitives.ts';
import { foldEvents, type InteractionEvent } from '../../../src/model/interaction.ts';
import type { EraseTarget } from '../../../src/model/selector.ts';
import { commandOf, daysOfCommands, type EraseCommand, erasedBy } from '../../../src/sync/erasures.ts';
import { emptyProfile, type LocalProfile } from '../../support/local-profile.ts';

const FIRST_MS = Date.UTC(2026, 9, 29);
const URLS = [
  'https://a.example/x',
  'https://a.example/y',
  'https://sub.a.example/x',
  'http://2130706433/',
  'http://127.0.0.1:8080/x',
  'https://xa.example/x',
  'https://münchen.example/',
];
const key = importMacKey(new Uint8Array(32).fill(7));

let count = 0;
const eventAt = (day: number, url: string): InteractionEvent => {
  count += 1;
  return {
    kind: 'visit',
    id: `AAAAAAAAAAAAAAAAAAAAAA.1.${count.toString(36)}`,
    atMs: FIRST_MS + day * DAY_MS + count,
    level: 'private',
    url,
    title: '',
    transition: 'link',
  };
};

const day = fc.nat(7);
const moment = fc.oneof(
  day.map((n) => FIRST_MS + n * DAY_MS + DAY_MS / 2),
  fc.constantFrom(Number.MIN_SAFE_INTEGER, 0, Number.MAX_SAFE_INTEGER),
);
const target: fc.Arbitrary<EraseTarget> = fc.oneof(
  fc.constantFrom(...URLS).map((url) => ({ what: 'page' as const, url })),
  fc
    .constantFrom('a.example', 'example', 'xa.example', '127.0.0.1', 'xn--mnchen-3ya.example')
    .map((host) => ({ what: 'site' as const, host })),
  fc.tuple(moment, moment).map(([fromMs, toMs]) => ({ what: 'range' as const, fromMs, toMs })),
);

/** Half of the days packed, the rest in the journal or in several packs. */
async function filled(visits: readonly (readonly [number, string])[], packed: number): Promise<LocalProfile> {
  const profile = await emptyProfile(FIRST_MS + 100 * DAY_MS);
  for (const [index, [at, url]] of visits.entries()) {
    const { id: _, ...event } = eventAt(at, url);
    if (index % 3 === 0)
      await profile.store.addEvents(dayOf(event.atMs), [{ ...event, id: `${randomId()}.1.1` }]);
    else await profile.store.append({ event });
    if (index === packed) await profile.store.compact();
  }
  return profile;
}

it('are those that the slow way finds something on, whatever the commands mean', async () => {
  let [opened, all] = [0, 0];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(day, fc.constantFrom(...URLS)), { minLength: 1, maxLength: 20 }),
      fc.array(fc.tuple(target, moment), { minLength: 1, maxLength: 3 }),
      fc.nat(20),
      async (visits, asked, packed) => {
        const { store } = await filled(visits, packed);
        const commands: EraseCommand[] = [];
        for (const [what, atMs] of asked) commands.push(await commandOf(what, await key, atMs));
        const erased = erasedBy(commands, await key);
        const slow: Day[] = [];
        for (const one of await store.days())
          for (const record of foldEvents((await store.eventsOfDay(one)).events))
            if (await erased(record)) slow.push(one);
        const days = await daysOfCommands(store, commands, await key);
        expect(days).toEqual(expect.arrayContaining(slow));
        opened += days?.length ?? 0;
        all += (await store.days()).length;
        store.close();
      },
    ),
    { numRuns: 60 },
  );
  expect(opened / all).toBeLessThan(0.6);
});

it('are all where a command does not say where, and where it was given by a version that did not name the site', async () => {
  const { store } = await filled([[0, URLS[0] as string]], 0);
  const atMs = FIRST_MS + 9 * DAY_MS;
  const page = await commandOf({ what: 'page', url: 'https://other.example/' }, await key, atMs);
  expect(await daysOfCommands(store, [page], await key)).toEqual([]);
  const { site: _, ...without } = page.target as { what: 'page'; token: string; site?: string };
  for (const one of [
    { ...page, target: without },
    await commandOf({ what: 'all' }, await key, atMs),
    await commandOf({ what: 'record', id: 'x' }, await key, atMs),
  ])
    expect(await daysOfCommands(store, [page, one], await key)).toBeUndefined();
});
