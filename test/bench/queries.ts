/**
 * The searches of the benchmark: 40 of each kind, chosen by how often their words really occur in the workload. The counts
 * come from a sample of whole days with about 100,000 events, so that a million events need not be counted.
 */
import type { InteractionEvent } from '../../src/model/interaction.ts';
import type { SamplePage } from './page-pool.ts';
import { below, type Fraction, mulberry32, pick, shuffled } from './random.ts';
import { indexedText, wordsOf } from './words.ts';
import { days, SEED, type Workload } from './workload.ts';

export const QUERY_KINDS = ['rare', 'common', 'two', 'prefix', 'miss'] as const;
export type QueryKind = (typeof QUERY_KINDS)[number];

export interface Query {
  readonly kind: QueryKind;
  /** All must occur in a hit. Lower case, as `wordsOf` makes them. */
  readonly words: readonly string[];
  /** The (only) word is the beginning of one. */
  readonly prefix: boolean;
}

/** The text that a person would type; a star for a prefix. */
export const queryText = ({ words, prefix }: Query): string => words.join(' ') + (prefix ? '*' : '');

const SAMPLE = 100_000;
/** A rare word is in at most so many events of the sample; a common one in more than one of 250. */
const RARE = 5;
const COMMON_SHARE = 1 / 250;

/**
 * `perKind` queries of each kind, mixed. Of the two-word ones a quarter are common words that the sample never has
 * together. Another `seed` gives other queries on the same workload.
 */
export function queries(
  pages: readonly SamplePage[],
  workload: Workload,
  { perKind = 40, seed = SEED }: { readonly perKind?: number; readonly seed?: number } = {},
): Query[] {
  const fraction = mulberry32(seed ^ 0x9e37);
  const { documents, titles, frequency } = sampleWords(pages, workload);
  const words = [...frequency.keys()].filter((word) => word.length >= 3);
  const often = (word: string) => frequency.get(word) ?? 0;
  const rare = words.filter((word) => often(word) <= RARE);
  const common = words.filter((word) => often(word) > documents.length * COMMON_SHARE);
  const made: Record<QueryKind, () => string[]> = {
    rare: () => [pick(fraction, rare)],
    common: () => [pick(fraction, common)],
    two: () => pick(fraction, titles).filter((word) => word.length >= 3),
    prefix: () => [beginning(fraction, pick(fraction, pick(fraction, titles)))],
    miss: () => [misspelt(fraction, pick(fraction, words))],
  };
  const list = QUERY_KINDS.flatMap((kind) => {
    const found: Query[] = [];
    for (let tries = 0; found.length < perKind && tries < 1_000 * perKind; tries++) {
      const apart = kind === 'two' && found.length % 4 === 3;
      const drawn = apart ? [pick(fraction, common), pick(fraction, common)] : made[kind]();
      const chosen = kind === 'two' && !apart ? twoOf(fraction, drawn) : drawn;
      const together = apart && documents.some((document) => chosen.every((word) => document.includes(word)));
      const isKnown = kind === 'miss' && frequency.has(chosen[0] ?? '');
      if (together || isKnown || new Set(chosen).size < (kind === 'two' ? 2 : 1) || chosen.includes(''))
        continue;
      found.push({ kind, words: chosen, prefix: kind === 'prefix' });
    }
    return found;
  });
  return shuffled(fraction, list);
}

function sampleWords(pages: readonly SamplePage[], workload: Workload) {
  const every = Math.max(1, Math.ceil(workload.events / SAMPLE));
  const documents: string[][] = [];
  const titles: string[][] = [];
  const frequency = new Map<string, number>();
  let index = 0;
  for (const { events } of days(pages, workload)) {
    if (index++ % every !== 0) continue;
    for (const event of events) {
      const words = wordsOf(indexedText(event));
      documents.push(words);
      const shown = wordsOf(shownText(event));
      if (shown.length > 0) titles.push(shown);
      for (const word of words) frequency.set(word, (frequency.get(word) ?? 0) + 1);
    }
  }
  return { documents, titles, frequency };
}

const twoOf = (fraction: Fraction, words: readonly string[]): string[] =>
  words.length < 2 ? [] : [pick(fraction, words), pick(fraction, words)];

/** What a person read or wrote: they search for that more than for parts of addresses. */
const shownText = (event: InteractionEvent): string =>
  event.kind === 'visit' || event.kind === 'click' ? event.title : event.kind === 'search' ? event.query : '';

/** Three to five letters of a longer word; empty when it is too short for that. */
function beginning(fraction: Fraction, word: string): string {
  const length = 3 + below(fraction, 3);
  return word.length > length ? word.slice(0, length) : '';
}

/** A word with three letters that no language puts there. */
function misspelt(fraction: Fraction, word: string): string {
  const at = below(fraction, word.length + 1);
  return `${word.slice(0, at)}${pick(fraction, ['qzx', 'xqv', 'zvq', 'vqj'])}${word.slice(at)}`;
}
