/**
 * What was deleted, when and how far it came: counts and times, never a word of what it was. Each entry carries the hash of the
 * one before it (SHA-256), and the head the hash of the last, so that an entry that was changed, taken out or cut off at the end
 * is noticed; a store that was put back as a whole to what it was is not. Each lies sealed in a row of its own. It stays when
 * everything is deleted: counts of deletions tell nothing of what was recorded.
 */
import * as v from 'valibot';
import { toBase64Url, utf8 } from '../base/bytes.ts';
import { Mutex } from '../base/mutex.ts';
import { sha256 } from '../crypto/primitives.ts';
import { type LogEntry, type LogFact, type LogReading, logEntrySchema } from '../model/deletion-log.ts';
import { PURGE_STEPS, type PurgeStep } from '../model/purge.ts';
import type { Database } from './database.ts';
import { inTransaction, STRICT } from './transaction.ts';
import type { Vault } from './vault.ts';

const HEAD = 'deletions';
const nameOf = (n: number): string => `deletion/${String(n).padStart(12, '0')}`;
/** Entries that are kept; of older ones only the hash stays. Five for each deletion. */
const MOST = 2_500;
/** Entries in which a deletion that is under way is looked for: others may have ended meanwhile. */
const RECENT = PURGE_STEPS.length * 2;

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const headSchema = v.strictObject({
  /** The next entry's number. */
  n: whole,
  /** Of the last entry. */
  hash: v.string(),
  /** The oldest entry that is kept, and the hash before it. */
  first: whole,
  base: v.string(),
});
type Head = v.InferOutput<typeof headSchema>;

const hashOf = async (text: string): Promise<string> => toBase64Url(await sha256(utf8(text)));
const EMPTY: Head = { n: 0, hash: '', first: 0, base: '' };

export class DeletionLog {
  readonly #mutex = new Mutex();

  constructor(
    private readonly db: Database,
    private readonly vault: Vault,
  ) {}

  /** Each step of a deletion once, however often it is told. */
  append(fact: LogFact): Promise<void> {
    return this.#mutex.run(async () => {
      const head = await this.#head();
      // Where it does not open, the chain begins anew behind what is there; reading tells that it is broken.
      const { n, hash, first, base } = head ?? { ...EMPTY, n: await this.#next() };
      if (await this.#has(fact, n)) return;
      const text = JSON.stringify({ n, before: hash, ...fact } satisfies LogEntry);
      const row = await this.vault.sealNamed(nameOf(n), text);
      const drop = n - first >= MOST ? first : undefined;
      const dropped = drop === undefined ? null : await this.#text(drop);
      const next: Head = {
        n: n + 1,
        hash: await hashOf(text),
        first: dropped === null ? first : first + 1,
        base: dropped === null ? base : await hashOf(dropped),
      };
      const box = await this.vault.sealNamed(HEAD, next);
      const { userId } = this.vault;
      await inTransaction(this.db.transaction('profiles', 'readwrite', STRICT), (tx, ask) => {
        ask(tx.store.put({ userId, name: nameOf(n), box: row }));
        ask(tx.store.put({ userId, name: HEAD, box }));
        if (dropped !== null && drop !== undefined) ask(tx.store.delete([userId, nameOf(drop)]));
      });
    });
  }

  /** Of the deletion at the end of the log, as when it is resumed. */
  async #has({ purge, step }: LogFact, n: number): Promise<boolean> {
    for (let at = n - 1; at >= Math.max(0, n - RECENT); at--) {
      const entry = parse(await this.#text(at));
      if (entry?.purge === purge && entry.step === step) return true;
    }
    return false;
  }

  /** The last `most` entries that open. The chain is checked over all that is kept. */
  async read(most = MOST): Promise<LogReading> {
    return this.#mutex.run(async () => {
      const [head, names] = [await this.#head(), await this.#names()];
      if (head === null) return { entries: await this.#entries(names), whole: false };
      const entries: LogEntry[] = [];
      let [before, isWhole] = [head.base, names.length === head.n - head.first];
      for (let n = head.first; n < head.n; n++) {
        const text = await this.#text(n);
        const entry = parse(text);
        if (text === null || entry === null || entry.n !== n || entry.before !== before) isWhole = false;
        if (entry) entries.push(entry);
        before = text === null ? '' : await hashOf(text);
      }
      return { entries: entries.slice(-most), whole: isWhole && before === head.hash };
    });
  }

  /** How far deletions came that did not end, of those at the end of the log; oldest first. */
  async unfinished(): Promise<LogEntry[]> {
    const head = await this.#head();
    const last = new Map<string, LogEntry>();
    for (let n = Math.max(head?.first ?? 0, (head?.n ?? 0) - RECENT); n < (head?.n ?? 0); n++) {
      const entry = parse(await this.#text(n));
      if (entry) last.set(entry.purge, entry);
    }
    // What rules take is one step.
    return [...last.values()].filter(({ kind, step }) => kind !== 'rules' && !isEnd(step));
  }

  async #entries(names: readonly string[]): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    for (const name of names) {
      const entry = parse(await this.#open(name));
      if (entry) entries.push(entry);
    }
    return entries;
  }

  async #names(): Promise<string[]> {
    const { userId } = this.vault;
    const range = IDBKeyRange.bound([userId, 'deletion/'], [userId, 'deletion/\uffff']);
    return (await this.db.getAllKeys('profiles', range)).map(([, name]) => name);
  }

  async #next(): Promise<number> {
    const last = (await this.#names()).at(-1);
    return last === undefined ? 0 : Number(last.slice('deletion/'.length)) + 1;
  }

  /** `null` when it is there but does not open, or when it is not but entries are. */
  async #head(): Promise<Head | null> {
    const row = await this.db.get('profiles', [this.vault.userId, HEAD]);
    if (!row) return (await this.#names()).length === 0 ? EMPTY : null;
    const parsed = v.safeParse(headSchema, await this.vault.openNamed(HEAD, row.box).catch(() => null));
    return parsed.success ? parsed.output : null;
  }

  /** `null` when it is not there or does not open. */
  #text(n: number): Promise<string | null> {
    return this.#open(nameOf(n));
  }

  async #open(name: string): Promise<string | null> {
    const row = await this.db.get('profiles', [this.vault.userId, name]);
    const value = row && (await this.vault.openNamed(name, row.box).catch(() => null));
    return typeof value === 'string' ? value : null;
  }
}

const isEnd = (step: PurgeStep): boolean => step === 'undone' || step === 'failed' || step === 'notified';

function parse(text: string | null): LogEntry | null {
  if (text === null) return null;
  const parsed = v.safeParse(logEntrySchema, JSON.parse(text));
  return parsed.success ? parsed.output : null;
}
