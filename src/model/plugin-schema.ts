/** The sealed records about other extensions, parsed. What does not parse is as if nobody was allowed, or asked, anything. */
import * as v from 'valibot';
import { EMPTY_LOG, type PluginLog } from './plugin-log.ts';
import {
  isPluginId,
  NO_ACCESS,
  PLUGIN_FIELDS,
  PLUGIN_LIMITS,
  PLUGIN_QUERIES,
  type PluginAccess,
  plainText,
} from './plugins.ts';

const time = v.pipe(v.number(), v.safeInteger());
const id = v.pipe(v.string(), v.check(isPluginId));
/** Names and reasons, made plain; empty ones are refused. */
export const shownText = (max: number) =>
  v.pipe(
    v.string(),
    v.maxLength(max),
    v.check((text) => text.isWellFormed()),
    v.transform(plainText),
    v.minLength(1),
  );

/** One or more fields, each once, in the order of the list. */
export const fieldsSchema = v.pipe(
  v.array(v.picklist(PLUGIN_FIELDS)),
  v.minLength(1),
  v.maxLength(PLUGIN_FIELDS.length),
  v.transform((fields) => PLUGIN_FIELDS.filter((field) => fields.includes(field))),
);

const allowedSchema = v.object({
  id,
  name: shownText(PLUGIN_LIMITS.name),
  fields: fieldsSchema,
  /** When the person agreed. */
  grantedMs: time,
  untilMs: time,
});

const pendingSchema = v.object({
  id,
  name: shownText(PLUGIN_LIMITS.name),
  fields: fieldsSchema,
  reason: shownText(PLUGIN_LIMITS.reason),
  askedMs: time,
});

const accessSchema = v.object({
  on: v.boolean(),
  allowed: v.pipe(v.array(allowedSchema), v.maxLength(PLUGIN_LIMITS.allowed)),
  pending: v.pipe(v.array(pendingSchema), v.maxLength(PLUGIN_LIMITS.pending)),
  refused: v.pipe(v.array(v.object({ id, atMs: time })), v.maxLength(PLUGIN_LIMITS.refused)),
});

export function parsePluginAccess(stored: unknown): PluginAccess {
  const parsed = v.safeParse(accessSchema, stored);
  return parsed.success ? parsed.output : NO_ACCESS;
}

const amount = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const who = { id, name: shownText(PLUGIN_LIMITS.name) };

const logSchema = v.object({
  entries: v.pipe(
    v.array(
      v.object({
        ...who,
        kind: v.picklist(PLUGIN_QUERIES),
        byWords: v.boolean(),
        fields: v.union([fieldsSchema, v.strictTuple([])]),
        records: amount,
        times: amount,
        firstMs: time,
        lastMs: time,
      }),
    ),
    v.maxLength(PLUGIN_LIMITS.logEntries),
  ),
  totals: v.pipe(
    v.array(v.object({ ...who, queries: amount, records: amount, refused: amount, lastMs: time })),
    v.maxLength(PLUGIN_LIMITS.totals),
  ),
});

export function parsePluginLog(stored: unknown): PluginLog {
  const parsed = v.safeParse(logSchema, stored);
  return parsed.success ? parsed.output : EMPTY_LOG;
}
