/**
 * Taking texts apart into words and what is between them, and putting them together again, to the letter. A *layout* is the
 * text with each word replaced by one character that says how the word is written; words are kept in lower case, so that one
 * word of the lexicon serves for all spellings and for finding. A word that is written in any other way (`GitHub`, accents
 * that finding drops) is a *form*: kept as it stands, beside what it is found by.
 */
import { addressText, eachWord, foldText, WITHOUT_SPACES } from '../../model/words.ts';
import { type LexiconBuilder, MAX_WORD_UNITS, nextHash } from './lexicon.ts';

const [LOWER, CAPITALIZED, UPPER, FORM] = [1, 2, 3, 4] as const;
/** Begins every form in the lexicon, and nothing that is looked for. */
const FORM_MARK = '\u0001';
/** Of which words there are none in a layout: control characters are words, so that a layout has only its own. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is meant
const RUN = /[\p{L}\p{N}\p{M}]+|[\u0000-\u001f]+/gu;
/** What a byte holds. */
const MAX_SHARED = 255;
const PERCENT = 0x25;

/** A text in bytes, when it has nothing but visible ASCII. */
class SimpleText {
  bytes = new Uint8Array(1024);
  length = 0;

  /** `false`: it has something else. `also`: one more byte that it must not have. By hand: an encoder takes ten times as long. */
  read(text: string, also = 0): boolean {
    const { length } = text;
    if (length > this.bytes.length) this.bytes = new Uint8Array(length * 2);
    const { bytes } = this;
    this.length = length;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code < 0x20 || code > 0x7e || code === also) return false;
      bytes[i] = code;
    }
    return true;
  }
}

const schemeLength = (url: string): number =>
  url.startsWith('https://') ? 8 : url.startsWith('http://') ? 7 : 0;

/** Where the parts of texts go. */
export interface PartSink {
  /** The number of a word in the lexicon: shown, and found by. */
  word(id: number): void;
  /** Shown only. */
  form(id: number): void;
  /** Found by only. */
  found(id: number): void;
  /** A part of a layout, visible ASCII only. */
  between(text: Uint8Array, from: number, to: number): void;
  /** Any part of a layout. */
  layout(text: string): void;
  /** One character of a layout. */
  character(code: number): void;
}

export class TextTaker {
  #text = new SimpleText();
  #address = new SimpleText();
  /** The address before; empty when it was no simple one. */
  #before = new SimpleText();
  /** Numbers of what its words are found by. */
  #foundBefore: number[] = [];
  #found: number[] = [];

  constructor(
    private readonly lexicon: LexiconBuilder,
    private readonly sink: PartSink,
  ) {}

  /** The next address shares nothing. */
  restart(): void {
    this.#before.length = 0;
    this.#foundBefore = [];
  }

