/** What the privacy page says of what was kept out of the memory. */
import { SENSITIVE_KINDS, type SensitiveKind, type SensitiveTotals, TREATMENTS } from '../model/sensitive.ts';
import { dayWords } from '../ui/format.ts';

const KIND_WORDS: Readonly<Record<SensitiveKind, string>> = {
  credential: 'Passwords and keys',
  card: 'Card numbers',
  'card-code': 'Card codes and PINs',
  iban: 'IBANs',
  'bank-account': 'Account numbers',
  'national-id': 'Numbers of identity, tax and social insurance',
  document: 'Numbers of passports, licences and identity cards',
  'one-time-code': 'One-time codes',
  wallet: 'Wallet addresses, keys and recovery phrases',
  'url-token': 'Tokens in addresses',
  email: 'E-mail addresses',
  phone: 'Phone numbers',
  ip: 'IP addresses',
  health: 'Words about health',
  finance: 'Words about money',
};

export interface KeptOutRow {
  readonly kind: SensitiveKind;
  readonly name: string;
  readonly count: number;
}

/** Kinds that were found, in the order of the list. `stays`: those that are counted only. */
export const keptOutRows = ({ counts }: SensitiveTotals, stays: boolean): KeptOutRow[] =>
  SENSITIVE_KINDS.filter((kind) => counts[kind] > 0 && (TREATMENTS[kind] === 'count') === stays).map(
    (kind) => ({
      kind,
      name: KIND_WORDS[kind],
      count: counts[kind],
    }),
  );

export const keptOutSentence = (totals: SensitiveTotals | null): string =>
  totals === null || keptOutRows(totals, false).length === 0
    ? 'Nothing of that sort was found so far.'
    : `Found and replaced since ${dayWords(totals.sinceMs)}:`;
