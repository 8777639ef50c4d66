/** A deletion that ends in the middle: what was asked for is carried out or, before it was noted, was never asked for. */
import { expect } from 'vitest';
import { dayOf, monthOf } from '../../../src/base/clock.ts';
import { CARRIED_OUT, UNDO_MS } from '../../../src/model/purge.ts';
import { rowsInPage } from '../rows-in-page.ts';
import { waitFor } from '../wait-for.ts';
import { expectWhole, found, importVisits, keysOf, status, visitDaysAgo } from './holdings.ts';
import type { Report } from './in-background.ts';
import { type Aim, answered, type KillableBrowser } from './killable-browser.ts';
import type { Scenario } from './scenario.ts';

const DAYS_AGO = [40, 2];
/** Their neighbours, of which nothing is deleted: of a month that has two days there is one pack, with a key of its own. */
const BESIDE = DAYS_AGO.map((ago) => ago + 1);
const KEPT = 3;
/** Pages with `keptword`. */
export const KEPT_PAGES = KEPT * (DAYS_AGO.length + BESIDE.length);

/** Each step ends with its entry in the log. */
const nameOf = (step: string): string => {
  const [, logged = 0] = /^logged (\d+)$/.exec(step) ?? [];
  return CARRIED_OUT[Number(logged) - 1] ?? 'nothing';
};

/** Sites that can be deleted, each with a page on two days on which others have pages too; `size` of them. */
export async function fillForPurges(killable: KillableBrowser, size: number): Promise<() => string> {
  const sites = Array.from({ length: size }, (_, n) => `gone${n}x`);
  const kept = Array.from({ length: KEPT }, (_, n) => String(n));
  await importVisits(killable, [
    ...DAYS_AGO.flatMap((ago) => sites.map((site) => visitDaysAgo(ago, site, String(ago)))),
    ...[...DAYS_AGO, ...BESIDE].flatMap((ago) =>
      kept.map((path) => visitDaysAgo(ago, 'keptword', `${path}-${ago}`)),
    ),
  ]);
  answered(await killable.send('compact.run', {}));
  return () => sites.pop() ?? '';
}

interface Options {
  /** Where the next site to delete comes from. */
  readonly nextSite: () => string;
  /** What ends in the middle: the whole browser, or the extension, because its next version comes. */
  readonly ends: 'browser' | 'extension';
  /** The deletion is undone at once, instead of carried out. */
  readonly undone?: boolean;
  /** In an account: resolves when the other device has the same, with how many pages it finds. */
  readonly foundThere?: (text: string) => Promise<number>;
}

export function purgeScenario(
  killable: KillableBrowser,
  { nextSite, ends, undone = false, foundThere }: Options,
): Scenario {
  const log = async () => {
    const { entries, whole } = answered(await killable.send('erase.log', {}));
    expect(whole).toBe(true);
    return entries;
  };
  /** Keys that something of the touched days was sealed with: their own, and those of months that have a pack. */
  const touched = async (): Promise<string[]> => {
    const keys = await keysOf(killable);
    const all = JSON.parse(await killable.page.evaluate(rowsInPage, 'arq-data')) as {
      'arq-data': { packs: { value: { date: string; key: 'day' | 'month' } }[] };
    };
    const packs = all['arq-data'].packs.map(({ value }) => value);
    const months = packs.filter(({ key }) => key === 'month').map(({ date }) => `months/${monthOf(date)}`);
    const days = DAYS_AGO.map((ago) => `interactions/${dayOf(Date.now() - ago * 86_400_000)}`);
    return [...new Set([...days, ...months])].flatMap((period) => keys.get(period) ?? []);
  };
  /** Whatever waited was carried out. */
  const settled = () =>
    waitFor(
      'the deletion to end',
      async () => {
        const last = (await log()).at(-1)?.step;
        if (
          (await status(killable)).erasing === undefined &&
          ['notified', 'undone', undefined].includes(last)
        )
          return true;
        throw new Error(`It came to ${last}.`);
      },
      { timeoutMs: 30_000 },
    );

  return {
    name: foundThere ? 'purge in an account' : ends === 'extension' ? 'update' : undone ? 'undo' : 'purge',
    nameOf,
    async attempt(aim: Aim) {
      const site = nextSite();
      expect(await found(killable, site)).toBe(DAYS_AGO.length);
      const [before, keys] = [await log(), await touched()];
      const records = (await status(killable)).recordCount;
      const task = async () => {
        const target = { what: 'site', host: `${site}.example` } as const;
        expect(answered(await killable.send('erase.run', { target })).count).toBe(DAYS_AGO.length);
        const id = (await status(killable)).erasing?.id ?? '';
        answered(
          undone ? await killable.send('erase.undo', { id }) : await killable.send('erase.finish', {}),
        );
      };
      // What was asked for is due when it starts again: nobody has to say anything.
      const late = { aheadMs: UNDO_MS + 1_000 };
      let report: Report;
      if (ends === 'extension') report = await killable.updatedAt(aim, task, late);
      else {
        report = await killable.killedAt(aim, task);
        if (report.killed) await killable.restart(late);
      }
      await settled();
      const known = new Set(before.map(({ purge }) => purge));
      const steps = (await log()).filter(({ purge }) => !known.has(purge)).map(({ step }) => step);
      const isCarriedOut = steps.at(-1) === 'notified';
      if (steps.length > 0)
        expect(steps).toEqual(undone && !isCarriedOut ? ['flagged', 'undone'] : CARRIED_OUT);
      // Without being killed it ends as it was asked for.
      if (!report.killed) expect(isCarriedOut).toBe(!undone);
      expect(await found(killable, site)).toBe(isCarriedOut ? 0 : DAYS_AGO.length);
      if (foundThere) expect(await foundThere(site)).toBe(isCarriedOut ? 0 : DAYS_AGO.length);
      expect(await found(killable, 'keptword')).toBe(KEPT_PAGES);
      await expectWhole(killable, records - (isCarriedOut ? DAYS_AGO.length : 0));
      const left = [...(await keysOf(killable)).values()].flat();
      expect(keys.filter((key) => left.includes(key))).toEqual(isCarriedOut ? [] : keys);
      return report;
    },
  };
}
