/**
 * Over 300 lines, because a format's writer and reader are read beside each other.
 *
 * Events of one type of a pack, format 1: columns, deflated together, so that like lies beside like. Addresses, titles and
 * details are in the pack's pages (page-block.ts) and are only named here.
 *
 *     u8 format = 1 ‖ counted, deflated: varint events ‖ counted columns in the order of COLUMNS
 *     ‖ deflated: authors, names, and text that is nowhere else
 *
 * An event that the columns cannot give back exactly (a field of a newer version, a number that is not whole) is kept as
 * JSON beside them.
 */
import { ByteReader, ByteWriter } from '../../base/byte-stream.ts';
import type { Bytes } from '../../base/bytes.ts';
import { type InteractionEvent, RECORD_KINDS, TRANSITIONS } from '../../model/interaction.ts';
import { type Page, searchDetail } from '../../model/page.ts';
import { PRIVACY_LEVELS } from '../../model/privacy.ts';
import { deflate, inflate } from './deflate.ts';

const FORMAT = 1;
const KINDS = ['visit', 'visit-update', 'search', 'click', 'reduced', 'json'] as const;
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
  'visit',
  'dwell',
] as const;
type Column = (typeof COLUMNS)[number];

const FIELDS: Record<InteractionEvent['kind'], readonly string[]> = {
  visit: ['kind', 'id', 'atMs', 'level', 'url', 'title', 'transition', 'referrer'],
  'visit-update': ['kind', 'id', 'visit', 'atMs', 'title', 'dwellMs'],
  search: ['kind', 'id', 'atMs', 'level', 'engine', 'query', 'url'],
  click: ['kind', 'id', 'atMs', 'level', 'url', 'title', 'role', 'text', 'target'],
  reduced: ['kind', 'id', 'atMs', 'level', 'of', 'category'],
};

interface Dot {
  /** `<device>.<incarnation>` */
  readonly author: string;
  readonly counter: number;
}

/** `null` when the id is not spelled as `eventId` does. */
function dotOf(id: string): Dot | null {
  const dot = id.lastIndexOf('.');
  const counter = Number.parseInt(id.slice(dot + 1), 36);
  if (dot <= 0 || !Number.isSafeInteger(counter) || counter.toString(36) !== id.slice(dot + 1)) return null;
  return { author: id.slice(0, dot), counter };
}

/** Where the pages of a pack have what. */
export class PagePlaces {
  readonly #pages = new Map<
    string,
    { place: number; titles: Map<string, number>; details: Map<string, number> }
  >();
  readonly #visits = new Map<string, string>();

  constructor(pages: readonly Page[], events: readonly InteractionEvent[]) {
    const places = (texts: readonly string[]) => new Map(texts.map((text, index) => [text, index + 1]));
    for (const [place, { url, titles, details }] of pages.entries())
      this.#pages.set(url, { place, titles: places(titles), details: places(details) });
    for (const event of events) if (event.kind === 'visit') this.#visits.set(event.id, event.url);
  }

  page(url: string): number | undefined {
    return this.#pages.get(url)?.place;
  }
  urlOfVisit(id: string): string | undefined {
    return this.#visits.get(id);
  }
  /** From 1 on; 0 is "none". */
  title(url: string, title: string): number | undefined {
    return title === '' ? 0 : this.#pages.get(url)?.titles.get(title);
  }
  detail(url: string, detail: string): number | undefined {
    return detail === '' ? 0 : this.#pages.get(url)?.details.get(detail);
  }
}

/** Strings that repeat, numbered in the order of their first use. */
class Names {
  readonly list: string[] = [];
  readonly #places = new Map<string, number>();

  place(name: string): number {
    let place = this.#places.get(name);
    if (place === undefined) {
      place = this.list.push(name) - 1;
      this.#places.set(name, place);
    }
    return place;
  }
}

class SegmentWriter {
  readonly #columns = Object.fromEntries(COLUMNS.map((name) => [name, new ByteWriter()])) as Record<
    Column,
    ByteWriter
  >;
  readonly #text = new ByteWriter();
  readonly #authors = new Names();
  readonly #names = new Names();
  readonly #counters = new Map<string, number>();
  #timeMs: number;
  #count = 0;
  #urlBefore = '';

  constructor(
    private readonly places: PagePlaces,
    dayStartMs: number,
  ) {
    this.#timeMs = dayStartMs;
  }

