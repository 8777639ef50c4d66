/**
 * A deletion under way: what it means, why, and when its keys go. It can be undone until then. The log keeps of it counts and
 * times only (deletion-log.ts).
 */
import * as v from 'valibot';
import { type Day, dayOf } from '../base/clock.ts';
import { countsAtMs, type InteractionRecord } from './interaction.ts';
import type { MeantAs } from './links.ts';
import { expirySchema, isExpired } from './retention.ts';
import { type EraseTarget, targetedBy } from './selector.ts';

/** How long a deletion can be undone. */
export const UNDO_MS = 10_000;

export const PURGE_REASONS = ['person', 'retention', 'other-device', 'browser-history'] as const;
export type PurgeReason = (typeof PURGE_REASONS)[number];

export const PURGE_KINDS = [
  'visit',
  'page',
  'site',
  'hour',
  'range',
  'search',
  'everything',
  'retention',
] as const;
export type PurgeKind = (typeof PURGE_KINDS)[number];

export const PURGE_KIND_OF: Readonly<Record<EraseTarget['what'], PurgeKind>> = {
  record: 'visit',
  page: 'page',
  site: 'site',
  range: 'range',
  all: 'everything',
};

/**
 * The seed's five steps (§5.2). `overwritten`: what stays lies under new keys and the old ones are destroyed, which is what
 * overwriting was for (docs/decisions/0009).
 */
export const CARRIED_OUT = ['flagged', 'overwritten', 'dequeued', 'archived', 'notified'] as const;
/** And those that end it otherwise. `failed`: damage kept it from being carried out, and what it meant is shown again. */
export const PURGE_STEPS = [...CARRIED_OUT, 'undone', 'failed'] as const;
export type PurgeStep = (typeof PURGE_STEPS)[number];

const time = v.pipe(v.number(), v.safeInteger());
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const targetSchema = v.variant('what', [
  v.strictObject({
    what: v.literal('record'),
    id: v.string(),
    day: v.optional(v.string()),
    url: v.exactOptional(v.string()),
  }),
  v.strictObject({ what: v.literal('page'), url: v.string(), whole: v.exactOptional(v.literal(true)) }),
  v.strictObject({ what: v.literal('site'), host: v.string() }),
  v.strictObject({
    what: v.literal('range'),
    fromMs: time,
    toMs: time,
    links: v.exactOptional(
      v.array(v.strictObject({ day: v.string(), urls: v.exactOptional(v.array(v.string())) })),
    ),
  }),
  v.strictObject({ what: v.literal('all') }),
]);

export const purgeSchema = v.strictObject({
  id: v.string(),
  reason: v.picklist(PURGE_REASONS),
  kind: v.picklist(PURGE_KINDS),
  /** Any of them. */
  targets: v.array(targetSchema),
  /** What is meant by its address, named to the other devices: where less of it is kept, it has that address no more. */
  named: v.exactOptional(v.array(v.strictObject({ day: v.string(), ids: v.array(v.string()) }))),
  /** And what is past its retention. */
  expiry: v.exactOptional(expirySchema),
  atMs: time,
  /** From then on it is carried out. */
  dueMs: time,
  /** Up to when something counts as recorded that is meant (interaction.ts): whatever the clock says, all that was there then. */
  untilMs: time,
  /** Whether other devices are told. */
  syncing: v.boolean(),
  /** Records that are meant, wherever they are. */
  count,
});
export type Purge = v.InferOutput<typeof purgeSchema>;

/** What a log or a person may know of it: nothing of what it means. */
export type PurgeFacts = Pick<Purge, 'id' | 'reason' | 'kind'>;

/** A test for the records that it means, and for links. */
export function meantBy(purge: Purge): (record: InteractionRecord, as?: MeantAs) => boolean {
  const { expiry, untilMs, targets } = purge;
  // What is named by its id says itself which links go with it.
  const isTargeted = targetedBy(targets.filter(({ what }) => what !== 'record'));
  const named = new Set([
    ...targets.flatMap((target) => (target.what === 'record' ? [target.id] : [])),
    ...(purge.named ?? []).flatMap(({ ids }) => ids),
  ]);
  const linked = new Set<string>();
  const allLinked = new Set<Day>();
  for (const target of targets) {
    if (target.what === 'record' && target.url !== undefined) linked.add(`${target.day} ${target.url}`);
    for (const { day, urls } of target.what === 'range' ? (target.links ?? []) : []) {
      if (!urls) allLinked.add(day);
      for (const url of urls ?? []) linked.add(`${day} ${url}`);
    }
  }
  const isLinked = (record: InteractionRecord) =>
    'url' in record &&
    (allLinked.has(dayOf(record.atMs)) || linked.has(`${dayOf(record.atMs)} ${record.url}`));
  return (record, as = 'record') =>
    (as !== 'linked' && named.has(record.id)) ||
    (countsAtMs(record) <= untilMs &&
      (isTargeted(record) ||
        (expiry !== undefined && isExpired(record, expiry)) ||
        (as === 'link' && isLinked(record))));
}

export const isEverything = ({ targets }: { readonly targets: readonly EraseTarget[] }): boolean =>
  targets.some(({ what }) => what === 'all');
