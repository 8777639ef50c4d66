/**
 * Pages that nobody ever made, in the manner of real ones: titles and paths of one host taken apart and put together
 * anew. Long numbers and hexadecimal ids in a path are drawn anew, so that the vocabulary keeps growing as it does in a
 * real history.
 */
import { below, type Fraction, pick } from './random.ts';

/** One row of pages.tsv. */
export interface SamplePage {
  readonly title: string;
  readonly url: string;
}

/** A title, cut at its words once, because cutting is most of the work. */
interface Title {
  readonly text: string;
  /** Where each word starts and ends in `text`, and in `slug` (the title as addresses write it: `a-title-of-old`). */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly slug: string;
  readonly slugStarts: readonly number[];
  readonly slugEnds: readonly number[];
}

interface Path {
  /** `/2016/04`; empty for the top. */
  readonly folder: string;
  /** `/what-follows.html?with=query`, and the same in pieces around a slug, where it has one. */
  readonly name: string;
  readonly slugAt: readonly [before: string, after: string] | undefined;
  readonly hasId: boolean;
}

interface Host {
  readonly origin: string;
  readonly titles: readonly Title[];
  readonly paths: readonly Path[];
}

/** Hosts with fewer titles borrow some from the whole sample, or all their pages would be called the same. */
const ENOUGH_TITLES = 4;
const BORROWED = 6;
/** Words that a slug takes from either of its two titles. */
const SLUG_WORDS = 5;
const ID = /\d{5,}|\b(?=[a-f]*\d)[0-9a-f]{8,}\b/g;
/** Three words with hyphens between. */
const SLUG = /[a-z0-9]+(?:-[a-z0-9]+){2,}/i;

/** The rows of the file. Lines whose address does not parse are left out, as the first is, which names the columns. */
export function parsePages(tsv: string): SamplePage[] {
  return tsv.split('\n').flatMap((line) => {
    const [title = '', url = ''] = line.split('\t');
    return /\w/.test(title) && URL.canParse(url) && /^https?:/.test(url) ? [{ title, url }] : [];
  });
}

export class PagePool {
  /** One entry for each sampled page, so that a host comes as often as it does in the sample. */
  readonly #byPage: Host[] = [];

  constructor(
    pages: readonly SamplePage[],
    private readonly fraction: Fraction,
  ) {
    if (pages.length === 0) throw new RangeError('There are no pages to make events from.');
    const hosts = new Map<string, { titles: Title[]; paths: Path[] }>();
    for (const { title, url } of pages) {
      const { origin, pathname, search } = new URL(url);
      const host = hosts.get(origin) ?? { titles: [], paths: [] };
      host.titles.push(cutTitle(title));
      host.paths.push(cutPath(pathname + search));
      hosts.set(origin, host);
    }
    for (const [origin, { titles, paths }] of hosts) {
      if (titles.length < ENOUGH_TITLES)
        for (let i = 0; i < BORROWED; i++) titles.push(cutTitle(pick(fraction, pages).title));
      for (let i = 0; i < paths.length; i++) this.#byPage.push({ origin, titles, paths });
    }
  }

  /** A page of any host: the beginning of one title and the end of another. */
  page(): MadePage {
    const { fraction } = this;
    const host = pick(fraction, this.#byPage);
    const first = pick(fraction, host.titles);
    const second = pick(fraction, host.titles);
    const head = below(fraction, first.ends.length);
    const tail = below(fraction, second.starts.length + 1);
    const start = second.starts[tail];
    const begin = first.text.slice(0, first.ends[head]);
    const title = (start === undefined ? begin : `${begin} ${second.text.slice(start)}`).slice(0, 160);
    return new MadePage(host, title, this.#url(host, first, head, second, tail));
  }

  /** An address on the same host, of a page with a title of its own. */
  urlBeside({ host }: MadePage): string {
    const first = pick(this.fraction, host.titles);
    const second = pick(this.fraction, host.titles);
    const head = below(this.fraction, first.ends.length);
    return this.#url(host, first, head, second, below(this.fraction, second.starts.length + 1));
  }

  /** Some neighbouring words of a title of that host. */
  phrase({ host }: MadePage, atMost: number): string {
    const { text, starts, ends } = pick(this.fraction, host.titles);
    const length = 1 + below(this.fraction, Math.min(atMost, starts.length));
    const start = below(this.fraction, starts.length - length + 1);
    return text.slice(starts[start], ends[start + length - 1]);
  }

  /** The folder of one path, the name of another; the title where the name has one in it, else a part or a number more. */
  #url({ origin, paths }: Host, first: Title, head: number, second: Title, tail: number): string {
    const { fraction } = this;
    const { folder } = pick(fraction, paths);
    const { name, slugAt, hasId } = pick(fraction, paths);
    const root = origin + folder;
    if (slugAt) return `${root}${slugAt[0]}${slugOf(first, head, second, tail)}${slugAt[1]}`;
    if (hasId) return root + name.replace(ID, (id) => this.#newId(id));
    if (name.includes('?')) return `${root}${name}&id=${below(fraction, 100_000)}`;
    const more = fraction() < 0.5 ? slugOf(first, head, second, tail) : String(below(fraction, 100_000));
    return `${root}${name.endsWith('/') ? name : `${name}/`}${more}`;
  }

  /** As long as the old one; hexadecimal where that was. */
  #newId(old: string): string {
    const radix = /^\d+$/.test(old) ? 10 : 16;
    let id = '';
    while (id.length < old.length) id += below(this.fraction, radix).toString(radix);
    return id;
  }
}

function slugOf(first: Title, head: number, second: Title, tail: number): string {
  const begin = first.slug.slice(
    0,
    first.slugEnds[Math.min(head, SLUG_WORDS - 1, first.slugEnds.length - 1)],
  );
  const start = second.slugStarts[tail];
  if (start === undefined) return begin;
  const end = second.slugEnds[Math.min(tail + SLUG_WORDS, second.slugEnds.length) - 1];
  return `${begin}-${second.slug.slice(start, end)}`;
}

function cutTitle(title: string): Title {
  const words = title.split(/\s+/).filter((word) => word !== '');
  const slugWords = title.toLowerCase().match(/[a-z0-9]+/g) ?? ['page'];
  const [starts, ends] = edges(words);
  const [slugStarts, slugEnds] = edges(slugWords);
  return { text: words.join(' '), starts, ends, slug: slugWords.join('-'), slugStarts, slugEnds };
}

/** Where words lie that are joined by one character. */
function edges(words: readonly string[]): [starts: number[], ends: number[]] {
  let at = 0;
  const starts = words.map((word) => {
    const start = at;
    at += word.length + 1;
    return start;
  });
  return [starts, starts.map((start, index) => start + (words[index]?.length ?? 0))];
}

function cutPath(path: string): Path {
  const query = path.indexOf('?');
  const end = query < 0 ? path.length : query;
  // A slash at the very end belongs to the name before it.
  const cut = Math.max(0, path.lastIndexOf('/', Math.max(0, end - 2)));
  const name = path.slice(cut);
  const slug = SLUG.exec(name);
  return {
    folder: path.slice(0, cut),
    name,
    slugAt: slug ? [name.slice(0, slug.index), name.slice(slug.index + slug[0].length)] : undefined,
    hasId: name.search(ID) >= 0,
  };
}

export class MadePage {
  constructor(
    readonly host: Host,
    readonly title: string,
    readonly url: string,
  ) {}
}
