/** A text that is being looked through: what was found is covered, so that nobody finds it a second time. */
import type { SensitiveKind } from '../../model/sensitive.ts';

/** A piece of a text: `end` is the first place after it. */
export interface Piece {
  readonly kind: SensitiveKind;
  readonly start: number;
  readonly end: number;
  /** What is hashed, and by which repeats are known. */
  readonly value: string;
}

/** What covers a piece. No recogniser takes it for a letter, a digit, a space or a sign. */
export const COVER = '\uFFFC';

export class Scan {
  readonly pieces: Piece[] = [];
  /** Kinds that stay where they are: what was found of them. */
  readonly terms: Pick<Piece, 'kind' | 'value'>[] = [];
  #text: string;
  /** Not covered yet, in order: covering each by itself would copy the text as often. */
  #open: { readonly start: number; readonly end: number }[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /** The text with everything covered that was taken so far. */
  get text(): string {
    if (this.#open.length > 0) {
      let covered = '';
      let at = 0;
      for (const { start, end } of this.#open) {
        covered += this.#text.slice(at, start) + COVER.repeat(end - start);
        at = end;
      }
      this.#text = covered + this.#text.slice(at);
      this.#open = [];
    }
    return this.#text;
  }

  /** The same in small letters, place by place. */
  get lower(): string {
    const { text } = this;
    if (this.#lowered !== text) {
      this.#lowered = text;
      // The only letter that is longer as a small one.
      this.#lower = text.replaceAll('\u0130', 'i').toLowerCase();
    }
    return this.#lower;
  }
  #lowered = '';
  #lower = '';

  /** How many digits there are. What has too few for a kind is not looked at by its patterns. */
  get digits(): number {
    return this.text.match(/\d/g)?.length ?? 0;
  }

  /** One after another from the left, until `text` is asked for. `value`: the piece in one spelling for all. */
  take(kind: SensitiveKind, start: number, end: number, value?: string): void {
    this.pieces.push({ kind, start, end, value: value ?? this.#text.slice(start, end) });
    this.cover(start, end);
  }

  cover(start: number, end: number): void {
    this.#open.push({ start, end });
  }
}

/** Looks through the text of a scan and takes what it finds. */
export type Recogniser = (scan: Scan) => void;

/** How much of a piece to take, from its beginning; `false` = nothing, `true` = all. */
type Verdict = boolean | number;

type Accept = (piece: string, match: RegExpExecArray) => Verdict;

/**
 * Takes what a pattern finds in the text in small letters, or its group `piece`, which is to be the end of the match. `accept` has
 * the last word, and is given the piece as it is written.
 *
 * The pattern is global, and each of its repetitions bounded: then the work grows with the length of the text and no faster. It is
 * without the flag `i`: with letters of many scripts in its classes that would take it six times as long to be made, and the
 * first event after every start of the worker waits for it.
 */
export const takeAll = (
  scan: Scan,
  kind: SensitiveKind,
  pattern: RegExp,
  accept?: Accept,
  normalise?: (piece: string) => string,
): void => take(scan, scan.lower, kind, pattern, accept, normalise);

/** The same in the text as it is written. */
export const takeAsWritten = (
  scan: Scan,
  kind: SensitiveKind,
  pattern: RegExp,
  accept?: Accept,
  normalise?: (piece: string) => string,
): void => take(scan, scan.text, kind, pattern, accept, normalise);

function take(
  scan: Scan,
  text: string,
  kind: SensitiveKind,
  pattern: RegExp,
  accept: Accept = () => true,
  normalise?: (piece: string) => string,
): void {
  const written = scan.text;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [whole] = match;
    const { length } = match.groups?.piece ?? whole;
    const start = match.index + whole.length - length;
    const piece = written.slice(start, start + length);
    const verdict = accept(piece, match);
    if (verdict === false || piece === '') {
      // What was refused may begin something within it.
      pattern.lastIndex = piece === '' ? pattern.lastIndex + 1 : Math.max(start, match.index + 1);
      continue;
    }
    const taken = verdict === true ? piece : piece.slice(0, verdict);
    pattern.lastIndex = start + taken.length;
    scan.take(kind, start, start + taken.length, normalise?.(taken) ?? taken);
  }
}

/** Letters of the scripts that words here are in, for classes of patterns: `\p{L}` takes a pattern many times as long to be made. */
export const LETTERS = 'A-Za-z\\u00C0-\\u02AF\\u0370-\\u1FFF\\u2C00-\\uD7FF';
export const ALNUM = `0-9${LETTERS}`;

/** Splits at `|` and line ends, but not within brackets. */
function alternatives(words: string): string[] {
  const list = [''];
  let depth = 0;
  for (const char of words) {
    if (char === '(') depth += 1;
    if (char === ')') depth -= 1;
    if (depth === 0 && (char === '|' || char === '\n')) list.push('');
    else list.push((list.pop() ?? '') + char);
  }
  return list.map((word) => word.trim()).filter((word) => word !== '');
}

/** "number" in some languages: behind a word, or joined with it (`Kontonummer`, `paspoortnummer`). */
const NUMBER = '(?:[ _-]?(?:numbers?|num|no\\.?|nr\\.?|nummer|numéro|número|numero|numer|n[°º.]|#|code|id))?';

function pattern(words: string, behind: string): string {
  const list = [...new Set(alternatives(words))]
    // Of `pin code` and `pin` the longer is meant.
    .sort((a, b) => b.length - a.length)
    .map((word) => word.replaceAll(' ', '[ _-]?'));
  return `(?<![${ALNUM}])(?:${list.join('|')})${behind}(?![${ALNUM}])`;
}

/** One of these words or phrases as such, in small letters. They are separated by `|` or line ends. */
export const anyWord = (words: string): string => pattern(words, '');

/** The same, with a word for "number" behind it or not. */
export const anyNumberOf = (words: string): string => pattern(words, NUMBER);

/** Between a word and what it announces: a colon, an equals sign, "is" in some languages, or a space. */
export const IS =
  '(?:is|was|ist|war|lautet|lautete|est|était|es|era|fue|è|é|foi|jest|był|było|to|is|är|var|er|on|je|sono|sind|são)';
export const LINK = `(?:\\s{0,3}[:=#]{1,2}>?\\s{0,3}|\\s{1,3}${IS}\\s{0,3}[:=]?\\s{1,3}|\\s{1,3})`;
const LETTER = new RegExp(`[${LETTERS}]`);
export const hasLetter = (text: string): boolean => LETTER.test(text);
