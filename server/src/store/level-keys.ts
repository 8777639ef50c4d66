/**
 * The keys of the LevelDB engine. Everything of an account lies under `<account>/`, so that it can be walked and deleted as
 * one range; only the note that an account is being deleted lies outside.
 *
 * | key | value |
 * |---|---|
 * | `<account>/a` | the account record (sealed) |
 * | `<account>/d/<version>` | a signed device list (sealed) |
 * | `<account>/l/<seq>` | a log entry (sealed) |
 * | `<account>/s/<slot>` | etag, size and time of an object (sealed) |
 * | `<account>/b/<slot>` | its body, bare: the etag is its checksum |
 * | `<account>/k/<key>` | a remembered answer (sealed) |
 * | `<account>/t/<time>/<key>` | empty: remembered answers by age |
 * | `!deleting/<account>` | empty: what is left under the account is to be removed |
 */
import type { AccountId, Slot } from '../../../src/protocol/ids.ts';

/** Numbers in keys sort as numbers. */
const sortable = (value: number): string => String(value).padStart(16, '0');

const DELETING = '!deleting/';

export const levelKeys = {
  account: (account: AccountId) => `${account}/a`,
  list: (account: AccountId, version: number) => `${account}/d/${sortable(version)}`,
  entry: (account: AccountId, seq: number) => `${account}/l/${sortable(seq)}`,
  object: (account: AccountId, slot: Slot) => `${account}/s/${slot}`,
  body: (account: AccountId, slot: Slot) => `${account}/b/${slot}`,
  answer: (account: AccountId, key: string) => `${account}/k/${key}`,
  answerTime: (account: AccountId, atMs: number, key: string) => `${account}/t/${sortable(atMs)}/${key}`,
  deleting: (account: AccountId) => `${DELETING}${account}`,
} as const;

export interface KeyRange {
  readonly gte: string;
  readonly lt: string;
}

/** `~` sorts after every character of a key. */
const under = (prefix: string): KeyRange => ({ gte: prefix, lt: `${prefix}~` });

/** The account of a `deleting` key. */
export const accountOfDeletion = (key: string): AccountId => key.slice(DELETING.length) as AccountId;

export const levelRanges = {
  account: (account: AccountId) => under(`${account}/`),
  lists: (account: AccountId) => under(`${account}/d/`),
  log: (account: AccountId) => under(`${account}/l/`),
  /** The entries after `since`, up to and including `last`. */
  entries: (account: AccountId, since: number, last: number): KeyRange => ({
    gte: levelKeys.entry(account, since + 1),
    lt: levelKeys.entry(account, last + 1),
  }),
  objects: (account: AccountId) => under(`${account}/s/`),
  bodies: (account: AccountId) => under(`${account}/b/`),
  answers: (account: AccountId) => under(`${account}/k/`),
  /** `answerTime` keys of answers older than `atMs`. */
  answerTimesBefore: (account: AccountId, atMs: number): KeyRange => ({
    gte: `${account}/t/`,
    lt: `${account}/t/${sortable(Math.max(0, atMs))}`,
  }),
  deleting: under(DELETING),
} as const;
