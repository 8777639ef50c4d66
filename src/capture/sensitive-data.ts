/**
 * Recognises what must not be kept in the words of titles, searches and clicks, and puts its name in its place. Pure: who hashes
 * is handed in. What happens with which kind: `model/sensitive.ts`; why: docs/decisions/0008.
 */
import { countsOf, type SensitiveCounts, type SensitiveKind, TREATMENTS } from '../model/sensitive.ts';
import { contacts } from './sensitive/contacts.ts';
import { credentials } from './sensitive/credentials.ts';
import { money } from './sensitive/money.ts';
import { nationalIds } from './sensitive/national-ids.ts';
import { oneTimeCodes } from './sensitive/one-time-codes.ts';
import { phones } from './sensitive/phones.ts';
import { type Piece, type Recogniser, Scan } from './sensitive/scan.ts';
import { terms } from './sensitive/terms.ts';
import { urlTokens } from './sensitive/url-tokens.ts';
import { wallets } from './sensitive/wallets.ts';

/** A short keyed hash of a piece, in hexadecimal digits: the same for the same piece of the same kind. */
export type PieceHash = (kind: SensitiveKind, value: string) => Promise<string>;

/** What was found, once for each occurrence. */
export type FoundPiece = Pick<Piece, 'kind' | 'value'>;

export interface Redacted {
  readonly text: string;
  readonly found: SensitiveCounts;
  /** Pieces that were replaced, as they stood in the text. */
  readonly removed: readonly string[];
  readonly pieces: readonly FoundPiece[];
}

/** What stands in place of a piece. Terms stay. */
const PLACEHOLDERS: Readonly<Partial<Record<SensitiveKind, string>>> = {
  credential: 'password or key',
  card: 'card number',
  'card-code': 'card code',
  iban: 'IBAN',
  'bank-account': 'account number',
  'national-id': 'id number',
  document: 'document number',
  'one-time-code': 'one-time code',
  wallet: 'wallet',
  'url-token': 'token',
  email: 'e-mail',
  phone: 'phone',
  ip: 'IP address',
};

export const placeholder = (kind: SensitiveKind, hash = ''): string =>
  `[${PLACEHOLDERS[kind] ?? kind}${hash === '' ? '' : ` ${hash}`}]`;

/** Each of them, with a hash or without. */
const PLACED = new RegExp(`\\[(?:${Object.values(PLACEHOLDERS).join('|')})(?: [0-9a-f]{6,32})?\\]`, 'g');

/** What surely is what it is goes first: of a number with a word before it only the rest is asked. */
const RECOGNISERS: readonly Recogniser[] = [
  credentials,
  urlTokens,
  wallets,
  contacts,
  money,
  oneTimeCodes,
  nationalIds,
  phones,
];

/** What is replaced leaves its neighbours side by side, which may be something too; more rounds are somebody's game. */
const ROUNDS = 4;

function scanOf(text: string): Scan {
  const scan = new Scan(text);
  for (const { index, 0: placed } of text.matchAll(PLACED)) scan.cover(index, index + placed.length);
  return scan;
}

function found(text: string): readonly Piece[] {
  const scan = scanOf(text);
  for (const recognise of RECOGNISERS) recognise(scan);
  return scan.pieces.sort((a, b) => a.start - b.start);
}

function termsIn(text: string): readonly FoundPiece[] {
  const scan = scanOf(text);
  terms(scan);
  return scan.terms;
}

/** The text with each piece replaced; `names` are in the pieces' order. */
function replaced(text: string, pieces: readonly Piece[], names: readonly string[]): string {
  let result = '';
  let at = 0;
  for (const [index, { start, end }] of pieces.entries()) {
    result += text.slice(at, start) + (names[index] ?? '');
    at = end;
  }
  return result + text.slice(at);
}

/** What came of a text. `removed`: as it stood there. */
interface Round {
  readonly text: string;
  readonly removed: readonly string[];
  readonly pieces: readonly FoundPiece[];
}

/**
 * Without hashes, at once: for addresses, which are compared with each other in places that cannot wait. Terms are not looked
 * for. Redacting twice is the same as once.
 */
export function redactPlainly(text: string): Round {
  const removed: string[] = [];
  const pieces: FoundPiece[] = [];
  let now = text;
  for (let round = 0; ; round++) {
    const here = found(now);
    if (here.length === 0) return { text: now, removed, pieces };
    pieces.push(...here);
    removed.push(...here.map(({ start, end }) => now.slice(start, end)));
    if (round === ROUNDS) return { text: placeholder('credential'), removed, pieces };
    now = replaced(
      now,
      here,
      here.map(({ kind }) => placeholder(kind)),
    );
  }
}

/** Redacting twice is the same as once. Never throws by itself. */
export async function redact(text: string, hash: PieceHash): Promise<Redacted> {
  const removed: string[] = [];
  const pieces: FoundPiece[] = [...termsIn(text)];
  let now = text;
  for (let round = 0; ; round++) {
    const here = found(now);
    if (here.length === 0) break;
    pieces.push(...here);
    removed.push(...here.map(({ start, end }) => now.slice(start, end)));
    if (round === ROUNDS) {
      now = placeholder('credential');
      break;
    }
    const names = await Promise.all(
      here.map(async ({ kind, value }) =>
        placeholder(kind, TREATMENTS[kind] === 'hash' ? await hash(kind, value) : ''),
      ),
    );
    now = replaced(now, here, names);
  }
  return { text: now, removed, pieces, found: countsOf(pieces.map(({ kind }) => kind)) };
}
