/**
 * The work of the storage benchmark: two years of one person's events, made from real titles and addresses. The same seed
 * gives the same events, in Node and in a browser. Of the visits half are to a page visited before, a recent one more often
 * than an old one; every click is on a page visited that day.
 */
import type { ClickEvent, InteractionEvent, SearchEvent, VisitEvent } from '../../src/model/interaction.ts';
import { type MadePage, PagePool, type SamplePage } from './page-pool.ts';
import { below, type Fraction, mulberry32, pick, shuffled } from './random.ts';

export interface Workload {
  /** How many in all. */
  readonly events: number;
  /** How many days they lie in; default 730. */
  readonly days?: number;
  readonly seed?: number;
  /** The last day, UTC; default 2026-10-31. */
  readonly lastDay?: string;
  /** The counter of the first event; default 1. */
  readonly firstN?: number;
}

export interface WorkDay {
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  /** In the order of their times, which is that of their counters. */
  readonly events: InteractionEvent[];
}

export const SEED = 20_261_031;
export const DAYS = 730;
export const LAST_DAY = '2026-10-31';
type Kind = 'visit' | 'search' | 'click';
/** Ten events in some order, then ten more: 70 % visits, 10 % searches, 20 % clicks. */
const DECK: readonly Kind[] = [...Array(7).fill('visit'), 'search', 'click', 'click'];
/** Of the visits. */
const REVISITS = 0.5;
/** 128 bits as base64url, as a device's id is. */
export const DEVICE = 'BenchDevice00000000000';

const DAY_MS = 86_400_000;
const WAKES_MS = 7 * 3_600_000;
const AWAKE_MS = 16 * 3_600_000;
/** Pages that a revisit may go to. Bounded, so that a million events need no more memory than a thousand. */
const REMEMBERED = 16_384;

const ENGINES = [
  ...Array(6).fill(['Google', 'https://www.google.com/search?q=']),
  ['DuckDuckGo', 'https://duckduckgo.com/?q='],
  ['DuckDuckGo', 'https://duckduckgo.com/?q='],
  ['Bing', 'https://www.bing.com/search?q='],
  ['YouTube', 'https://www.youtube.com/results?search_query='],
  ['GitHub', 'https://github.com/search?q='],
  ['Wikipedia', 'https://en.wikipedia.org/w/index.php?search='],
] as readonly (readonly [name: string, address: string])[];
const TRANSITIONS = [
  'link',
  'link',
  'link',
  'link',
  'link',
  'typed',
  'typed',
  'bookmark',
  'form',
  'history',
] as const;
const ROLES = ['link', 'link', 'link', 'link', 'button'] as const;

/** One day after the other, also days without an event. */
export function* days(pages: readonly SamplePage[], workload: Workload): Generator<WorkDay> {
  const { events, days: count = DAYS, seed = SEED, lastDay = LAST_DAY, firstN = 1 } = workload;
  const maker = new EventMaker(pages, mulberry32(seed), firstN);
  const weights = dayWeights(count, mulberry32(seed ^ 0x5eed), Date.parse(lastDay) - (count - 1) * DAY_MS);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  let made = 0;
  for (const [index, weight] of weights.entries()) {
    sum += weight;
    const until = index === count - 1 ? events : Math.round((events * sum) / total);
    const startMs = Date.parse(lastDay) - (count - 1 - index) * DAY_MS;
    yield { day: new Date(startMs).toISOString().slice(0, 10), events: maker.day(startMs, until - made) };
    made = until;
  }
}

/** Weekends are quieter, and no day is like the other. */
const dayWeights = (count: number, fraction: Fraction, firstMs: number): number[] =>
  Array.from({ length: count }, (_, index) => {
    const weekday = new Date(firstMs + index * DAY_MS).getUTCDay();
    return (weekday % 6 === 0 ? 0.7 : 1.1) * (0.7 + 0.6 * fraction());
  });