  add(event: InteractionEvent): void {
    this.#count += 1;
    const dot = dotOf(event.id);
    if (!dot || !this.#fits(event)) {
      this.#asJson(event);
      return;
    }
    const columns = this.#columns;
    columns.kind.u8(KINDS.indexOf(event.kind));
    columns.author.varint(this.#authors.place(dot.author));
    columns.counter.signed(dot.counter - (this.#counters.get(dot.author) ?? 0));
    this.#counters.set(dot.author, dot.counter);
    columns.time.signed(event.atMs - this.#timeMs);
    this.#timeMs = event.atMs;
    if (event.kind === 'visit-update') {
      this.#update(event, dot);
      return;
    }
    columns.level.u8(PRIVACY_LEVELS.indexOf(event.level));
    if (event.kind === 'reduced') {
      columns.name.varint(this.#names.place(event.category));
      columns.title.u8(RECORD_KINDS.indexOf(event.of));
      return;
    }
    columns.page.varint(this.places.page(event.url) as number);
    if (event.kind === 'search') {
      columns.name.varint(this.#names.place(event.engine));
      columns.detail.varint(this.places.detail(event.url, searchDetail(event.engine, event.query)) as number);
      return;
    }
    columns.title.varint(this.places.title(event.url, event.title) as number);
    if (event.kind === 'visit') {
      columns.name.varint(this.#names.place(event.transition));
      this.#link(event.url, event.referrer);
      this.#urlBefore = event.url;
    } else {
      columns.name.varint(this.#names.place(event.role));
      columns.detail.varint(this.places.detail(event.url, event.text) as number);
      this.#link(event.url, event.target);
    }
  }

  #update(event: Extract<InteractionEvent, { kind: 'visit-update' }>, dot: Dot): void {
    const { title, dwell, visit } = this.#columns;
    const url = this.places.urlOfVisit(event.visit) ?? '';
    const of = dotOf(event.visit) as Dot;
    visit.varint(this.#authors.place(of.author));
    visit.signed(dot.counter - of.counter);
    // 0 is "absent", which is not the same as an empty title.
    title.varint(event.title === undefined ? 0 : 1 + (this.places.title(url, event.title) as number));
    if (event.title !== undefined) this.#columns.page.varint(this.places.page(url) as number);
    dwell.varint(event.dwellMs === undefined ? 0 : 1 + event.dwellMs);
  }

  /**
   * 0: none. 1: text, as what it shares with the page's address and the rest. 2: the page of the event before. From 3 on: a
   * page of this pack.
   */
  #link(url: string, to: string | undefined): void {
    const { link } = this.#columns;
    const place = to === undefined ? undefined : this.places.page(to);
    link.varint(to === undefined ? 0 : place === undefined ? 1 : to === this.#urlBefore ? 2 : 3 + place);
    if (to === undefined || place !== undefined) return;
    let shared = 0;
    while (shared < url.length && shared < to.length && url[shared] === to[shared]) shared++;
    link.varint(shared);
    this.#text.text(to.slice(shared));
  }

  #asJson(event: InteractionEvent): void {
    this.#columns.kind.u8(KINDS.indexOf('json'));
    this.#text.text(JSON.stringify(event));
  }

  #fits(event: InteractionEvent): boolean {
    if (!Number.isSafeInteger(event.atMs)) return false;
    const fields = FIELDS[event.kind];
    for (const name in event) {
      const value: unknown = event[name as keyof InteractionEvent];
      if (value === undefined || !fields.includes(name)) return false;
      if (typeof value === 'string' && !value.isWellFormed()) return false;
    }
    switch (event.kind) {
      case 'visit-update': {
        const url = this.places.urlOfVisit(event.visit);
        const { title, dwellMs } = event;
        return (
          dotOf(event.visit) !== null &&
          (dwellMs === undefined || (Number.isSafeInteger(dwellMs) && dwellMs >= 0)) &&
          (title === undefined || (url !== undefined && this.places.title(url, title) !== undefined))
        );
      }
      case 'visit':
        return TRANSITIONS.includes(event.transition) && this.places.page(event.url) !== undefined;
      case 'reduced':
        return RECORD_KINDS.includes(event.of);
      default:
        return this.places.page(event.url) !== undefined;
    }
  }

  async bytes(): Promise<Bytes> {
    const numbers = new ByteWriter();
    numbers.varint(this.#count);
    for (const name of COLUMNS) numbers.counted(this.#columns[name].bytes());
    const texts = new ByteWriter();
    for (const { list } of [this.#authors, this.#names]) {
      texts.varint(list.length);
      for (const name of list) texts.text(name);
    }
    texts.raw(this.#text.bytes());
    const out = new ByteWriter();
    out.u8(FORMAT);
    out.counted(await deflate(numbers.bytes()));
    out.raw(await deflate(texts.bytes()));
    return out.bytes();
  }
}

/** `events`: of one type, in the order in which they are read again. */
export async function encodeSegment(
  events: readonly InteractionEvent[],
  places: PagePlaces,
  dayStartMs: number,
): Promise<Bytes> {
  const writer = new SegmentWriter(places, dayStartMs);
  for (const event of events) writer.add(event);
  return writer.bytes();
}

/** @throws RangeError or TypeError when the bytes are damaged, or written by a newer version. */
export async function decodeSegment(
  bytes: Bytes,
  pages: readonly Page[],
  dayStartMs: number,
): Promise<InteractionEvent[]> {
  const outer = new ByteReader(bytes);
  if (outer.u8() !== FORMAT) throw new RangeError('a segment of an unknown format');
  const [numbers, rest] = await Promise.all([inflate(outer.counted()), inflate(outer.raw(outer.left))]);
  const [reader, texts] = [new ByteReader(numbers), new ByteReader(rest)];
  const count = reader.varint();
  const list = () => Array.from({ length: texts.varint() }, () => texts.text());
  const [authors, names] = [list(), list()];
  const columns = Object.fromEntries(
    COLUMNS.map((name) => [name, new ByteReader(reader.counted())]),
  ) as Record<Column, ByteReader>;
  const counters = new Map<string, number>();
  let atMs = dayStartMs;
  let urlBefore = '';

  const at = <T>(values: readonly T[], place: number): T => {
    const value = values[place];
    if (value === undefined) throw new RangeError('a name that is not there');
    return value;
  };
  const page = () => at(pages, columns.page.varint());
  const textAt = (values: readonly string[], place: number) => (place === 0 ? '' : at(values, place - 1));
  const link = (url: string): string | undefined => {
    const tag = columns.link.varint();
    if (tag === 0) return undefined;
    if (tag === 2) return urlBefore;
    if (tag > 2) return at(pages, tag - 3).url;
    const shared = columns.link.varint();
    return url.slice(0, shared) + texts.text();
  };

  const events: InteractionEvent[] = [];
  for (let i = 0; i < count; i++) {
    const kind = at(KINDS, columns.kind.u8());
    if (kind === 'json') {
      events.push(JSON.parse(texts.text()) as InteractionEvent);
      continue;
    }
    const author = at(authors, columns.author.varint());
    const counter = (counters.get(author) ?? 0) + columns.counter.signed();
    counters.set(author, counter);
    atMs += columns.time.signed();
    const id = `${author}.${counter.toString(36)}`;
    if (kind === 'visit-update') {
      const of = at(authors, columns.visit.varint());
      const visit = `${of}.${(counter - columns.visit.signed()).toString(36)}`;
      const title = columns.title.varint();
      const text = title === 0 ? undefined : textAt(page().titles, title - 1);
      const dwell = columns.dwell.varint();
      events.push({
        kind,
        id,
        visit,
        atMs,
        ...(text === undefined ? {} : { title: text }),
        ...(dwell === 0 ? {} : { dwellMs: dwell - 1 }),
      });
      continue;
    }
    const level = at(PRIVACY_LEVELS, columns.level.u8());
    const name = at(names, columns.name.varint());
    if (kind === 'reduced') {
      const of = at(RECORD_KINDS, columns.title.u8());
      events.push({ kind, id, atMs, level: level as 'anonymous', of, category: name });
      continue;
    }
    const { url, titles, details } = page();
    if (kind === 'search') {
      const query = textAt(details, columns.detail.varint()).slice(searchDetail(name, '').length);
      events.push({ kind, id, atMs, level, engine: name, query, url });
      continue;
    }
    const title = textAt(titles, columns.title.varint());
    if (kind === 'visit') {
      const referrer = link(url);
      urlBefore = url;
      const transition = name as (typeof TRANSITIONS)[number];
      events.push({
        kind,
        id,
        atMs,
        level,
        url,
        title,
        transition,
        ...(referrer === undefined ? {} : { referrer }),
      });
    } else {
      const text = textAt(details, columns.detail.varint());
      const target = link(url);
      events.push({
        kind,
        id,
        atMs,
        level,
        url,
        title,
        role: name,
        text,
        ...(target === undefined ? {} : { target }),
      });
    }
  }
  return events;
}
