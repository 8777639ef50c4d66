/**
 * The stores of `arq-data`, which mirror the seed's LevelDB tree, and their keys in the seed's order. Plaintext is
 * what an index needs (the vault's own random id, day, type, sizes, counts) and what SECURITY.md lists beside it.
 */
import type { DBSchema } from 'idb';
import type { Bytes } from '../base/bytes.ts';
import type { Day } from '../base/clock.ts';
import type { StoreType } from '../model/interaction.ts';
import type { TablePart } from './format/pack.ts';

export const DATA_DB = 'arq-data';
export const DATA_VERSION = 6;
/** Older ones were never released: nothing reads them any more. */
export const OLDEST_VERSION = 6;

/** The seed's keys in `metadata` (§2.1). There are others. */
export const METADATA = {
  /** `DATA_VERSION` that wrote it. */
  version: 'version',
  /** The full hour of the last complete round of sync, in ISO 8601; `null` before the first. */
  lastSync: 'last_sync',
  /** `StorageStats`. */
  cacheStats: 'cache_stats',
} as const;

/** A sealed event that is not packed yet. `n` is this device's counter, without gaps. */
export interface JournalRow {
  readonly n: number;
  readonly day: Day;
  readonly type: StoreType;
  /** 1 when the event is a record of its own, 0 for an update of one. */
  readonly records: number;
  /** Generation of the day's key. */
  readonly generation: number;
  readonly box: Bytes;
}

/** An event that came while the profile was locked. It goes into the journal, under the same number, when it is unlocked. */
export interface SealedRow extends Omit<JournalRow, 'generation'> {
  /** Whose public key it is sealed for. */
  readonly seal: Day;
  /** Whether the person's rules were known when it was recorded. If not, they act when it is opened. */
  readonly ruled: boolean;
}

/** One sealed segment of a pack: its events of one type of one day. Key: [userId, date, type, seq]. */
export interface BlockRow {
  readonly userId: string;
  readonly date: Day;
  readonly type: StoreType;
  readonly seq: number;
  readonly generation: number;
  readonly box: Bytes;
}

/** One sealed piece of what the days of a pack share (format/pack.ts). Key: [userId, date, seq, part, piece]. */
export interface TableRow {
  readonly userId: string;
  /** Of its pack. */
  readonly date: Day;
  readonly seq: number;
  readonly part: TablePart;
  /** From 0. Chromium keeps larger values in files of their own, which take ten times as long to read (packs.ts). */
  readonly piece: number;
  readonly box: Bytes;
}

export interface PackDay {
  readonly day: Day;
  /** Folded records, in the order of RECORD_KINDS. */
  readonly records: readonly number[];
  readonly events: number;
}

/** What is there, without opening it: a pack holds events of some days of one month. Key: [userId, date, seq]. */
export interface PackRow {
  readonly userId: string;
  /** Its first day. */
  readonly date: Day;
  /** No other pack of the month has it. */
  readonly seq: number;
  /** Oldest first. */
  readonly days: readonly PackDay[];
  /** Whose key seals its tables: that of its one day, or that of its month. */
  readonly key: 'day' | 'month';
  /** Of that key. */
  readonly generation: number;
  /** Of all its rows, as they lie there. */
  readonly sizeBytes: number;
}

/** A sealed record under a name: `[userId, name]`. */
export interface NamedRow {
  readonly userId: string;
  readonly name: string;
  readonly box: Bytes;
}

/** A sealed record that was made from others (derived.ts): `[userId, name]`. */
export interface DerivedRow extends NamedRow {
  readonly generation: number;
  /** Of a context: its day. The exact time is sealed. */
  readonly timestamp?: Day;
}

/** Which visit a tab shows, so that a title or the time spent there finds its visit after the worker was stopped. Ids only: when it was opened is in the sealed visit and in the browser's memory. */
export interface TabRow {
  readonly tabId: number;
  readonly visit: string;
  readonly day: Day;
  /** False for a reduced record, which never gets a title. */
  readonly keepsTitle: boolean;
}

/**
 * What is still to be sent. `event`: one of the journal; `day`: all own events of a day, again, or with `all` those of
 * others as well; `record`: a named one.
 */
export type OutboxRow =
  | {
      readonly key?: number;
      readonly what: 'event';
      readonly day: Day;
      readonly n: number;
      readonly generation: number;
      readonly type: StoreType;
      readonly box: Bytes;
    }
  | { readonly key?: number; readonly what: 'day'; readonly day: Day; readonly all?: true }
  | { readonly key?: number; readonly what: 'record'; readonly name: string };

/** What this device knows of an object at the service. */
export interface PeerRow {
  readonly slot: string;
  readonly etag: string;
  readonly kind: string;
  /** Of a part: its day, whichever device wrote it. */
  readonly day?: Day;
  /** Version of a mutable object, never to go down. */
  readonly version?: number;
  /** Of our key ring: which keys it holds, as the service has it. */
  readonly note?: string;
  readonly own: boolean;
  /** Of an own part: it was made of a whole day, not of what came in since the one before. */
  readonly whole?: true;
  /** Of the master key that it was sealed under, from 2; absent = 1. */
  readonly epoch?: number;
}

export interface ArqData extends DBSchema {
  contexts: {
    key: [string, string];
    value: DerivedRow;
    indexes: { userId_timestamp: [string, string] };
  };
  profiles: { key: [string, string]; value: NamedRow; indexes: { userId: string } };
  interactions: {
    key: [string, string, string, number];
    value: BlockRow;
    indexes: { userId_date_type: [string, string, string] };
  };
  packs: { key: [string, string, number]; value: PackRow };
  tables: { key: [string, string, number, string, number]; value: TableRow };
  models: { key: [string, string]; value: DerivedRow };
  metadata: { key: string; value: unknown };
  journal: { key: number; value: JournalRow; indexes: { day: string } };
  outbox: { key: number; value: OutboxRow };
  sealed: { key: number; value: SealedRow };
  peers: { key: string; value: PeerRow };
  tabs: { key: number; value: TabRow };
  /** Hashes of the nonces (random) of messages that were acted on, so that a repeat is not. Value: when, in ms, ten minutes exact. */
  seen: { key: string; value: number };
}
