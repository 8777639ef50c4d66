/** How an event lies in SQLite's table, and how it comes back. Codes for what repeats, as one would do by hand. */
import { type InteractionEvent, TRANSITIONS } from '../../../src/model/interaction.ts';
import { PRIVACY_LEVELS } from '../../../src/model/privacy.ts';

export const TABLE = `
  CREATE TABLE IF NOT EXISTS devices(d INTEGER PRIMARY KEY, id TEXT UNIQUE);
  CREATE TABLE IF NOT EXISTS events(
    n INTEGER PRIMARY KEY, day INTEGER, at INTEGER, device INTEGER, incarnation INTEGER, counter INTEGER,
    kind INTEGER, level INTEGER, url TEXT, title TEXT, what, text TEXT, target TEXT);
  CREATE INDEX IF NOT EXISTS events_day ON events(day);`;
export const COLUMNS =
  'n, day, at, device, incarnation, counter, kind, level, url, title, what, text, target';
export const INSERT = `INSERT INTO events(${COLUMNS}) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)`;

const VISIT = 0;
const SEARCH = 1;
const CLICK = 2;
const DAY_MS = 86_400_000;

export type SqlRow = (string | number | null)[];

/** @param device number of the device in `devices`. */
export function rowOf(event: InteractionEvent, n: number, device: number): SqlRow {
  const [, incarnation = '', counter = ''] = event.id.split('.');
  const id = [device, Number.parseInt(incarnation, 36), Number.parseInt(counter, 36)];
  const head = [n, Math.floor(event.atMs / DAY_MS), event.atMs, ...id];
  if (event.kind === 'visit-update' || event.kind === 'reduced')
    throw new TypeError(`The workload has no event of kind ${event.kind}.`);
  const level = PRIVACY_LEVELS.indexOf(event.level);
  if (event.kind === 'visit') {
    const { url, title, transition, referrer = null } = event;
    return [...head, VISIT, level, url, title, TRANSITIONS.indexOf(transition), referrer, null];
  }
  if (event.kind === 'search')
    return [...head, SEARCH, level, event.url, null, event.engine, event.query, null];
  return [...head, CLICK, level, event.url, event.title, event.role, event.text, event.target ?? null];
}

/** @param deviceIds the devices' ids by their numbers. */
export function eventOf(row: SqlRow, deviceIds: ReadonlyMap<number, string>): InteractionEvent {
  const [, , at, device, incarnation, counter, kind, levelCode, url, title, what, text, target] = row;
  const id = `${deviceIds.get(Number(device))}.${Number(incarnation).toString(36)}.${Number(counter).toString(36)}`;
  const level = PRIVACY_LEVELS[Number(levelCode)] ?? 'private';
  const base = { id, atMs: Number(at), level };
  if (kind === SEARCH)
    return { ...base, kind: 'search', engine: String(what), query: String(text), url: String(url) };
  const page = { url: String(url), title: String(title) };
  if (kind === CLICK) {
    const click = { ...base, kind: 'click', ...page, role: String(what), text: String(text) } as const;
    return target === null ? click : { ...click, target: String(target) };
  }
  const transition = TRANSITIONS[Number(what)] ?? 'other';
  const visit = { ...base, kind: 'visit', ...page, transition } as const;
  return text === null ? visit : { ...visit, referrer: String(text) };
}
