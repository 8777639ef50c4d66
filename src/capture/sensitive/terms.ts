/**
 * Words for somebody's health and money. They stay (a memory without "doctor" would be of no use); they are counted, so that a
 * person sees how much of it there is. Only what is a person's own: `diabetes`, not `medicine`; `mortgage`, not `market`.
 */
import type { SensitiveKind } from '../../model/sensitive.ts';
import { ALNUM, type Scan } from './scan.ts';

/** A star stands for any ending. */
const HEALTH = `
  cancer|chemotherapy|oncolog*|tumor|tumors|tumour|tumours|leukemia|leukaemia|melanoma|lymphoma|diabet*|insulin|depression|depressed|antidepressant*|anxiety|panic attack*|
  bipolar|schizophreni*|adhd|autism|autistic|ptsd|ocd|eating disorder|anorexi*|bulimi*|suicid*|self harm|hiv|aids test|std test|sti test|chlamydia|gonorrhea|gonorrhoea|
  syphilis|herpes|hepatitis|pregnan*|miscarriage|abortion|ivf|infertil*|contracepti*|birth control|menopause|endometriosis|erectile dysfunction|viagra|
  asthma|epilep*|migraine*|multiple sclerosis|parkinson|parkinsons|alzheimer|alzheimers|dementia|heart attack|high blood pressure|hypertension|cholesterol level*|
  arthritis|psoriasis|eczema|crohn|crohns|colitis|ibs|fibromyalgia|thyroid|kidney stone*|dialysis|biopsy|mri scan|ct scan|blood test|
  symptom|symptoms|diagnosis|diagnosed|side effects|dosage|prescription*|psychiatrist|psychotherap*|therapist near|rehab|alcoholic|alcoholism|addiction|overdose|methadone|
  xanax|prozac|zoloft|ritalin|oxycodone|ozempic|metformin|ibuprofen dos*|
  krebs|krebserkrankung|krebsdiagnose|krebsvorsorge|krebsbehandlung|brustkrebs|chemotherapie|depressionen|angststörung*|panikattack*|schwanger*|fehlgeburt|abtreibung|kinderwunsch|verhütung|
  wechseljahre|bluthochdruck|herzinfarkt|schlaganfall|bandscheibenvorfall|epilepsie|migräne|rheuma|schuppenflechte|neurodermitis|demenz|magersucht|burnout|burn out|
  psychotherapeut*|psychiater*|symptome|nebenwirkung*|befund|krankschreibung|arztbrief|suchtberatung|selbstmord*|geschlechtskrankheit*|
  cancer du sein|chimiothérapie|diabète|dépression|anxiété|crise d'angoisse|grossesse|enceinte|fausse couche|avortement|ivg|ménopause|hypertension artérielle|
  infarctus|accident vasculaire cérébral|sclérose en plaques|épilepsie|anorexie|psychiatre|psychologue|symptôme|symptômes|effets secondaires|ordonnance médicale|sida|vih|
  cáncer|quimioterapia|diabetes|depresión|ansiedad|ataque de pánico|embaraz*|aborto|menopausia|hipertensión|infarto|epilepsia|migraña|esclerosis múltiple|
  anorexia|psiquiatra|psicólogo|síntoma|síntomas|efectos secundarios|sida|vih|
  cancro|tumore|chemioterapia|diabete|depressione|ansia|attacchi di panico|gravidanza|incinta|aborto spontaneo|menopausa|ipertensione|infarto|emicrania|
  sclerosi multipla|anoressia|psichiatra|psicologo|sintomi|sintomo|effetti collaterali|
  câncer|quimioterapia|depressão|ansiedade|gravidez|grávida|aborto|menopausa|hipertensão|enfarte|epilepsia|enxaqueca|psiquiatra|sintomas|efeitos secundários|efeitos colaterais|
  kanker|borstkanker|chemotherapie|depressie|angststoornis|paniekaanval|zwanger*|miskraam|overgangsklachten|hoge bloeddruk|hartaanval|beroerte|epilepsie|bijwerkingen|symptomen|psychiater|psycholoog|soa test|
  rak piersi|nowotw*|chemioterapia|cukrzyc*|depresj*|stany lękowe|ciąża|ciążą|ciążę|ciąży|w ciąży|poronienie|aborcja|nadciśnienie|zawał|padaczka|objawy|skutki uboczne|psychiatra|psycholog`;

