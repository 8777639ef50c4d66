/** What the background answers, by message type. Failures come back as `{ ok: false, error }` (base/result). */
import type { Kdf } from '../crypto/kdf.ts';
import type { BudgetReport, SiteSize, WaitingArchive } from '../model/budget.ts';
import type { ClosedReport } from '../model/closed.ts';
import type { Correctable, DataAccessRequest } from '../model/data-request.ts';
import type { Deletion } from '../model/deletion.ts';
import type { LogReading } from '../model/deletion-log.ts';
import type { Fingerprint } from '../model/fingerprint.ts';
import type { HealthReport } from '../model/health.ts';
import type { HeldContents, HeldPage } from '../model/held.ts';
import type { InteractionRecord, NewEvent } from '../model/interaction.ts';
import type { JoinPreview } from '../model/join-preview.ts';
import type { SearchHit } from '../model/page-query.ts';
import type { PluginsReport } from '../model/plugins.ts';
import type { PrivacyLevel } from '../model/privacy.ts';
import type { PrivacyReport } from '../model/privacy-policy.ts';
import type { Status } from '../model/recording.ts';
import type { ReductionCount } from '../model/reduction.ts';
import type { RetentionForecast, RetentionReport } from '../model/retention.ts';
import type { Rule } from '../model/rules.ts';
import type { EraseCount } from '../model/selector.ts';
import type { SensitiveTotals } from '../model/sensitive.ts';
import type { SyncConflict } from '../model/sync-conflict.ts';
import type { MessageType } from './messages.ts';

export type { SearchHit };

/** Where a page of results ended. Its time alone would not do: pages may have the same. */
export interface Place {
  readonly atMs: number;
  readonly url: string;
}

export interface SearchAnswer {
  readonly hits: readonly SearchHit[];
  /** Pass as `after` for the next page of results; absent at the end. */
  readonly next?: Place;
}

/** Where a list of records ended. */
export type RecordPlace = Pick<InteractionRecord, 'atMs' | 'id'>;

export interface PageRecords {
  /** Newest first. */
  readonly records: readonly InteractionRecord[];
  /** Pass as `after` for the next of them; absent at the end. */
  readonly next?: RecordPlace;
}

export interface CurrentPage {
  /** Absent when there is no ordinary web page in front. */
  readonly url?: string;
  readonly host?: string;
  readonly title?: string;
  /** What the rules say about it. */
  readonly capture?: Rule['capture'];
  /** The rule that decides, where one does. */
  readonly rule?: Rule;
  /** Why it is skipped, when it is: the person's own rule, or the built-in list of sensitive sites. */
  readonly skippedBy?: 'rule' | 'sensitive';
  /** Newest first, at most 20. */
  readonly records: readonly InteractionRecord[];
}

export interface RulesAnswer {
  readonly rules: readonly Rule[];
  /** Hosts and patterns that are skipped from the start. */
  readonly sensitive: readonly string[];
  /** The id of the rule that was set. */
  readonly set?: string;
}

/** What a visit of an address would leave behind. */
export interface RuleTrial {
  /** As it is looked at: without what is never kept. */
  readonly address: string;
  readonly capture: Rule['capture'];
  readonly level: PrivacyLevel;
  /** The rules that decide; empty when none does. */
  readonly by: readonly Rule[];
  /** The list of sensitive sites decides. */
  readonly bySensitive: boolean;
  /** Among `by`: the id of the rule that is being tried. */
  readonly draft?: string;
  /** What would be stored. */
  readonly events: readonly NewEvent[];
}

export interface InviteAnswer {
  /** The complete pairing string, `arq1:…`. */
  readonly code: string;
  readonly expiresMs: number;
}

export interface PhraseAnswer {
  /** What the words stand for: 16 bytes, base64url. */
  readonly secret: string;
}