  text(text: string): void {
    if (this.#text.read(text)) this.#simple(this.#text, 0, 0);
    else this.#any(text, text);
  }

  /**
   * An address after the ones before it, in an order in which neighbours begin alike. Returns how many words at its beginning
   * are those of the one before: they are not told again.
   */
  address(url: string): number {
    const address = this.#address;
    if (!address.read(url, PERCENT)) {
      this.restart();
      this.#any(url, addressText(url));
      return 0;
    }
    const before = this.#before;
    const most = Math.min(address.length, before.length);
    let common = 0;
    while (common < most && address.bytes[common] === before.bytes[common]) common++;
    const shared = this.#simple(address, schemeLength(url), common);
    [this.#found, this.#foundBefore] = [this.#foundBefore, this.#found];
    [this.#address, this.#before] = [before, address];
    return shared;
  }

  /**
   * By bytes. Words that end before `common` are those of the address before; returns how many. Leaves in `#found` what
   * each word is found by.
   */
  #simple({ bytes, length }: SimpleText, start: number, common: number): number {
    const { lexicon, sink } = this;
    const found = this.#found;
    found.length = 0;
    let [wordStart, uppers, lowers, hash] = [-1, 0, 0, 0];
    let firstUpper = false;
    let separatorStart = 0;
    let shared = 0;
    for (let i = start; i <= length; i++) {
      const byte = i < length ? (bytes[i] as number) : 32;
      const upper = byte >= 65 && byte <= 90;
      const letter = upper || (byte >= 97 && byte <= 122);
      const inWord = letter || (byte >= 48 && byte <= 57);
      if (inWord) {
        if (wordStart < 0) {
          sink.between(bytes, separatorStart, i);
          wordStart = i;
          uppers = 0;
          lowers = 0;
          hash = 0;
          firstUpper = upper;
        }
        if (upper) uppers += 1;
        else if (letter) lowers += 1;
        hash = nextHash(hash, upper ? byte + 32 : byte);
        if (i + 1 - wordStart < MAX_WORD_UNITS) continue;
      }
      if (wordStart < 0) continue;
      const end = inWord ? i + 1 : i;
      separatorStart = end;
      const how =
        uppers === 0 ? LOWER : uppers === 1 && firstUpper ? CAPITALIZED : lowers === 0 ? UPPER : FORM;
      sink.character(how);
      const known = this.#foundBefore[shared];
      if (end < common && shared === found.length && shared < MAX_SHARED && known !== undefined) {
        found.push(known);
        sink.found(known);
        shared += 1;
      } else {
        const id = lexicon.usePart(bytes, wordStart, end, how !== LOWER, hash);
        found.push(id);
        if (how === FORM) {
          sink.form(this.#form(bytes, wordStart, end));
          sink.found(id);
        } else sink.word(id);
      }
      wordStart = -1;
    }
    sink.between(bytes, separatorStart, length);
    return shared;
  }

  /** Of at most so many bytes as a word has. */
  readonly #marked = new Uint8Array(MAX_WORD_UNITS + 1);

  #form(bytes: Uint8Array, from: number, to: number): number {
    const marked = this.#marked;
    marked[0] = FORM_MARK.charCodeAt(0);
    let hash = nextHash(0, marked[0]);
    for (let at = from; at < to; at++) {
      const byte = bytes[at] as number;
      marked[at - from + 1] = byte;
      hash = nextHash(hash, byte);
    }
    return this.lexicon.usePart(marked, 0, to - from + 1, false, hash);
  }

  /** `found`: what the text is found by. */
  #any(text: string, found: string): void {
    const visible = new Set<string>();
    const { lexicon, sink } = this;
    const put = (word: string, how: number) => {
      sink.character(how);
      if (how === FORM) sink.form(lexicon.use(FORM_MARK + word));
      else {
        sink.word(lexicon.use(word));
        visible.add(word);
      }
    };
    // A scheme is never looked for.
    const start = found === text ? 0 : schemeLength(text);
    sink.layout(text.slice(0, start));
    let at = 0;
    const rest = text.slice(start);
    for (const match of rest.matchAll(RUN)) {
      sink.layout(rest.slice(at, match.index));
      at = match.index + match[0].length;
      for (const run of cut(match[0])) this.#run(run, put);
    }
    sink.layout(rest.slice(at));
    const unseen = new Set<string>();
    eachWord(found, (word) => {
      if (!visible.has(word)) unseen.add(word);
    });
    for (const word of unseen) sink.found(lexicon.use(word));
  }

  #run(run: string, put: (word: string, how: number) => void): void {
    const lower = run.toLowerCase();
    if (lower.charCodeAt(0) < 32 || foldText(run) !== lower) put(run, FORM);
    else if (run === lower && WITHOUT_SPACES.test(run)) eachPiece(run, (piece) => put(piece, LOWER));
    else if (run === lower) put(lower, LOWER);
    else if (run === written(lower, CAPITALIZED)) put(lower, CAPITALIZED);
    else if (run === written(lower, UPPER)) put(lower, UPPER);
    else put(run, FORM);
  }
}

const written = (lower: string, how: number): string =>
  how === CAPITALIZED
    ? lower.charAt(0).toUpperCase() + lower.slice(1)
    : how === UPPER
      ? lower.toUpperCase()
      : lower;

/** Long runs in pieces that a lexicon takes, never between the halves of a surrogate pair. */
function* cut(run: string): Generator<string> {
  let from = 0;
  while (run.length - from > MAX_WORD_UNITS) {
    const last = run.charCodeAt(from + MAX_WORD_UNITS - 1);
    const to = from + MAX_WORD_UNITS - (last >= 0xd800 && last < 0xdc00 ? 1 : 0);
    yield run.slice(from, to);
    from = to;
  }
  yield run.slice(from);
}

let segmenter: Intl.Segmenter | undefined;

/** All of a run without spaces, cut at its words; nothing is left out. */
function eachPiece(run: string, found: (piece: string) => void): void {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'word' });
  for (const { segment } of segmenter.segment(run)) found(segment);
}

/** Whether a character of a layout stands for a word. */
const isWord = (code: number): boolean => code >= LOWER && code <= FORM;

export function wordsIn(layout: string): number {
  let words = 0;
  for (let i = 0; i < layout.length; i++) if (isWord(layout.charCodeAt(i))) words += 1;
  return words;
}

/** The text again; `next` gives its words in order. */
export function putTogether(layout: string, next: () => string): string {
  let text = '';
  let from = 0;
  for (let i = 0; i < layout.length; i++) {
    const how = layout.charCodeAt(i);
    if (!isWord(how)) continue;
    const word = next();
    text +=
      layout.slice(from, i) + (how === LOWER ? word : how === FORM ? word.slice(1) : written(word, how));
    from = i + 1;
  }
  return text + layout.slice(from);
}