const FINANCE = `
  mortgage*|home loan|personal loan|payday loan|student loan|car loan|loan application|debts|in debt|my debt|debt free|debt relief|debt consolidation|debt advice|out of debt|bankrupt*|insolven*|foreclosure|repossess*|overdraft|
  credit score|credit report|credit check|credit card debt|bad credit|salary|salaries|my wage*|payslip|pay stub|paystub|paycheck|income tax|tax return*|tax refund|w2 form|w 2 form|1099 form|
  401k|401 k|pension|pensions|retirement savings|roth ira|unemployment benefit*|food stamps|welfare benefit*|child support|alimony|inheritance tax|life insurance|
  bank statement*|account balance|net worth|eviction|rent arrears|wage garnishment|debt collect*|pawnshop|pawn shop|gambling debt|
  hypothek*|baufinanzierung|ratenkredit|privatkredit|kredit trotz*|konsumkredit|schulden*|schuldnerberatung|privatinsolvenz|insolvenz|insolvenzverfahren|insolvenzantrag|schufa*|dispokredit|kontoauszug|kontostand|
  gehalt|gehaltsrechner|gehaltsabrechnung|gehaltserhöhung|lohnabrechnung|steuererklärung|steuerbescheid|rentenbescheid|altersvorsorge|arbeitslosengeld|bürgergeld|wohngeld|grundsicherung|
  unterhaltsvorschuss|unterhaltszahlung|erbschaftssteuer|lebensversicherung|mahnbescheid|pfändung*|
  prêt immobilier|crédit immobilier|crédit à la consommation|surendettement|dette|dettes|découvert bancaire|interdit bancaire|relevé bancaire|relevé de compte|salaire|fiche de paie|bulletin de salaire|
  déclaration d'impôts|déclaration de revenus|impôt sur le revenu|allocation chômage|allocations familiales|pension alimentaire|retraite complémentaire|assurance vie|huissier|
  hipoteca*|préstamo*|deuda|deudas|concurso de acreedores|asnef|descubierto|extracto bancario|sueldo|nómina|salario|declaración de la renta|irpf|cobrar el paro|prestación por desempleo|subsidio por desempleo|pensión alimenticia|
  pensión de jubilación|seguro de vida|
  mutuo casa|mutuo prima casa|prestito personale|prestiti|debiti|pignoramento|cattivo pagatore|estratto conto|saldo del conto|stipendio|busta paga|dichiarazione dei redditi|modello 730|
  disoccupazione|naspi|assegno di mantenimento|assicurazione sulla vita|
  crédito habitação|empréstimo*|financiamento imobiliário|dívida|dívidas|insolvência pessoal|nome sujo|extrato bancário|salário|recibo de vencimento|holerite|imposto de renda|declaração de irs|
  subsídio de desemprego|seguro desemprego|pensão de alimentos|penhora|
  hypotheek*|persoonlijke lening|lening aanvragen|schulden|schuldhulp*|schuldsanering|bkr*|rood staan|bankafschrift|salaris|loonstrook|belastingaangifte|ww-uitkering|bijstand|alimentatie|pensioen|deurwaarder|
  kredyt hipoteczny|kredyt gotówkowy|chwilówk*|pożyczk*|zadłużeni*|długi|upadłość konsumencka|komornik|wyciąg bankowy|wynagrodzeni*|zarobki|pasek wypłaty|zeznanie podatkowe|pit-37|zasiłek*|alimenty|emerytur*`;

/** As long as the longest ending that a star may stand for. */
const MAX_ENDING = 12;
/** Stems are looked up by their first letters. No term is shorter. */
const KEY = 3;
const WORD = new RegExp(`[${ALNUM}]{1,60}`, 'g');
const wordsOf = (text: string): string[] => text.toLowerCase().match(WORD) ?? [];

interface Term {
  readonly words: readonly string[];
  /** Its last word may go on. */
  readonly isStem: boolean;
}

/** With hundreds of terms this takes a small part of the time that one pattern would. */
class Terms {
  /** Single words without an ending. */
  readonly #words = new Set<string>();
  /** All others, by how their first word begins. */
  readonly #others = new Map<string, Term[]>();

  constructor(list: string) {
    for (const text of list.split(/[|\n]/)) {
      const words = wordsOf(text);
      const [first = ''] = words;
      const isStem = text.trim().endsWith('*');
      if (words.length === 1 && !isStem) this.#words.add(first);
      else if (first !== '') {
        const key = first.slice(0, KEY);
        this.#others.set(key, [...(this.#others.get(key) ?? []), { words, isStem }]);
      }
    }
  }

  /** The longest term that begins at this word; `undefined` when none does. */
  at(words: readonly string[], start: number): readonly string[] | undefined {
    const word = words[start] ?? '';
    const longer = (this.#others.get(word.slice(0, KEY)) ?? [])
      .filter((term) => isAt(term, words, start))
      .map((term) => words.slice(start, start + term.words.length))
      .sort((a, b) => b.length - a.length)[0];
    return longer ?? (this.#words.has(word) ? [word] : undefined);
  }
}

function isAt({ words: term, isStem }: Term, words: readonly string[], start: number): boolean {
  return term.every((word, index) => {
    const here = words[start + index] ?? '';
    if (!isStem || index < term.length - 1) return here === word;
    return here.startsWith(word) && here.length - word.length <= MAX_ENDING;
  });
}

let lists: readonly (readonly [SensitiveKind, Terms])[] | undefined;

export function terms(scan: Scan): void {
  lists ??= [
    ['health', new Terms(HEALTH)],
    ['finance', new Terms(FINANCE)],
  ];
  const words = wordsOf(scan.text);
  for (const [kind, list] of lists)
    for (let start = 0; start < words.length; ) {
      const found = list.at(words, start);
      if (found) scan.terms.push({ kind, value: found.join(' ') });
      start += found?.length ?? 1;
    }
}
