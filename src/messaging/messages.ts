/**
 * Every message between the pages, the content script and the background: its body's parser, who may send it, and what
 * comes back. The router drops whatever this table does not know. Later additions go here and nowhere else.
 *
 * Over 300 lines, because it is one table.
 */

import * as v from 'valibot';
import { fromBase64Url } from '../base/bytes.ts';
import { kdfSchema } from '../crypto/kdf.ts';
import { AUTO_LOCK_MINUTES } from '../model/auto-lock.ts';
import { correctionSchema, REQUEST_LIMITS } from '../model/data-request.ts';
import { RECORD_KINDS } from '../model/interaction.ts';
import { passkeyId, passkeySchema } from '../model/passkeys.ts';
import { fieldsSchema } from '../model/plugin-schema.ts';
import { PLUGIN_LIMITS } from '../model/plugins.ts';
import { PRIVACY_LEVELS } from '../model/privacy.ts';
import { USES } from '../model/privacy-policy.ts';
import { PAUSES } from '../model/recording.ts';
import { retentionSchema } from '../model/retention.ts';
import { CAPTURES } from '../model/rules.ts';
import { RESOLUTIONS } from '../model/sync-conflict.ts';
import { SYNC_WHEN } from '../model/sync-when.ts';
import { THEMES } from '../model/theme.ts';
import { seqSchema, slotSchema } from '../protocol/wire.ts';

export { PORTS } from './ports.ts';

/** `page`: our own popup, options or onboarding page. `content`: our content script in somebody's page. */
export type SenderClass = 'page' | 'content';

/** Well-formed UTF-16 of bounded length. */
const text = (max: number) =>
  v.pipe(
    v.string(),
    v.maxLength(max),
    v.check((value) => value.isWellFormed()),
  );
const time = v.pipe(v.number(), v.safeInteger());
const id = text(120);
const url = text(4096);
const host = text(253);
/** 16 random bytes: a repeat of a message is acted on once. */
const nonce = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/));

const shownAtOnce = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(200));

const filter = {
  site: v.optional(host),
  fromMs: v.optional(time),
  toMs: v.optional(time),
  kind: v.optional(v.picklist(RECORD_KINDS)),
};

const eraseTargets = [
  v.strictObject({
    what: v.literal('record'),
    id,
    day: v.optional(v.pipe(v.string(), v.isoDate())),
  }),
  v.strictObject({ what: v.literal('page'), url }),
  v.strictObject({ what: v.literal('site'), host }),
  v.strictObject({ what: v.literal('range'), fromMs: time, toMs: time }),
  v.strictObject({ what: v.literal('all') }),
] as const;
const eraseQuestion = v.variant('what', [
  ...eraseTargets,
  v.strictObject({ what: v.literal('hour') }),
  v.strictObject({ what: v.literal('found'), text: text(200), ...filter }),
]);

/** 32 bytes, base64url: what a passphrase or a passkey gave. */
const wayKey = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/));
/** What a way to unlock gave, where there is one; `by`: a passkey's id, when it was no passphrase. */
const proof = { current: v.optional(wayKey), by: v.optional(passkeyId) };
/** Of the last way: nothing is locked any more. */
const off = v.optional(v.boolean());

/** With `pattern`, for addresses of any site; with `path`, for a part of a site; with neither, for a site. */
const ruleDraft = v.strictObject({
  host,
  path: v.optional(text(1000)),
  pattern: v.optional(text(1000)),
  capture: v.picklist(CAPTURES),
  level: v.optional(v.picklist(PRIVACY_LEVELS)),
});

const storedScope = v.variant('what', [
  v.strictObject({ what: v.literal('all') }),
  v.strictObject({ what: v.literal('rule'), id }),
  v.strictObject({ what: v.literal('level'), level: v.picklist(PRIVACY_LEVELS), erase: v.boolean() }),
]);

