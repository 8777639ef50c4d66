/**
 * The labelled strings of test/data/sensitive-corpus.tsv and how recognition is judged on them. Columns: `part` (`first` was there while the
 * recognisers were made; `held` was written after that, and `fresh` after what `held` had shown was mended), `kind` (`none:card` = looks like a card and is none), language,
 * text, and the pieces that are to be caught, separated by ` ¦ `. All numbers are made up, with valid check digits.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FoundPiece, redact } from '../../src/capture/sensitive-data.ts';
import { SENSITIVE_KINDS, type SensitiveKind, TREATMENTS } from '../../src/model/sensitive.ts';

const FILE = join(import.meta.dirname, '../data/sensitive-corpus.tsv');

export const PARTS = ['first', 'held', 'fresh'] as const;
export type Part = (typeof PARTS)[number];

export interface Labelled {
  readonly part: Part;
  readonly kind: SensitiveKind;
  readonly isLookAlike: boolean;
  readonly language: string;
  readonly text: string;
  readonly expected: readonly string[];
}

export function readCorpus(): Labelled[] {
  const [, ...rows] = readFileSync(FILE, 'utf8').trimEnd().split('\n');
  return rows.map((row, index) => {
    const [name, label = '', language = '', text = '', expected = ''] = row.split('\t');
    const isLookAlike = label.startsWith('none:');
    const kind = SENSITIVE_KINDS.find((one) => one === label.replace('none:', ''));
    const part = PARTS.find((one) => one === name);
    if (!part || !kind || text === '' || isLookAlike !== (expected === ''))
      throw new Error(`sensitive-corpus.tsv, line ${index + 2}: ${row}`);
    return {
      part,
      kind,
      isLookAlike,
      language,
      text,
      expected: expected === '' ? [] : expected.split(' ¦ '),
    };
  });
}

export interface Judged extends Labelled {
  /** Of what is to be caught: all of it went (or was counted, if it is a term). */
  readonly caught: boolean;
  /** And was taken for what it is. */
  readonly rightKind: boolean;
  /** Nothing is to be caught, and something went or was counted. */
  readonly falseAlarm: boolean;
  readonly redacted: string;
}

/** Stands for the keyed hash: the same for the same, and of no weight here. */
export const hashForTests = async (kind: string, value: string): Promise<string> => {
  let sum = 0;
  for (const char of `${kind} ${value}`) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 0xffff_ffff_ffff;
  return sum.toString(16).padStart(12, '0');
};

const isTerm = ({ kind }: FoundPiece): boolean => TREATMENTS[kind] === 'count';

export async function judge(labelled: Labelled): Promise<Judged> {
  const { text, kind, expected, isLookAlike } = labelled;
  const { removed, pieces, text: redacted } = await redact(text, hashForTests);
  const counts = pieces.filter((piece) => piece.kind === kind);
  const caught =
    TREATMENTS[kind] === 'count'
      ? expected.every((word) => counts.some(({ value }) => value.includes(word.toLowerCase())))
      : expected.every((piece) => removed.some((gone) => gone.includes(piece)));
  // A term is a false alarm only where it is the question: what looks like a card may well be about a loan.
  const alarms = TREATMENTS[kind] === 'count' ? pieces : pieces.filter((piece) => !isTerm(piece));
  return {
    ...labelled,
    caught: !isLookAlike && caught,
    rightKind: !isLookAlike && caught && counts.length > 0,
    falseAlarm: isLookAlike && alarms.length > 0,
    redacted,
  };
}

export interface KindFigures {
  readonly kind: SensitiveKind;
  readonly positives: number;
  readonly caught: number;
  readonly rightKind: number;
  readonly lookAlikes: number;
  readonly falseAlarms: number;
}

export const figures = (judged: readonly Judged[]): KindFigures[] =>
  SENSITIVE_KINDS.map((kind) => {
    const here = judged.filter((one) => one.kind === kind);
    const count = (accept: (one: Judged) => boolean) => here.filter(accept).length;
    return {
      kind,
      positives: count(({ isLookAlike }) => !isLookAlike),
      caught: count(({ caught }) => caught),
      rightKind: count(({ rightKind }) => rightKind),
      lookAlikes: count(({ isLookAlike }) => isLookAlike),
      falseAlarms: count(({ falseAlarm }) => falseAlarm),
    };
  });