class EventMaker {
  readonly #pool: PagePool;
  /** A ring: the newest is at `#newPages - 1`, modulo its length. */
  readonly #remembered: MadePage[] = [];
  #newPages = 0;
  #deck: Kind[] = [];
  /** Clicks that were due while the day had no visit yet; a later visit of the day makes room for them. */
  #owedClicks = 0;

  constructor(
    pages: readonly SamplePage[],
    private readonly fraction: Fraction,
    private n: number,
  ) {
    this.#pool = new PagePool(pages, fraction);
  }

  day(startMs: number, count: number): InteractionEvent[] {
    const times = new Float64Array(count);
    for (let i = 0; i < count; i++) times[i] = startMs + WAKES_MS + below(this.fraction, AWAKE_MS);
    times.sort();
    const visited: MadePage[] = [];
    const events: InteractionEvent[] = [];
    for (const atMs of times) {
      const kind = this.#kind(visited.length > 0);
      if (kind === 'visit') events.push(this.#visit(atMs, visited));
      else if (kind === 'search') events.push(this.#search(atMs));
      else events.push(this.#click(atMs, visited));
    }
    return events;
  }

  #kind(canClick: boolean): Kind {
    if (this.#deck.length === 0) this.#deck = shuffled(this.fraction, DECK);
    const kind = this.#deck.pop();
    if (kind === 'click' && !canClick) this.#owedClicks += 1;
    else if (kind === 'visit' && canClick && this.#owedClicks > 0) {
      this.#owedClicks -= 1;
      return 'click';
    } else if (kind !== undefined) return kind;
    return 'visit';
  }

  #id = (): string => `${DEVICE}.1.${(this.n++).toString(36)}`;

  #visit(atMs: number, visited: MadePage[]): VisitEvent {
    const again = this.#newPages > 0 && this.fraction() < REVISITS;
    const page = again ? this.#known() : this.#remember(this.#pool.page());
    const before = visited.at(-1);
    visited.push(page);
    const transition = pick(this.fraction, TRANSITIONS);
    const { url, title } = page;
    const id = this.#id();
    if (transition !== 'link' || before === undefined)
      return { id, atMs, level: 'private', kind: 'visit', url, title, transition };
    return { id, atMs, level: 'private', kind: 'visit', url, title, transition, referrer: before.url };
  }

  #search(atMs: number): SearchEvent {
    const page = this.#newPages > 0 && this.fraction() < 0.5 ? this.#known() : this.#pool.page();
    const query = this.#pool.phrase(page, 4);
    const [engine, address] = pick(this.fraction, ENGINES);
    const url = address + encodeURIComponent(query).replaceAll('%20', '+');
    return { id: this.#id(), atMs, level: 'private', kind: 'search', engine, query, url };
  }

  /** On one of the last eight pages of the day. */
  #click(atMs: number, visited: readonly MadePage[]): ClickEvent {
    const page = visited[visited.length - 1 - below(this.fraction, Math.min(8, visited.length))];
    if (page === undefined) throw new RangeError('No page was visited on that day.');
    const role = pick(this.fraction, ROLES);
    const text = this.#pool.phrase(page, 5).slice(0, 80);
    const { url, title } = page;
    const id = this.#id();
    if (role !== 'link') return { id, atMs, level: 'private', kind: 'click', url, title, role, text };
    const target = this.#pool.urlBeside(page);
    return { id, atMs, level: 'private', kind: 'click', url, title, role, text, target };
  }

  #remember(page: MadePage): MadePage {
    this.#remembered[this.#newPages++ % REMEMBERED] = page;
    return page;
  }

  /** The cube prefers the recent: half of the revisits go to the newest eighth. */
  #known(): MadePage {
    const size = Math.min(this.#newPages, REMEMBERED);
    const back = Math.floor(size * this.fraction() ** 3);
    const page = this.#remembered[(this.#newPages - 1 - back) % REMEMBERED];
    if (page === undefined) throw new RangeError('No page is known yet.');
    return page;
  }
}
