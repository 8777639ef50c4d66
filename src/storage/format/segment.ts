/**
 * Over 300 lines, because a format's writer and reader are read beside each other.
 *
 * A segment: the events of one type of one day, as columns of numbers (base/bit-stream.ts). Addresses, titles and details are
 * in the texts of its pack and only numbered here: an address that has events on this day by its place among those of this
 * day and type (outline.ts), others by their place in the pack. Format 1:
 *
 *     u8 format = 1 ‖ varint events ‖ counted bits: the columns, in the order in which `encodeSegment` writes them
 *     ‖ varint authors ‖ authors ‖ varint names ‖ names ‖ text that is nowhere else, each counted UTF-8
 *
 * An event that the columns cannot give back exactly (a field of a newer version, a number that is not whole) is kept as
 * JSON.
 */
import {
  BitReader,
  BitWriter,
  ColumnRoom,
  readColumn,
  unzigzag,
  writeColumn,
  zigzag,
} from '../../base/bit-stream.ts';
import { ByteReader, ByteWriter } from '../../base/byte-stream.ts';
import type { Bytes } from '../../base/bytes.ts';
import { type InteractionEvent, RECORD_KINDS, TRANSITIONS } from '../../model/interaction.ts';
import { searchDetail } from '../../model/page.ts';
import { PRIVACY_LEVELS } from '../../model/privacy.ts';
import type { AddressTexts } from './texts.ts';

const FORMAT = 1;
const KINDS = ['visit', 'visit-update', 'search', 'click', 'reduced', 'json'] as const;
const [UPDATE, JSON_KIND] = [KINDS.indexOf('visit-update'), KINDS.indexOf('json')];
const [NONE, NOWHERE] = [-1, -2];
const MAX_STEP = 2 ** 51;

const FIELDS: Record<InteractionEvent['kind'], readonly string[]> = {
  visit: ['kind', 'id', 'atMs', 'level', 'url', 'title', 'transition', 'referrer'],
  'visit-update': ['kind', 'id', 'visit', 'atMs', 'title', 'dwellMs'],
  search: ['kind', 'id', 'atMs', 'level', 'engine', 'query', 'url'],
  click: ['kind', 'id', 'atMs', 'level', 'url', 'title', 'role', 'text', 'target'],
  reduced: ['kind', 'id', 'atMs', 'level', 'of', 'category'],
};

/** An event, and where the texts of its pack have what it says. */
export interface PlacedEvent {
  readonly event: InteractionEvent;
  /** Its own; of an update, that of its visit, when it has a title. */
  readonly address: Placed | undefined;
  /** Among those of the address; -1 for the empty one. */
  readonly title: number;
  readonly detail: number;
  /** Where it came from or leads to. */
  readonly link: Placed | undefined;
}

/** An address, by its number in the pack. */
export interface Placed {
  readonly place: number;
}

/** An id's parts. `counter` is absent where its last part is not spelled as a device's counter is. */
interface IdParts {
  readonly author: string;
  readonly counter: number | undefined;
  readonly tail: string;
}

function partsOf(id: string): IdParts {
  const dot = id.lastIndexOf('.');
  const tail = id.slice(dot + 1);
  const counter = tail.length < 11 ? Number.parseInt(tail, 36) : Number.NaN;
  const spelled = dot > 0 && counter >= 0 && counter.toString(36) === tail;
  return { author: id.slice(0, Math.max(0, dot)), counter: spelled ? counter : undefined, tail };
}

/** Strings that repeat, numbered in the order of their first use. */
class Names {
  readonly list: string[] = [];
  readonly #places = new Map<string, number>();
  #last = '';
  #lastPlace = -1;

