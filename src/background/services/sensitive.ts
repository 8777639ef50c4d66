/**
 * What is kept out of the memory: the key that hashes with, and the counts of it, sealed. A count follows what it counts, in a
 * step of its own: should the worker be stopped in between, one is missing, never one too many. Records of level `ephemeral`
 * are redacted too, but not counted: that would leave a trace of them.
 */
import { fromBase64Url } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { Mutex } from '../../base/mutex.ts';
import { cleanTitle } from '../../capture/capture.ts';
import { type RedactedEvents, redactEvents } from '../../capture/redact-events.ts';
import type { FoundPiece, PieceHash } from '../../capture/sensitive-data.ts';
import type { InteractionEvent, NewEvent } from '../../model/interaction.ts';
import {
  addCounts,
  countsOf,
  NO_COUNTS,
  parseSensitiveTotals,
  type SensitiveTotals,
} from '../../model/sensitive.ts';
import type { LocalStore } from '../../storage/local-store.ts';

const RECORD = 'sensitive';
/** 48 bits: enough that two of a person's do not meet, too few to say much should the key be lost. */
const HASH_BYTES = 6;

export class Sensitive {
  readonly #changes = new Mutex();

  constructor(
    private readonly store: LocalStore,
    private readonly clock: Clock,
  ) {}

  readonly #hash: PieceHash = async (kind, value) => {
    const tag = fromBase64Url(await this.store.vault.tagOf(`sensitive ${kind} ${value}`));
    return [...(tag ?? []).slice(0, HASH_BYTES)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  };

  /** All events of one happening. */
  redact<E extends NewEvent | InteractionEvent>(events: readonly E[]): Promise<RedactedEvents<E>> {
    return redactEvents(events, this.#hash);
  }

  /** A title as a visit would keep it, to compare it with one that is kept. */
  async title(text: string): Promise<string> {
    const update = { kind: 'visit-update', visit: '', atMs: 0, title: cleanTitle(text) } as const;
    return (await this.redact([update])).events[0]?.title ?? '';
  }

  /** Says that a text is the same as before, and nothing else. */
  tag(text: string): Promise<string> {
    return this.store.vault.tagOf(text);
  }

  /** After what they were found in was stored. Never throws: what is counted is there already. */
  async count(pieces: readonly FoundPiece[]): Promise<void> {
    if (pieces.length === 0) return;
    await this.#changes
      .run(async () => {
        const before = (await this.totals()) ?? { sinceMs: this.clock.nowMs(), counts: NO_COUNTS };
        const counts = addCounts(before.counts, countsOf(pieces.map(({ kind }) => kind)));
        await this.store.writeNamed(RECORD, { sinceMs: before.sinceMs, counts } satisfies SensitiveTotals);
      })
      .catch((error: unknown) => console.error('what was kept out could not be counted', error));
  }

  /** `undefined` when nothing was counted yet. */
  async totals(): Promise<SensitiveTotals | undefined> {
    // Counts that do not open begin anew.
    return parseSensitiveTotals(await this.store.readNamed(RECORD).catch(() => undefined));
  }

  /** Everything was erased: the counts tell of it. */
  forget(): Promise<void> {
    return this.#changes.run(() => this.store.db.delete('profiles', [this.store.vault.userId, RECORD]));
  }
}
