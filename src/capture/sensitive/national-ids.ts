/**
 * Numbers that a state gives a person, and those of passports and licences. The check digits of the former are `stdnum`'s
 * (python-stdnum's rules in TypeScript). A form that says by itself what it is (`123-45-6789`, `90.02.12-994.65`) is taken as it stands;
 * plain digits that other numbers may be, only where the text has a word for them. Documents have no check digit that countries
 * share: they need a word before them.
 */
import { validate as at } from 'stdnum/lib/esm/at/vnr.js';
import { validate as be } from 'stdnum/lib/esm/be/nn.js';
import { validate as br } from 'stdnum/lib/esm/br/cpf.js';
import { validate as ch } from 'stdnum/lib/esm/ch/ssn.js';
import { validate as cz } from 'stdnum/lib/esm/cz/rc.js';
import { validate as de } from 'stdnum/lib/esm/de/idnr.js';
import { validate as dk } from 'stdnum/lib/esm/dk/cpr.js';
import { validate as dni } from 'stdnum/lib/esm/es/dni.js';
import { validate as nie } from 'stdnum/lib/esm/es/nie.js';
import { validate as fi } from 'stdnum/lib/esm/fi/hetu.js';
import { validate as fr } from 'stdnum/lib/esm/fr/nir.js';
import { validate as gb } from 'stdnum/lib/esm/gb/nino.js';
import { validate as ie } from 'stdnum/lib/esm/ie/pps.js';
import { validate as it } from 'stdnum/lib/esm/it/codicefiscale.js';
import { validate as nl } from 'stdnum/lib/esm/nl/bsn.js';
import { validate as no } from 'stdnum/lib/esm/no/fodselsnummer.js';
import { validate as pl } from 'stdnum/lib/esm/pl/pesel.js';
import { validate as pt } from 'stdnum/lib/esm/pt/nif.js';
import { validate as ro } from 'stdnum/lib/esm/ro/cnp.js';
import { validate as se } from 'stdnum/lib/esm/se/personnummer.js';
import { validate as us } from 'stdnum/lib/esm/us/ssn.js';
import { ALNUM, anyNumberOf, LINK, type Recogniser, takeAll } from './scan.ts';

interface IdRule {
  /** What it looks like, in capitals. */
  readonly form: string;
  readonly validate: (input: string) => { readonly isValid: boolean };
  /** Counts only where the text has a word for such a number. */
  readonly named?: boolean;
}

const RULES: readonly IdRule[] = [
  { form: '\\d{3}-\\d{2}-\\d{4}', validate: us },
  { form: '\\d{3} ?\\d{2} ?\\d{4}', validate: us, named: true },
  { form: '\\d{8}[ -]?[A-Z]', validate: dni },
  {
    form: '\\d{1,2}\\.\\d{3}\\.\\d{3}-?[A-Z]',
    validate: (text) => dni(text.replaceAll('.', '').padStart(9, '0')),
  },
  { form: '[XYZ][ -]?\\d{7}[ -]?[A-Z]', validate: nie },
  { form: '[A-Z]{6}[ ]?\\d{2}[A-EHLMPRST]\\d{2}[ ]?[A-Z]\\d{3}[A-Z]', validate: it },
  { form: '[A-Z]{3} [A-Z]{3} \\d{2}[A-EHLMPRST]\\d{2} [A-Z]\\d{3}[A-Z]', validate: it },
  {
    form: '[12] ?\\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\\d) ?(?:\\d{2}|2[AB]) ?\\d{3} ?\\d{3} ?\\d{2}',
    validate: fr,
  },
  { form: '\\d{2}\\.\\d{2}\\.\\d{2}-\\d{3}[.-]\\d{2}', validate: be },
  { form: '\\d{11}', validate: be, named: true },
  { form: '\\d{4}[ .]?\\d{2}[ .]?\\d{3}', validate: nl, named: true },
  { form: '\\d{9}', validate: nl, named: true },
  { form: '\\d{11}', validate: pl },
  { form: '(?:19|20)?\\d{6}[-+]\\d{4}', validate: se },
  {
    form: '(?:19|20)?\\d{10}',
    validate: (text) => se(`${text.slice(0, -4)}-${text.slice(-4)}`),
    named: true,
  },
  { form: '\\d{6}[- ]?\\d{4}', validate: dk, named: true },
  { form: '\\d{6}[-+A-FU-Y]\\d{3}[0-9A-Y]', validate: fi },
  { form: '\\d{6} ?\\d{5}', validate: no },
  { form: '\\d{2} \\d{3} \\d{3} \\d{3}', validate: de },
  { form: '\\d{11}', validate: de, named: true },
  { form: '\\d{3}\\.\\d{3}\\.\\d{3}-\\d{2}', validate: br },
  { form: '\\d{11}', validate: br, named: true },
  { form: '[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\\d{2} ?\\d{2} ?\\d{2} ?[A-D]', validate: gb },
  { form: '\\d{3} ?\\d{3} ?\\d{3}', validate: pt, named: true },
  { form: '756[. ]?\\d{4}[. ]?\\d{4}[. ]?\\d{2}', validate: ch },
  { form: '\\d{4} ?\\d{6}', validate: at, named: true },
  { form: '\\d{6}/\\d{4}', validate: cz },
  { form: '\\d{6}/?\\d{3,4}', validate: cz, named: true },
  { form: '[1-8]\\d{12}', validate: ro, named: true },
  { form: '\\d{7}[A-W][A-IW]?', validate: ie, named: true },
];

