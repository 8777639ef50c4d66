/** What level and rules would take from what is stored: counted, with examples, before anything is done. */
import { fail, ok, type Result } from '../../base/result.ts';
import { changedRecords, reduceEvents } from '../../capture/late-rules.ts';
import { type RecordKind, recordKind } from '../../model/interaction.ts';
import {
  type ReducedCounts,
  type Reduction,
  type ReductionCount,
  type ReductionExample,
  reductionOf,
  type StoredScope,
} from '../../model/reduction.ts';
import { recordHost } from '../../model/selector.ts';
import type { Ephemeral } from './ephemeral.ts';
import type { Profile } from './profile.ts';
import { unlessDamaged } from './unless-damaged.ts';

const EXAMPLES = 6;

/** What a scope means now; `null` when its rule is gone. */
export function reductionFor({ settings }: Profile, scope: StoredScope): Reduction | null {
  const { level, rules } = settings;
  switch (scope.what) {
    case 'all':
      return { level, rules };
    case 'rule': {
      const rule = rules.find(({ id }) => id === scope.id);
      return rule ? reductionOf(rule, level, rules) : null;
    }
    case 'level':
      // Nothing is stored at level ephemeral: what is reduced to it is gone.
      return { level: scope.erase ? 'ephemeral' : scope.level, rules, only: { what: 'level' } };
  }
}

/** One count at a time: a new one, or `cancel`, ends the one before. */
export class StoredCount {
  #stop = new AbortController();

  constructor(
    private readonly profile: Profile,
    private readonly ephemeral: Ephemeral,
  ) {}

  cancel(): void {
    this.#stop.abort();
  }

  async count(scope: StoredScope): Promise<Result<ReductionCount>> {
    this.cancel();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    const reduction = reductionFor(this.profile, scope);
    if (!reduction) return fail('no-rule', 'That rule is not there any more.');
    const { store, clock } = this.profile;
    const dated = { ...reduction, atMs: clock.nowMs() };
    const kinds: Partial<Record<RecordKind, ReducedCounts>> = {};
    const sites = new Set<string>();
    const examples: ReductionExample[] = [];
    let [reduced, erased] = [0, 0];
    // Every day: what links to a site tells of it as well, and no index knows of links.
    for (const day of await store.days()) {
      if (signal.aborted) return fail('cancelled', 'Counting was cancelled. Nothing was changed.');
      const { events } = await store.eventsOfDay(day);
      for (const { before, after } of changedRecords(events, reduceEvents(events, dated))) {
        const kind = recordKind(before);
        const of = kinds[kind] ?? { reduced: 0, erased: 0 };
        const isErased = after === null;
        kinds[kind] = { reduced: of.reduced + (isErased ? 0 : 1), erased: of.erased + (isErased ? 1 : 0) };
        if (isErased) erased += 1;
        else reduced += 1;
        const host = recordHost(before);
        // One for each site: six of the same say nothing.
        if (examples.length < EXAMPLES && (host === null || !sites.has(host)))
          examples.push({ before, after });
        if (host !== null) sites.add(host);
      }
    }
    const filed = (await unlessDamaged(store.archivedDays())) ?? {};
    const away = await store.awayDays();
    const elsewhereDays = new Set([...Object.keys(filed), ...Object.keys(away)]).size;
    const inMemory = scope.what === 'level' ? (await this.ephemeral.records()).length : 0;
    return ok({ reduced, erased, kinds, sites: sites.size, inMemory, examples, elsewhereDays });
  }
}
