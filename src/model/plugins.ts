/** Other extensions that may read records of level `public`: who, which fields, until when. Times are ms since 1970. */
import { DAY_MS } from '../base/clock.ts';

/** What of a record can be given, each chosen by itself. `counts` is of no record: sums by sort of site. */
export const PLUGIN_FIELDS = ['host', 'category', 'url', 'title', 'searchQuery', 'hour', 'counts'] as const;
export type PluginField = (typeof PLUGIN_FIELDS)[number];

/** What can be asked. `access` tells an extension what it may ask for. */
export const PLUGIN_QUERIES = ['access', 'visits', 'searches', 'counts'] as const;
export type PluginQueryKind = (typeof PLUGIN_QUERIES)[number];

/** Bounds of what is kept. */
export const PLUGIN_LIMITS = {
  allowed: 50,
  /** Requests of extensions that are not answered yet. */
  pending: 10,
  refused: 100,
  name: 60,
  reason: 300,
  logEntries: 500,
  totals: 100,
} as const;

/** A request that nobody answered, and a refusal, are forgotten after this time. */
export const PLUGIN_MEMORY_MS = 30 * DAY_MS;
/** Nobody is allowed for longer at a time. */
export const MAX_ACCESS_MS = 366 * DAY_MS;

/** Ids as browsers give them: Chromium's 32 letters; Firefox's address-like names and braced UUIDs. */
const ID =
  /^([a-p]{32}|\{[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}|[A-Za-z0-9._-]*@[A-Za-z0-9._-]+)$/;
export const isPluginId = (id: string): boolean => id.length <= 100 && ID.test(id);

/** Control characters, and those that turn the direction of text around: a name must not change the words beside it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is meant
const MISLEADING = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/** What an extension says of itself, as it may be shown: one line. */
export const plainText = (text: string): string => text.replace(MISLEADING, ' ').replace(/\s+/g, ' ').trim();

export interface AllowedPlugin {
  readonly id: string;
  /** Typed by the person, or what the extension calls itself. */
  readonly name: string;
  readonly fields: readonly PluginField[];
  readonly grantedMs: number;
  readonly untilMs: number;
}

export interface PendingPlugin {
  readonly id: string;
  readonly name: string;
  readonly fields: readonly PluginField[];
  readonly reason: string;
  readonly askedMs: number;
}

export interface PluginAccess {
  /** The switch over all of it. */
  readonly on: boolean;
  readonly allowed: readonly AllowedPlugin[];
  readonly pending: readonly PendingPlugin[];
  readonly refused: readonly { readonly id: string; readonly atMs: number }[];
}

export const NO_ACCESS: PluginAccess = { on: false, allowed: [], pending: [], refused: [] };

/** The access of an extension that is in force. */
export const accessOf = (access: PluginAccess, id: string, nowMs: number): AllowedPlugin | undefined =>
  access.on ? access.allowed.find((one) => one.id === id && nowMs < one.untilMs) : undefined;

/** What the card shows. */
export interface PluginsReport extends PluginAccess {
  /** Newest first. */
  readonly log: readonly PluginLogEntry[];
  readonly totals: readonly PluginTotal[];
}

/** Equal queries of one hour are one entry, so that asking often cannot push out what was asked before. No contents. */
export interface PluginLogEntry {
  readonly id: string;
  readonly name: string;
  readonly kind: PluginQueryKind;
  readonly byWords: boolean;
  /** That the answers had. */
  readonly fields: readonly PluginField[];
  /** In all of its answers. */
  readonly records: number;
  readonly times: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Of one extension since the log was cleared. */
export interface PluginTotal {
  readonly id: string;
  readonly name: string;
  readonly queries: number;
  readonly records: number;
  /** Messages that were refused: too many, or not understood. At least: those after the last query may be forgotten. */
  readonly refused: number;
  readonly lastMs: number;
}