export interface Answers {
  'event.page': null;
  'event.click': null;
  'status.get': Status;
  'consent.set': Status;
  'level.set': Status;
  'pause.set': Status;
  'pause.end': Status;
  'loss.seen': Status;
  'rules.list': RulesAnswer;
  'rules.set': RulesAnswer;
  'rules.test': RuleTrial;
  'stored.count': ReductionCount;
  'stored.cancel': null;
  'stored.apply': Status;
  'privacy.get': PrivacyReport;
  'privacy.withdraw': PrivacyReport;
  'rules.remove': RulesAnswer;
  /** `null` when nothing was found yet. */
  'sensitive.get': SensitiveTotals | null;
  'page.current': CurrentPage;
  'records.search': SearchAnswer;
  'records.page': PageRecords;
  'erase.count': EraseCount;
  'erase.run': { readonly count: number };
  'requests.get': readonly DataAccessRequest[];
  'requests.delete': readonly DataAccessRequest[];
  'requests.rectify': readonly DataAccessRequest[];
  'requests.resume': readonly DataAccessRequest[];
  'requests.cancel': readonly DataAccessRequest[];
  'requests.clear': readonly DataAccessRequest[];
  'rectify.find': Correctable;
  'erase.undo': Status;
  'erase.finish': Status;
  'erase.log': LogReading;
  'retention.get': RetentionReport;
  'retention.forecast': RetentionForecast;
  'retention.set': RetentionReport;
  'retention.clock': RetentionReport;
  'import.history': Status;
  'history.follow': Status;
  'history.cleared': Status;
  'import.cancel': Status;
  'device.seen': null;
  'health.get': HealthReport;
  'caches.purge': HealthReport;
  'compact.run': Status;
  'compact.cancel': Status;
  'budget.get': BudgetReport;
  'budget.set': BudgetReport;
  'budget.pin': BudgetReport;
  'budget.unpin': BudgetReport;
  'budget.sites': readonly SiteSize[];
  'archive.confirm': { readonly records: number };
  'archive.discard': BudgetReport;
  'archive.fetch-month': BudgetReport;
  'lock.parameters': Kdf | null;
  'lock.unlock': Status;
  'lock.now': Status;
  'lock.set': Status;
  'lock.check': null;
  'lock.remove': Status;
  'lock.add-passkey': Status;
  'lock.remove-passkey': Status;
  'lock.start-over': Status;
  'lock.auto': Status;
  'plugins.get': PluginsReport;
  'plugins.switch': PluginsReport;
  'plugins.allow': PluginsReport;
  'plugins.refuse': PluginsReport;
  'plugins.withdraw': PluginsReport;
  'plugins.clear-log': PluginsReport;
  'sync.create': Status;
  'sync.invite': InviteAnswer;
  'sync.join': Status;
  'sync.restore': Status;
  'sync.preview': JoinPreview | null;
  'sync.agree': Status;
  'sync.conflicts': readonly SyncConflict[];
  'sync.resolve': readonly SyncConflict[];
  'sync.remove-device': Status;
  'sync.know-devices': Status;
  'phrase.show': PhraseAnswer;
  'phrase.confirm': Status;
  'phrase.check': null;
  'keys.renew': Status;
  'closed.look': ClosedReport;
  'closed.fetch': ClosedReport;
  'closed.try-phrase': ClosedReport;
  'closed.erase': ClosedReport;
  'sync.now': Status;
  'sync.when': Status;
  'sync.deletions': readonly Deletion[];
  'sync.held': HeldPage;
  'sync.held-object': HeldContents;
  /** The text of a JSON file. */
  'sync.evidence': string;
  /** `null` before the first round. */
  'sync.fingerprint': Fingerprint | null;
  'sync.leave': Status;
  'sync.delete-account': Status;
}
/** Compile-time check that every message has an answer. */
export type AnswerOf<T extends MessageType> = Answers[T];

/** What travels over the export port. `done` carries how many records were written. */
export type ExportMessage =
  | {
      readonly kind: 'chunk';
      readonly text: string;
      readonly records: number;
      readonly total: number;
      /** Of a package: with the first piece of each file. */
      readonly file?: string;
      /** Something is missing, as a sentence. */
      readonly warning?: string;
    }
  | { readonly kind: 'done'; readonly records: number }
  | { readonly kind: 'failed'; readonly message: string };

/** What travels over the archive port: the file in pieces, base64url, and then what is in it. */
export type ArchiveMessage =
  | { readonly kind: 'piece'; readonly data: string }
  | { readonly kind: 'done'; readonly archive: WaitingArchive }
  | { readonly kind: 'failed'; readonly message: string };

/** What came of a file that was fetched back. */
export interface FetchCounts {
  readonly events: number;
  readonly days: number;
  /** Days of the file that were deleted since. */
  readonly deletedDays: number;
}

/** What travels back over the fetch port: which bytes of the file are wanted next, and how it ended. */
export type FetchMessage =
  | { readonly kind: 'want'; readonly from: number; readonly to: number }
  | ({ readonly kind: 'done' } & FetchCounts)
  | { readonly kind: 'failed'; readonly message: string };

/** What came of the records so far. */
export interface ImportCounts {
  readonly added: number;
  readonly there: number;
  readonly leftOut: number;
}

/** What travels back over the import port. */
export type ImportAnswer =
  | ({ readonly kind: 'next' | 'done' } & ImportCounts)
  | { readonly kind: 'failed'; readonly message: string };