/** What the twelve words stand for: 16 bytes, base64url. */
const phraseSecret = v.pipe(
  v.string(),
  v.check((value) => fromBase64Url(value)?.length === 16),
);

const nothing = v.strictObject({});
/** In CSS pixels, as `screenText` (context/device-info.ts) takes it. */
const pixels = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(99_999));

export const MESSAGES = {
  /** The page is there. A second chance to record its visit, should the background have been stopped while it committed. */
  'event.page': {
    from: 'content',
    /** `startedMs`: when the document began (performance.timeOrigin); only tells it from the one before in its tab. */
    body: v.strictObject({ startedMs: v.pipe(v.number(), v.finite()), nonce }),
  },
  /** A click in a page. The page's address, title and the time come from the browser, not from here. */
  'event.click': {
    from: 'content',
    body: v.strictObject({
      role: text(40),
      text: text(80),
      target: v.optional(url),
      nonce,
    }),
  },

  'status.get': { from: 'page', body: nothing },
  'consent.set': {
    from: 'page',
    body: v.strictObject({ accepted: v.boolean(), persisted: v.optional(v.boolean()) }),
  },
  /** `stored`: what becomes of what is stored and, when it goes, of what is in memory; `forget`: of the latter alone. */
  'level.set': {
    from: 'page',
    body: v.strictObject({
      level: v.picklist(PRIVACY_LEVELS),
      stored: v.optional(v.picklist(['keep', 'reduce', 'erase', 'forget'])),
    }),
  },
  'pause.set': { from: 'page', body: v.strictObject({ pause: v.picklist(PAUSES) }) },
  'pause.end': { from: 'page', body: nothing },

  /** The person has read this sentence of the health line: of what was lost, or of what a deletion left. */
  'loss.seen': { from: 'page', body: v.strictObject({ message: text(2000) }) },
  'rules.list': { from: 'page', body: nothing },
  'rules.set': { from: 'page', body: ruleDraft },
  /** What a visit of this address would leave behind; `rule`: with this rule, which is not set. */
  'rules.test': { from: 'page', body: v.strictObject({ address: url, rule: v.optional(ruleDraft) }) },
  'rules.remove': { from: 'page', body: v.strictObject({ id }) },
  /** What level and rules would take from what is stored. */
  'stored.count': { from: 'page', body: v.strictObject({ scope: storedScope }) },
  'stored.cancel': { from: 'page', body: nothing },
  'stored.apply': { from: 'page', body: v.strictObject({ scope: storedScope }) },
  /** The seed's privacy policy as it is in force, and everything that was agreed to, with dates. */
  'privacy.get': { from: 'page', body: nothing },
  /** Ends what was agreed to. */
  'privacy.withdraw': { from: 'page', body: v.strictObject({ use: v.picklist(USES), to: url }) },
  /** How much of what was kept out of the memory, by kind. */
  'sensitive.get': { from: 'page', body: nothing },

  /** The page in the active tab (or the last one that was, when one of ours is in front) and what was recorded on it. */
  'page.current': { from: 'page', body: nothing },

  'records.search': {
    from: 'page',
    body: v.strictObject({
      text: text(200),
      ...filter,
      limit: shownAtOnce,
      after: v.optional(v.strictObject({ atMs: time, url })),
    }),
  },
  /** What was recorded at one address, newest first. */
  'records.page': {
    from: 'page',
    body: v.strictObject({ url, limit: shownAtOnce, after: v.optional(v.strictObject({ atMs: time, id })) }),
  },
  /** How many records that is. */
  'erase.count': { from: 'page', body: v.strictObject({ target: eraseQuestion }) },
  'erase.run': { from: 'page', body: v.strictObject({ target: eraseQuestion }) },
  /** Within ten seconds. */
  'erase.undo': { from: 'page', body: v.strictObject({ id }) },
  /** What waits is deleted now. */
  'erase.finish': { from: 'page', body: nothing },
  /** What was deleted, without what it was. */
  'erase.log': { from: 'page', body: nothing },

  /** How long records stay, and whether the clock is believed. */
  'retention.get': { from: 'page', body: nothing },
  /** How much this would delete now. */
  'retention.forecast': { from: 'page', body: v.strictObject({ retention: retentionSchema }) },
  'retention.set': { from: 'page', body: v.strictObject({ retention: retentionSchema }) },
  /** The person says that the clock is right. */
  'retention.clock': { from: 'page', body: nothing },

  /** What the person asked of their data, newest first (model/data-request.ts). */
  'requests.get': { from: 'page', body: nothing },
  /** Everything here, and, if asked, the account at the sync service. `word`: what the person had to type. */
  'requests.delete': {
    from: 'page',
    body: v.strictObject({
      account: v.boolean(),
      reason: text(REQUEST_LIMITS.reason),
      word: v.literal('DELETE'),
    }),
  },
  'requests.rectify': {
    from: 'page',
    body: v.strictObject({ correction: correctionSchema, reason: text(REQUEST_LIMITS.reason) }),
  },
  /** Goes on with one that was interrupted or failed. An export is gone on with by its port. */
  'requests.resume': { from: 'page', body: v.strictObject({ id }) },
  'requests.cancel': { from: 'page', body: v.strictObject({ id }) },
  /** Forgets those that have ended. */
  'requests.clear': { from: 'page', body: nothing },
  /** What is recorded of one page that can be put right. */
  'rectify.find': { from: 'page', body: v.strictObject({ url }) },

  /** Takes over the browser's own history; the page asked for access to it before. */
  'import.history': { from: 'page', body: nothing },
  /** What the person deletes there is deleted here too; the page asked for access before. */
  'history.follow': { from: 'page', body: v.strictObject({ on: v.boolean() }) },
  /** All of it was cleared: whether everything here goes too. */
  'history.cleared': { from: 'page', body: v.strictObject({ erase: v.boolean() }) },
  'import.cancel': { from: 'page', body: nothing },

  /** What the background cannot see by itself. */
  'device.seen': {
    from: 'page',
    body: v.strictObject({ width: pixels, height: pixels, theme: v.picklist(THEMES) }),
  },

  'health.get': { from: 'page', body: nothing },
  'caches.purge': { from: 'page', body: nothing },
  /** Answered when it has ended. */
  'compact.run': { from: 'page', body: nothing },
  'compact.cancel': { from: 'page', body: nothing },

  /** What the storage budget card shows; measured now. */
  'budget.get': { from: 'page', body: nothing },
  'budget.set': {
    from: 'page',
    body: v.strictObject({ limitBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) }),
  },
  'budget.pin': { from: 'page', body: v.strictObject({ host }) },
  'budget.unpin': { from: 'page', body: v.strictObject({ host }) },
  /** Opens something of every month: only when the person asks. */
  'budget.sites': { from: 'page', body: nothing },
  /** The file is safe: its days leave. */
  'archive.confirm': { from: 'page', body: v.strictObject({ id }) },
  'archive.discard': { from: 'page', body: v.strictObject({ id }) },

  /** What the passphrase's key costs, for who is about to type it; `null` without a passphrase. */
  'lock.parameters': { from: 'page', body: nothing },
  /** `key`: what the passphrase gave, or the passkey `by`. It is made in the page, so that recording does not wait for it. */
  'lock.unlock': { from: 'page', body: v.strictObject({ key: wayKey, by: proof.by }) },
  /** Whether that unlocks: before something is made elsewhere that would be left over. */
  'lock.check': { from: 'page', body: v.strictObject(proof) },
  'lock.now': { from: 'page', body: nothing },
  'lock.set': { from: 'page', body: v.strictObject({ kdf: kdfSchema, key: wayKey, ...proof }) },
  'lock.remove': { from: 'page', body: v.strictObject({ ...proof, off }) },
  /** `key`: what the passkey gives for `salt`. */
  'lock.add-passkey': {
    from: 'page',
    body: v.strictObject({ id: passkeyId, salt: passkeySchema.entries.salt, key: wayKey, ...proof }),
  },
  'lock.remove-passkey': { from: 'page', body: v.strictObject({ id: passkeyId, ...proof, off }) },
  /** The passphrase is lost: everything of a locked profile is deleted, unread. `word`: what the person had to type. */
  'lock.start-over': { from: 'page', body: v.strictObject({ word: v.literal('DELETE') }) },
  /** Asks for what unlocks when it is to lock later than now, or never: sooner takes nothing from anybody. */
  'lock.auto': { from: 'page', body: v.strictObject({ minutes: v.picklist(AUTO_LOCK_MINUTES), ...proof }) },
  /** Other extensions that may read public records (model/plugins.ts), requests, and the log of what they asked. */
  'plugins.get': { from: 'page', body: nothing },
  'plugins.switch': { from: 'page', body: v.strictObject({ on: v.boolean() }) },
  /** Allows an extension, or changes what it is allowed: it takes public records elsewhere, and asks for what unlocks. */
  'plugins.allow': {
    from: 'page',
    body: v.strictObject({
      id,
      name: text(PLUGIN_LIMITS.name),
      fields: fieldsSchema,
      untilMs: time,
      ...proof,
    }),
  },
  'plugins.refuse': { from: 'page', body: v.strictObject({ id }) },
  'plugins.withdraw': { from: 'page', body: v.strictObject({ id }) },
  'plugins.clear-log': { from: 'page', body: nothing },

  // What begins sync, or adds a device, takes the memory elsewhere: it asks for what unlocks, where something does, as an export.
  'sync.create': { from: 'page', body: v.strictObject({ url, deviceName: v.optional(text(60)), ...proof }) },
  /** Makes a pairing code and waits, in the background, for the other device. */
  'sync.invite': { from: 'page', body: v.strictObject(proof) },
  'sync.join': {
    from: 'page',
    body: v.strictObject({ code: text(2048), deviceName: v.optional(text(60)), ...proof }),
  },
  /** Comes back to an account with its recovery phrase. */
  'sync.restore': {
    from: 'page',
    body: v.strictObject({ url, secret: phraseSecret, deviceName: v.optional(text(60)), ...proof }),
  },
  /** What joining would delete here, while the account waits for the person (phase `asks`). */
  'sync.preview': { from: 'page', body: nothing },
  /** The person agrees that these records of this device are deleted by joining, or going on (join-preview.ts, `of`). */
  'sync.agree': { from: 'page', body: v.strictObject({ of: text(64) }) },
  /** What devices chose without knowing of each other. */
  'sync.conflicts': { from: 'page', body: nothing },
  /** The person decides one of these, as it was shown. */
  'sync.resolve': {
    from: 'page',
    body: v.strictObject({
      name: text(600),
      state: text(100_000),
      resolution: v.union([
        v.picklist(RESOLUTIONS),
        v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_024)),
      ]),
    }),
  },
  /** Another device leaves the account, and with it whatever it knew of its keys. */
  'sync.remove-device': { from: 'page', body: v.strictObject({ id }) },
  /** All devices that are listed now are the person's. */
  'sync.know-devices': { from: 'page', body: nothing },
  /** The recovery phrase, until it is written down; asks for what unlocks, where something does. */
  'phrase.show': { from: 'page', body: v.strictObject(proof) },
  /** The person has shown that they have the words. */
  'phrase.confirm': { from: 'page', body: v.strictObject({ secret: phraseSecret }) },
  /** Whether words that were kept are those of this account. */
  'phrase.check': { from: 'page', body: v.strictObject({ secret: phraseSecret }) },
  /** Another master key, for the account or for this profile alone. */
  'keys.renew': { from: 'page', body: nothing },
  /** What does not open (model/closed.ts). Opens everything: only when the person asks. */
  'closed.look': { from: 'page', body: nothing },
  'closed.fetch': { from: 'page', body: nothing },
  'closed.try-phrase': { from: 'page', body: v.strictObject({ url, secret: phraseSecret }) },
  /** `word`: what the person had to type. */
  'closed.erase': {
    from: 'page',
    body: v.strictObject({
      days: v.pipe(v.array(v.pipe(v.string(), v.isoDate())), v.minLength(1), v.maxLength(1_000)),
      word: v.literal('DELETE'),
    }),
  },
  'sync.now': { from: 'page', body: nothing },
  'sync.when': { from: 'page', body: v.strictObject({ when: v.picklist(SYNC_WHEN) }) },
  /** The newest deletions of the account, and which devices have carried them out. */
  'sync.deletions': { from: 'page', body: nothing },
  /** What the service holds of the account, newest first: what was written after one number of its log and before another. */
  'sync.held': {
    from: 'page',
    body: v.strictObject({ before: v.optional(seqSchema), after: v.optional(seqSchema) }),
  },
  /** One of these objects: its bytes, and what opens of it here. */
  'sync.held-object': { from: 'page', body: v.strictObject({ slot: slotSchema }) },
  /** What proves that the service showed this device what cannot be; no content. */
  'sync.evidence': { from: 'page', body: nothing },
  'sync.fingerprint': { from: 'page', body: nothing },
  /** Days of a month, "2025-03", that are at the sync service only. */
  'archive.fetch-month': {
    from: 'page',
    body: v.strictObject({ month: v.pipe(v.string(), v.regex(/^\d{4}-\d\d$/)) }),
  },
  /** `anyway`: also when the others did not get all; `loseAway`: what is at the service only may be lost. */
  'sync.leave': { from: 'page', body: v.strictObject({ anyway: v.boolean(), loseAway: v.boolean() }) },
  'sync.delete-account': {
    from: 'page',
    body: v.strictObject({ anyway: v.boolean(), loseAway: v.boolean() }),
  },
} as const satisfies Record<string, { from: SenderClass; body: v.GenericSchema }>;

