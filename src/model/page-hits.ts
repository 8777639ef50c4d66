/** Search over records, grouped by page: one hit for each address, newest first. */
import { type InteractionRecord, type RecordKind, recordKind } from './interaction.ts';
import type { PrivacyLevel } from './privacy.ts';

/** One page that a search found; newest visit first. */
export interface SearchHit {
  readonly url: string;
  readonly title: string;
  /** Time of the newest matching record of this page. */
  readonly atMs: number;
  readonly level: PrivacyLevel;
  /** How many records of this page match. */
  readonly count: number;
  readonly kinds: readonly RecordKind[];
  /** Queries and click texts of this page that match, newest first, at most three. */
  readonly details: readonly string[];
  readonly newestId: string;
  readonly ephemeral: boolean;
}

const MAX_DETAILS = 3;

/** Lower case without accents, so that "Cafe" finds "café" (Unicode NFKD, marks dropped). */
export const foldText = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();

export const queryWords = (text: string): string[] => foldText(text).split(/\s+/).filter(Boolean);

/** Everything of a record that a search looks at. */
function searchableText(record: InteractionRecord): string {
  if (record.kind === 'reduced') return '';
  const parts: string[] = [record.url];
  try {
    parts.push(decodeURIComponent(record.url));
  } catch {
    // A stray percent sign: the address as it is will do.
  }
  if (record.kind !== 'search') parts.push(record.title);
  if (record.kind === 'search') parts.push(record.query, record.engine);
  if (record.kind === 'click') parts.push(record.text, record.target ?? '');
  return foldText(parts.join('\n'));
}

/** Every word occurs somewhere. No words match everything that has an address. */
export const matchesWords = (record: InteractionRecord, words: readonly string[]): boolean => {
  if (record.kind === 'reduced') return false;
  if (words.length === 0) return true;
  const text = searchableText(record);
  return words.every((word) => text.includes(word));
};

const detailOf = (record: InteractionRecord): string | undefined =>
  record.kind === 'search'
    ? `${record.engine}: ${record.query}`
    : record.kind === 'click'
      ? record.text
      : undefined;

/** Adds records, newest first, to the hits of their pages. Kept in a map so that a page that shows up again grows its hit. */
export function collectHits(
  hits: Map<string, SearchHit>,
  records: Iterable<InteractionRecord>,
  limit: number,
): void {
  for (const record of records) {
    if (record.kind === 'reduced') continue;
    const known = hits.get(record.url);
    if (!known && hits.size >= limit) continue;
    const detail = detailOf(record);
    const title = record.kind === 'search' ? '' : record.title;
    const kinds = known?.kinds ?? [];
    const details = known?.details ?? [];
    const kind = recordKind(record);
    hits.set(record.url, {
      url: record.url,
      title: known?.title || title,
      atMs: known?.atMs ?? record.atMs,
      level: known?.level ?? record.level,
      count: (known?.count ?? 0) + 1,
      kinds: kinds.includes(kind) ? kinds : [...kinds, kind],
      details:
        detail === undefined || details.includes(detail) || details.length >= MAX_DETAILS
          ? details
          : [...details, detail],
      newestId: known?.newestId ?? record.id,
      ephemeral: record.level === 'ephemeral',
    });
  }
}