  place(name: string): number {
    // Nearly always the one before.
    if (this.#lastPlace >= 0 && name === this.#last) return this.#lastPlace;
    let place = this.#places.get(name);
    if (place === undefined) {
      place = this.list.push(name) - 1;
      this.#places.set(name, place);
    }
    [this.#last, this.#lastPlace] = [name, place];
    return place;
  }
}

/** Whether columns hold all of an event. */
function fits(event: InteractionEvent): boolean {
  const fields = FIELDS[event.kind];
  if (!Number.isSafeInteger(event.atMs) || !event.id.includes('.')) return false;
  for (const name in event) {
    const value: unknown = event[name as keyof InteractionEvent];
    if (value === undefined || !fields.includes(name)) return false;
    if (typeof value === 'string' && !value.isWellFormed()) return false;
  }
  if (event.kind === 'visit-update') {
    const { dwellMs } = event;
    return dwellMs === undefined || (Number.isSafeInteger(dwellMs) && dwellMs >= 0);
  }
  return true;
}

const COLUMNS = [
  'kind',
  'author',
  'counter',
  'time',
  'level',
  'page',
  'title',
  'detail',
  'name',
  'link',
  'target',
  'visit',
  'dwell',
] as const;
type Column = (typeof COLUMNS)[number];
type Columns = Record<Column, number[]>;

/** A written segment, and the addresses of its events: their places in the pack, in order. */
export interface EncodedSegment {
  readonly bytes: Bytes;
  readonly addresses: Uint32Array;
}

/** `placed`: events of one type and day, in the order in which they are read again. */
export function encodeSegment(placed: readonly PlacedEvent[], dayStartMs: number): EncodedSegment {
  const columns = Object.fromEntries(COLUMNS.map((name) => [name, [] as number[]])) as Columns;
  const [authors, names] = [new Names(), new Names()];
  const texts: string[] = [];
  const counters: number[] = [];
  const addresses: number[] = [];
  let [timeMs, linkBefore] = [dayStartMs, NOWHERE];

  const asJson = (event: InteractionEvent) => {
    columns.kind.push(JSON_KIND);
    texts.push(JSON.stringify(event));
  };
  const id = (value: string): number => {
    const { author, counter, tail } = partsOf(value);
    const place = authors.place(author);
    columns.author.push(place);
    if (counter === undefined) {
      columns.counter.push(0);
      texts.push(tail);
    } else {
      columns.counter.push(zigzag(counter - (counters[place] ?? 0)) + 1);
      counters[place] = counter;
    }
    return counter ?? 0;
  };
  /** 0: none. 1: the address of the visit before. 2: another one, by its distance from the event's own. */
  const link = (own: number, linked: Placed | undefined) => {
    const address = linked?.place ?? NONE;
    columns.link.push(address === NONE ? 0 : address === linkBefore ? 1 : 2);
    if (address !== NONE && address !== linkBefore) columns.target.push(zigzag(address - own));
  };

  for (const { event, address: own, title, detail, link: linked } of placed) {
    // Of one day no two are so far apart that the step between them is no number of a column.
    if (!fits(event) || Math.abs(event.atMs - timeMs) >= MAX_STEP) {
      asJson(event);
      if (own && event.kind !== 'visit-update') addresses.push(own.place);
      continue;
    }
    if (event.kind === 'visit-update') {
      const hasTitle = event.title !== undefined && event.title !== '';
      if (hasTitle && !own) {
        asJson(event);
        continue;
      }
      columns.kind.push(UPDATE);
      const counter = id(event.id);
      columns.time.push(zigzag(event.atMs - timeMs));
      timeMs = event.atMs;
      const visit = partsOf(event.visit);
      // Its visit: by counter, mostly just before; spelled out where it has none.
      if (visit.counter === undefined || !event.visit.includes('.')) {
        columns.visit.push(0);
        texts.push(event.visit);
      } else {
        columns.visit.push(zigzag(counter - visit.counter) + 1);
        columns.author.push(authors.place(visit.author));
      }
      columns.title.push(event.title === undefined ? 0 : title + 2);
      if (hasTitle) columns.page.push(own?.place as number);
      columns.dwell.push(event.dwellMs === undefined ? 0 : event.dwellMs + 1);
      continue;
    }
    columns.kind.push(KINDS.indexOf(event.kind));
    id(event.id);
    columns.time.push(zigzag(event.atMs - timeMs));
    timeMs = event.atMs;
    columns.level.push(PRIVACY_LEVELS.indexOf(event.level));
    if (event.kind === 'reduced') {
      columns.name.push(names.place(event.category));
      columns.title.push(RECORD_KINDS.indexOf(event.of));
      continue;
    }
    const address = own?.place as number;
    addresses.push(address);
    columns.page.push(address);
    if (event.kind === 'search') {
      columns.name.push(names.place(event.engine));
      columns.detail.push(detail);
      continue;
    }
    columns.title.push(title + 1);
    if (event.kind === 'visit') {
      columns.name.push(TRANSITIONS.indexOf(event.transition));
      link(address, linked);
      linkBefore = address;
    } else {
      columns.name.push(names.place(event.role));
      columns.detail.push(detail + 1);
      link(address, linked);
    }
  }

  const sorted = Uint32Array.from(new Set(addresses)).sort();
  const ranks = new Map<number, number>();
  for (let rank = 0; rank < sorted.length; rank++) ranks.set(sorted[rank] as number, rank);
  columns.page = columns.page.map((address) => ranks.get(address) as number);
  const bits = new BitWriter();
  for (const name of COLUMNS) {
    bits.count(columns[name].length);
    writeColumn(bits, columns[name]);
  }
  const out = new ByteWriter();
  out.u8(FORMAT);
  out.varint(placed.length);
  out.counted(bits.bytes());
  for (const { list } of [authors, names]) {
    out.varint(list.length);
    for (const name of list) out.text(name);
  }
  for (const text of texts) out.text(text);
  return { bytes: out.bytes(), addresses: sorted };
}

/** An event before its texts are known: addresses and texts are numbers. A class, because there are very many. */
export class SegmentRow {
  /** In the pack; of its visit, for an update that has a title. -1: none. */
  address = -1;
  /** Where it came from or leads to, in the pack. -1: nowhere. */
  link = -1;
  /** Of those of the address. -1: the empty one. Of a reduced record: the place of its kind. */
  title = -1;
  detail = -1;
  level: (typeof PRIVACY_LEVELS)[number] = 'private';
  /** Transition, engine, role or category. */
  name = '';
  /** Of an update. */
  visit = '';
  dwellMs: number | undefined = undefined;
  hasTitle = false;
  /** Of what the columns could not hold. */
  event: InteractionEvent | undefined = undefined;

  constructor(
    readonly kind: (typeof KINDS)[number],
    readonly id: string,
    readonly atMs: number,
  ) {}
}

/** Numbers of a column, one after the other. */
class Cursor {
  #at = 0;
  constructor(private readonly values: Float64Array) {}

  next(): number {
    const value = this.values[this.#at++];
    if (value === undefined) throw new RangeError('read past the end');
    return value;
  }
}

/** Of the segment that is being read: that is done in one go. */
const room = new ColumnRoom();

function nameAt<T>(values: ArrayLike<T>, place: number): T {
  const value = values[place];
  if (value === undefined) throw new RangeError('a name that is not there');
  return value;
}

/**
 * The rows of a segment. `addresses`: places in the pack of the addresses of its events, in order. `wanted`: leaves out events
 * of other addresses; what the columns could not hold is never left out.
 * @throws RangeError, TypeError or SyntaxError when the bytes are damaged, or written by a newer version.
 */
export function decodeSegment(
  bytes: Bytes,
  addresses: ArrayLike<number>,
  dayStartMs: number,
  wanted?: (address: number) => boolean,
): SegmentRow[] {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== FORMAT) throw new RangeError('a segment of an unknown format');
  const count = reader.varint();
  const bits = new BitReader(reader.counted());
  const columns = {} as Record<Column, Cursor>;
  room.reset();
  for (const name of COLUMNS) columns[name] = new Cursor(readColumn(bits, bits.count(), room));
  const list = () => Array.from({ length: reader.varint() }, () => reader.text());
  const [authors, names] = [list(), list()];
  const counters: number[] = new Array(authors.length).fill(0);
  /** Visits that are wanted: some number for each, so that a few more updates than theirs may be given. */
  const visits = new Set<number>();
  const visitOf = (author: number, counter: number) => counter * authors.length + author;
  let atMs = dayStartMs;
  let addressBefore = -1;

  let [author, counter, tail] = [0, 0, ''];
  const id = () => (tail === '' ? `${nameAt(authors, author)}.${counter.toString(36)}` : tail);
  const nextId = () => {
    author = columns.author.next();
    nameAt(authors, author);
    const step = columns.counter.next();
    counter = step === 0 ? 0 : (counters[author] as number) + unzigzag(step - 1);
    tail = step === 0 ? `${nameAt(authors, author)}.${reader.text()}` : '';
    if (step > 0) counters[author] = counter;
  };
  const link = (own: number): number => {
    const tag = columns.link.next();
    return tag === 0 ? -1 : tag === 1 ? addressBefore : own + unzigzag(columns.target.next());
  };

  const rows: SegmentRow[] = [];
  for (let i = 0; i < count; i++) {
    const kind = nameAt(KINDS, columns.kind.next());
    if (kind === 'json') {
      const event = JSON.parse(reader.text()) as InteractionEvent;
      const row = new SegmentRow(kind, event.id, event.atMs);
      row.event = event;
      rows.push(row);
      continue;
    }
    nextId();
    atMs += unzigzag(columns.time.next());
    if (kind === 'visit-update') {
      const step = columns.visit.next();
      const ofAuthor = step === 0 ? -1 : columns.author.next();
      const ofCounter = step === 0 ? 0 : counter - unzigzag(step - 1);
      const visit =
        step === 0 ? reader.text() : wanted ? '' : `${nameAt(authors, ofAuthor)}.${ofCounter.toString(36)}`;
      const title = columns.title.next();
      const address = title > 1 ? nameAt(addresses, columns.page.next()) : -1;
      const dwell = columns.dwell.next();
      if (wanted && step > 0 && !visits.has(visitOf(ofAuthor, ofCounter))) continue;
      const row = new SegmentRow(kind, id(), atMs);
      row.visit = step > 0 && wanted ? `${nameAt(authors, ofAuthor)}.${ofCounter.toString(36)}` : visit;
      row.address = address;
      row.title = title - 2;
      row.hasTitle = title > 0;
      if (dwell > 0) row.dwellMs = dwell - 1;
      rows.push(row);
      continue;
    }
    const level = columns.level.next();
    if (kind === 'reduced') {
      const [name, title] = [columns.name.next(), columns.title.next()];
      if (wanted) continue;
      const row = new SegmentRow(kind, id(), atMs);
      row.level = nameAt(PRIVACY_LEVELS, level);
      row.name = nameAt(names, name);
      row.title = title;
      rows.push(row);
      continue;
    }
    const address = nameAt(addresses, columns.page.next());
    const title = kind === 'search' ? -1 : columns.title.next() - 1;
    const name = columns.name.next();
    const detail =
      kind === 'search' ? columns.detail.next() : kind === 'click' ? columns.detail.next() - 1 : -1;
    const linked = kind === 'search' ? -1 : link(address);
    if (kind === 'visit') addressBefore = address;
    if (wanted && !wanted(address)) continue;
    if (wanted && kind === 'visit') visits.add(visitOf(author, counter));
    const row = new SegmentRow(kind, id(), atMs);
    row.level = nameAt(PRIVACY_LEVELS, level);
    row.address = address;
    row.title = title;
    row.name = nameAt<string>(kind === 'visit' ? TRANSITIONS : names, name);
    row.detail = detail;
    row.link = linked;
    rows.push(row);
  }
  return rows;
}

/** @throws RangeError when a text is named that its address does not have. */
export function eventOf(
  row: SegmentRow,
  textsOf: (address: number) => AddressTexts,
  /** Without where it came from or leads to. */
  unlinked = false,
): InteractionEvent {
  const { kind, id, atMs, level, name } = row;
  const text = (texts: readonly string[], place: number): string => {
    if (place < 0) return '';
    const found = texts[place];
    if (found === undefined) throw new RangeError('a text that is not there');
    return found;
  };
  switch (kind) {
    case 'json':
      return row.event as InteractionEvent;
    case 'visit-update': {
      const title = row.title < 0 ? '' : text(textsOf(row.address).titles, row.title);
      return {
        kind,
        id,
        visit: row.visit,
        atMs,
        ...(row.hasTitle ? { title } : {}),
        ...(row.dwellMs === undefined ? {} : { dwellMs: row.dwellMs }),
      };
    }
    case 'reduced': {
      const of = RECORD_KINDS[row.title];
      if (of === undefined) throw new RangeError('an unknown kind');
      return { kind, id, atMs, level: level as 'anonymous', of, category: name };
    }
    case 'search': {
      const { url, details } = textsOf(row.address);
      const query = text(details, row.detail).slice(searchDetail(name, '').length);
      return { kind, id, atMs, level, engine: name, query, url };
    }
    case 'visit': {
      const { url, titles } = textsOf(row.address);
      const event = { kind, id, atMs, level, url, title: text(titles, row.title) } as const;
      const transition = name as (typeof TRANSITIONS)[number];
      if (row.link < 0 || unlinked) return { ...event, transition };
      return { ...event, transition, referrer: textsOf(row.link).url };
    }
    case 'click': {
      const { url, titles, details } = textsOf(row.address);
      const title = text(titles, row.title);
      const event = { kind, id, atMs, level, url, title, role: name } as const;
      const clicked = { ...event, text: text(details, row.detail) };
      return row.link < 0 || unlinked ? clicked : { ...clicked, target: textsOf(row.link).url };
    }
  }
}
