/** Services that lie about what happened: the change feed, and what became of a batch. */
import type { InProcess } from '../../../server/test/support/in-process.ts';
import { parseEtag } from '../../../src/protocol/ids.ts';
import type { BatchAnswer, Change } from '../../../src/protocol/wire.ts';
import { numbered } from '../lying-service.ts';
import { type Between, batchAnswers, batchesNotWritten, etagsOf, feedPages } from './proxy.ts';
import { type Attack, DAMAGE, OTHER_LIST, type Stage, written } from './stage.ts';

const OTHER_ETAG = parseEtag('ab'.repeat(32));

/** Another feed in the place of the real one, cut into pages as a device asks for them. */
const feedAs = ({ world }: Stage, change: (all: readonly Change[]) => readonly Change[]): Between =>
  feedPages(async (_, since, limit) => {
    const shown = change(await world.changes());
    return { changes: shown.slice(since, since + limit), head: shown.length };
  });

/** Only what came since the attack began is changed: the rest was read, and is not asked for again. */
const newAs = (stage: Stage, change: (entries: readonly Change[]) => readonly Change[]): Between =>
  feedAs(stage, (all) => [...all.slice(0, stage.before.length), ...change(all.slice(stage.before.length))]);

const through =
  (service: InProcess): Between =>
  (request) =>
    service.send(request);

const refused = (etags: readonly (string | null)[], seq: number): BatchAnswer => ({
  seq,
  results: etags.map((etag) => ({ ok: false, etag: etag === null ? null : parseEtag(etag) })),
});

export const FEED_ATTACKS: readonly Attack[] = [
  {
    name: 'stale: the feed of before',
    begin: (stage) => feedAs(stage, (all) => all.slice(0, stage.before.length)),
  },
  {
    name: 'fork: a second history for some',
    whom: 'not all',
    stays: OTHER_LIST,
    unseen: 'Nothing of either history reaches the other side.',
    begin: async ({ recorded }) => through(await recorded.copy()),
  },
  {
    name: 'put back: everything as it was earlier',
    whom: 'all',
    stays: OTHER_LIST,
    begin: async ({ recorded, past }) => through(await recorded.copy(past)),
  },
  {
    name: 'dropped tombstones',
    // Shown to all alike, what was deleted seems to be kept back.
    stays: DAMAGE,
    begin: async (stage) => {
      const { world, truth } = stage;
      const [first] = world.devices;
      if (first) {
        await truth.visit(first, 'one.example', '/a');
        await first.round();
        await truth.erase(first, { what: 'site', host: 'one.example' });
        await first.round();
      }
      return newAs(stage, (entries) =>
        entries.map((entry) => ({ ...entry, ops: entry.ops.filter(({ etag }) => etag !== null) })),
      );
    },
  },
  {
    name: 'dropped entry',
    begin: (stage) => {
      const at = stage.rng.below(3);
      // Not the last one: who is shown less, and says nothing, cannot know.
      const isDropped = (index: number, { length }: readonly Change[]) => index === at && at < length - 1;
      return newAs(stage, (entries) => {
        const shown = entries.filter((_, index) => !isDropped(index, entries));
        return numbered([...stage.before, ...shown]).slice(stage.before.length);
      });
    },
  },
  {
    name: 'reordered entries',
    begin: (stage) =>
      newAs(stage, ([first, second, ...rest]) =>
        first && second
          ? numbered([...stage.before, second, first, ...rest]).slice(stage.before.length)
          : first
            ? [first]
            : [],
      ),
  },
  {
    name: 'duplicate seq',
    begin: ({ rng }) =>
      feedPages(({ changes, head }) => {
        const one = rng.below(changes.length);
        return {
          changes: changes.flatMap((entry, index) => (index === one ? [entry, entry] : [entry])),
          head,
        };
      }),
  },
  {
    name: 'gap in seq',
    isMore: true,
    begin: () => feedPages(({ changes, head }) => ({ changes: changes.slice(1), head })),
  },
  {
    name: 'negative seq',
    begin: ({ rng }) =>
      feedPages(({ changes, head }) =>
        rng.chance(0.5)
          ? { changes: changes.map((entry) => ({ ...entry, seq: -entry.seq })), head }
          : { changes, head: -1 },
      ),
  },
  {
    name: 'seq that is no number',
    isMore: true,
    begin: ({ rng }) => {
      const head = rng.pick<unknown>([2 ** 53, 1.5, '1', null]);
      return feedPages(({ changes }) => ({ changes, head }));
    },
  },
  {
    name: 'head without entries',
    isMore: true,
    begin: () => feedPages(({ head }) => ({ changes: [], head: head + 3 })),
  },
  {
    name: 'etag lies in the feed',
    begin: (stage) =>
      newAs(stage, (entries) =>
        entries.map((entry) => ({
          ...entry,
          ops: entry.ops.map((op) => ({ ...op, etag: op.etag === null ? null : OTHER_ETAG })),
        })),
      ),
  },
  {
    name: 'false author in the feed',
    isMore: true,
    begin: (stage) => {
      const [one] = stage.before;
      return newAs(stage, (entries) =>
        entries.map((entry) => ({ ...entry, device: one?.device ?? entry.device, at: entry.at + 1 })),
      );
    },
  },
  {
    name: 'fake 412: in the way is something else',
    begin: ({ before }) =>
      batchesNotWritten(async (batch) =>
        refused(
          (await etagsOf(batch)).map(() => OTHER_ETAG),
          before.length,
        ),
      ),
  },
  {
    name: 'fake 412: in the way is the same',
    begin: ({ before }) => batchesNotWritten(async (batch) => refused(await etagsOf(batch), before.length)),
  },
  {
    name: 'accepted and not written',
    begin: (stage) =>
      batchesNotWritten(async (batch) => ({
        seq: (await stage.world.changes()).length + 1,
        results: (await etagsOf(batch)).map((etag) => ({
          ok: true,
          etag: etag === null ? null : parseEtag(etag),
        })),
      })),
  },
  {
    name: 'accepted and not written, at a number that was read',
    begin: (stage) =>
      batchesNotWritten(async (batch) => ({
        seq: stage.before.length,
        results: (await etagsOf(batch)).map((etag) => ({
          ok: true,
          etag: etag === null ? null : parseEtag(etag),
        })),
      })),
  },
  {
    name: 'wrong seq of a batch',
    begin: ({ rng }) => {
      const off = rng.pick([-2, -1, 1, 5]);
      return batchAnswers(({ seq, results }) => ({ seq: Math.max(0, seq + off), results }));
    },
  },
  {
    name: 'batch answers of another length',
    isMore: true,
    begin: ({ rng }) => {
      const isShort = rng.chance(0.5);
      return batchAnswers(({ seq, results }) => ({
        seq,
        results: isShort ? results.slice(1) : [...results, { ok: true, etag: null }],
      }));
    },
  },
  {
    name: 'deletions that nobody asked for',
    whom: 'all',
    begin: (stage) => async (request, forward) => {
      const answer = await forward(request);
      if (request.method !== 'POST' || !request.url.endsWith('/v1/batch') || !answer.ok) return answer;
      const last = (await stage.world.changes()).at(-1);
      const live = new Set(await stage.world.liveSlots());
      const puts = last?.ops.filter(({ slot, etag }) => etag !== null && live.has(slot)) ?? [];
      if (last && puts.length > 0)
        await written(stage, last.device, [
          { op: 'delete', slot: stage.rng.pick(puts).slot, ifMatch: undefined },
        ]);
      return answer;
    },
  },
];
