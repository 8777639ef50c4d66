/** A record of a JSON export, as the event that it was, parsed like any other input. */
import { HOUR_MS } from '../base/clock.ts';
import type { InteractionEvent, VisitUpdate } from '../model/interaction.ts';
import { MAX_RECORDED_MS } from '../model/interaction-fields.ts';
import { parseEvent } from '../model/parse-event.ts';

export interface ExportedRecord {
  readonly event: Exclude<InteractionEvent, VisitUpdate>;
  /** Of a visit, else 0. */
  readonly dwellMs: number;
}

/** As `Date.toISOString` writes it, of the years that a day's name has room for. */
const ISO = /^(19[7-9]|[2-9]\d\d)\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** `null` when it is none that an export has. */
export function parseRecord(value: unknown): ExportedRecord | null {
  if (typeof value !== 'object' || value === null) return null;
  const { at, after, ...rest } = value as Record<string, unknown>;
  const [atMs, afterMs] = [timeOf(at), after === undefined ? undefined : timeOf(after)];
  if (atMs === null || afterMs === null || atMs > MAX_RECORDED_MS) return null;
  const times = { atMs, ...(afterMs === undefined ? {} : { afterMs }) };
  if (rest.kind !== 'visit') return ofEvent(parseEvent({ ...rest, ...times }), 0);
  const { dwellMs, ...visit } = rest;
  if (typeof dwellMs !== 'number' || !Number.isFinite(dwellMs) || dwellMs < 0) return null;
  return ofEvent(parseEvent({ ...visit, ...times }), dwellMs);
}

function timeOf(text: unknown): number | null {
  if (typeof text !== 'string' || !ISO.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) || new Date(ms).toISOString() !== text ? null : ms;
}

function ofEvent(event: InteractionEvent | null, dwellMs: number): ExportedRecord | null {
  if (!event || event.kind === 'visit-update') return null;
  // What lives in memory only is in no export, and a count has no time within its hour.
  if (event.level === 'ephemeral' || (event.kind === 'reduced' && event.atMs % HOUR_MS !== 0)) return null;
  return { event, dwellMs };
}