const NAMED = new RegExp(
  anyNumberOf(`
    ssn|social security|social security number|social insurance number|national insurance|ni number|nino|national id|national identity|
    identity number|id number|personal number|tax id|tin|itin|taxpayer|pps|pps number|ppsn|
    steuer id|steueridentifikationsnummer|steuernummer|idnr|identifikationsnummer|sozialversicherungsnummer|svnr|sv nummer|ahv|ahv nummer|
    rijksregisternummer|numéro national|registre national|insz|niss|bsn|burgerservicenummer|sofinummer|
    numéro de sécurité sociale|sécurité sociale|nir|numéro fiscal|
    dni|nie|nif|documento de identidad|seguridad social|codice fiscale|cpf|contribuinte|número de contribuinte|cartão de cidadão|
    pesel|numer pesel|personnummer|samordningsnummer|cpr|cpr nummer|cpr nr|fødselsnummer|fodselsnummer|henkilötunnus|hetu|
    rodné číslo|cnp|cod numeric personal`),
);

/** Made when they are first needed: of most texts none is. */
class CompiledRule {
  #pattern: RegExp | undefined;

  constructor(readonly rule: IdRule) {}

  get pattern(): RegExp {
    const form = this.rule.form.toLowerCase();
    this.#pattern ??= new RegExp(
      `(?<![${ALNUM}.,/+-]|\\d )(?:${form})(?![${ALNUM}]|[.,/-]\\d| \\d{2,})`,
      'g',
    );
    return this.#pattern;
  }
}
const COMPILED: readonly CompiledRule[] = RULES.map((rule) => new CompiledRule(rule));

/** The library answers also by throwing. */
function isValid({ validate }: Pick<IdRule, 'validate'>, text: string): boolean {
  // All digits equal, or in order, is somebody's example.
  const digits = text.replace(/\D/g, '');
  if (/^(\d)\1+$/.test(digits) || '01234567890123'.includes(digits)) return false;
  try {
    return validate(text.toUpperCase()).isValid;
  } catch {
    return false;
  }
}

const DOCUMENT = new RegExp(
  `${anyNumberOf(`passport|reisepass|pass nr\\.?|passeport|pasaporte|passaporto|passaporte|paspoort|paszport|paszportu|pas|passnummer|passi|
  driver's licen[cs]e|drivers? licen[cs]e|driving licen[cs]e|führerschein|führerscheinnummer|permis de conduire|carnet de conducir|permiso de conducir|
  patente di guida|carta de condução|cnh|rijbewijs|prawo jazdy|körkort|
  identity card|id card|personalausweis|ausweis|ausweisnummer|passnummer|carte d'identité|carta d'identità|identiteitskaart|dowód osobisty|dowodu osobistego|dowód|documento d'identità|documento de identidade`)}${LINK}(?<piece>(?=[a-z]{0,5}\\d)[a-z0-9]{2,6}(?:[ -]?(?=[a-z]{0,9}\\d)[a-z0-9]{3,10}){1,3})(?![${ALNUM}])`,
  'g',
);
const isDocument = (piece: string): boolean =>
  (piece.match(/\d/g)?.length ?? 0) >= 4 && piece.replace(/[^A-Za-z0-9]/g, '').length >= 7;

export const nationalIds: Recogniser = (scan) => {
  const { digits } = scan;
  if (digits < 4) return;
  takeAll(scan, 'document', DOCUMENT, isDocument);
  if (digits < 6) return;
  const isNamed = NAMED.test(scan.lower);
  for (const { rule, pattern } of COMPILED.filter((one) => isNamed || !one.rule.named))
    takeAll(
      scan,
      'national-id',
      pattern,
      // A search is typed in small letters; without a word for it, a number with letters is written in capitals.
      (piece) => (isNamed || piece === piece.toUpperCase()) && isValid(rule, piece),
    );
};
