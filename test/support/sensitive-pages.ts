/** Ordinary pages, of which hardly any has something sensitive in its title or address. */
import { cleanAddress } from '../../src/capture/address.ts';
import { redactAddress } from '../../src/capture/redact-address.ts';
import { redact } from '../../src/capture/sensitive-data.ts';
import { SENSITIVE_KINDS, type SensitiveKind, TREATMENTS } from '../../src/model/sensitive.ts';
import { hashForTests } from './sensitive-corpus.ts';

/** `title TAB address …`, without the heading. */
export const pageRows = (tsv: string): string[] => tsv.trimEnd().split('\n').slice(1);

export interface JudgedPages {
  /** Pages of which something would be replaced, and those of which a term would only be counted. */
  readonly changed: number;
  readonly counted: number;
  /** Pages with at least one piece of that kind. */
  readonly byKind: Readonly<Record<SensitiveKind, number>>;
  readonly replaced: readonly { readonly row: string; readonly kinds: readonly SensitiveKind[] }[];
}

export async function judgePages(rows: readonly string[]): Promise<JudgedPages> {
  const byKind = Object.fromEntries(SENSITIVE_KINDS.map((kind) => [kind, 0])) as Record<
    SensitiveKind,
    number
  >;
  const replaced: { row: string; kinds: SensitiveKind[] }[] = [];
  let counted = 0;
  for (const row of rows) {
    const [title = '', url = ''] = row.split('\t');
    const words = await redact(title, hashForTests);
    const place = redactAddress(cleanAddress(url) ?? '');
    const kinds = [...new Set([...words.pieces, ...place.pieces].map(({ kind }) => kind))];
    for (const kind of kinds) byKind[kind] += 1;
    if (kinds.some((kind) => TREATMENTS[kind] !== 'count')) replaced.push({ row, kinds });
    else if (kinds.length > 0) counted += 1;
  }
  return { changed: replaced.length, counted, byKind, replaced };
}