export type MessageType = keyof typeof MESSAGES;
export type MessageBody<T extends MessageType> = v.InferInput<(typeof MESSAGES)[T]['body']>;

/** Bodies larger than this (as JSON) are dropped before they are parsed. */
export const MESSAGE_BYTES = 64 * 1024;

/** Over the `fetch` port: first how large the file is, then the pieces that are asked for, base64url. */
export const fetchRequestSchema = v.variant('kind', [
  v.strictObject({
    kind: v.literal('file'),
    size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  }),
  v.strictObject({ kind: v.literal('piece'), data: v.pipe(v.string(), v.maxLength(1024 * 1024)) }),
]);
export type FetchRequest = v.InferOutput<typeof fetchRequestSchema>;

/**
 * `package`: everything, in several files. `request`: an interrupted one that goes on. Asks for what unlocks, where something does, as
 * `phrase.show`.
 */
export const exportRequestSchema = v.variant('format', [
  v.strictObject({ format: v.picklist(['json', 'csv']), ...filter, ...proof }),
  v.strictObject({
    format: v.literal('package'),
    kind: v.picklist(['full', 'encrypted', 'anonymised']),
    request: v.optional(id),
    /** Also the sealed bytes that the sync service holds, each beside what it opens to. */
    bodies: v.optional(v.boolean()),
    ...proof,
  }),
]);
export type ExportRequest = v.InferOutput<typeof exportRequestSchema>;

/** Records of an export as they stand in the file; each is parsed where it is stored. */
export const IMPORT_BATCH = 500;
export const importRequestSchema = v.variant('kind', [
  v.strictObject({
    kind: v.literal('records'),
    records: v.pipe(v.array(v.unknown()), v.maxLength(IMPORT_BATCH), v.readonly()),
  }),
  v.strictObject({ kind: v.literal('end') }),
]);
export type ImportRequest = v.InferOutput<typeof importRequestSchema>;
