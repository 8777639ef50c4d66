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

/** Where counts are kept. */
interface Counts {
  readonly nowMs: () => number;
  read(): Promise<unknown>;
  write(totals: SensitiveTotals): Promise<void>;
  forget(): Promise<void>;
}

/** Of an open profile. */
export const sensitiveOf = (store: LocalStore, clock: Clock): Sensitive =>
  new Sensitive((text) => store.vault.tagOf(text), {
    nowMs: () => clock.nowMs(),
    read: () => store.readNamed(RECORD),
    write: (totals) => store.writeNamed(RECORD, totals),
    forget: () => store.db.delete('profiles', [store.vault.userId, RECORD]),
  });

export class Sensitive {
  readonly #changes = new Mutex();

  constructor(
    /** Says that a text is the same as before, and nothing else: a keyed hash of at least 96 bits, base64url. */
    readonly tag: (text: string) => Promise<string>,
    /** Nothing is counted without. */
    private readonly counts?: Counts,
  ) {}

  readonly #hash: PieceHash = async (kind, value) => {
    const tag = fromBase64Url(await this.tag(`sensitive ${kind} ${value}`));
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

  /** After what they were found in was stored. Never throws: what is counted is there already. */
  async count(pieces: readonly Pick<FoundPiece, 'kind'>[]): Promise<void> {
    const { counts: kept } = this;
    if (pieces.length === 0 || !kept) return;
    await this.#changes
      .run(async () => {
        const before = (await this.totals()) ?? { sinceMs: kept.nowMs(), counts: NO_COUNTS };
        const counts = addCounts(before.counts, countsOf(pieces.map(({ kind }) => kind)));
        await kept.write({ sinceMs: before.sinceMs, counts });
      })
      .catch((error: unknown) => console.error('what was kept out could not be counted', error));
  }

  /** `undefined` when nothing was counted yet. */
  async totals(): Promise<SensitiveTotals | undefined> {
    // Counts that do not open begin anew.
    return parseSensitiveTotals(await this.counts?.read().catch(() => undefined));
  }

  /** Everything was erased: the counts tell of it. */
  async forget(): Promise<void> {
    await this.#changes.run(async () => this.counts?.forget());
  }
}
