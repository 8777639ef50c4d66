/**
 * Sites that are skipped from the start: banking and payment, mail, health, password managers, this computer, the local
 * network. By the list, and by what host names are called. A rule of the person's own for the host overrides it.
 */
import { parse } from 'tldts';
import { coversHost, domainsOf } from '../model/rules.ts';
import { NOT_SENSITIVE, SENSITIVE_BRANDS, SENSITIVE_DOMAINS, SENSITIVE_HOSTS } from './sensitive-hosts.ts';

export { SENSITIVE_HOSTS };

/** For the list on the privacy page. */
export const SENSITIVE_PATTERNS: readonly string[] = [
  'names with banking in them, and names of banks: ending in bank, beginning with banco, sparkasse, credit union …',
  'webmail: hosts called mail, webmail, owa, roundcube … in front of a domain',
  'hospitals, clinics, patient portals',
  'localhost, addresses of the local network, routers',
  'names without a dot or without a public ending, and .local .internal .intranet .lan .home .corp .home.arpa',
  'hosts called intranet, internal or vpn',
];

/** Words of a host name that say it: the name is split at dots and hyphens. */
const WORDS = new Set(
  (
    'bank banking ebanking ebank netbank netbanking onlinebank onlinebanking homebanking internetbanking mybank banca banco ' +
    'banque sparkasse kreditkarte creditunion fcu ' +
    'webmail roundcube owa squirrelmail rainloop zimbra ' +
    'mychart patientportal patientenportal hospital hospitals klinik klinikum krankenhaus krankenkasse clinic hopital ospedale ' +
    'vaultwarden bitwarden passbolt intranet'
  ).split(' '),
);
/** `patient-portal` and the like: two words. */
const PAIRS =
  /(^|[.-])(patient-portal|credit-union|e-bank(ing)?|e-mail|caisse-epargne|building-society)([.-]|$)/;

/** Anywhere in a word. */
const INSIDE =
  /banking|sparkasse|volksbank|raiffeisen|creditunion|buildingsociety|bancorp|bankof(?!.*(data|words|ideas|fonts))|caixabank|kutxabank|cajamar|cajarural|krankenkasse|krankenhaus|klinikum|patientportal|passwordmanager/;
/** At the beginning of a registered name. */
const BEGINNING = /^(banco|banca|banque|caixa|bankia|bankinter|sparda|kreissparkasse|credit-?agricole)(?!l)/;
const NOT_BEGINNING = /^(bancroft|bancal|banquet|caixas)/;

/** What stands before `bank` in names of other things. */
const NOT_MONEY =
  /(^|-)(data|food|power|blood|plasma|river|sperm|seed|job|image|photo|picture|film|video|music|sound|sample|word|text|question|test|exam|item|task|world|knowledge|recipe|book|game|tool|toy|gene|bio|tissue|milk|cord|eye|brain|idea|time|memory|mem|sand|snow|fog|cloud|piggy|bur|fair|west|east|north|south|left|right|font|icon|vector|link|quote|lesson|skills?|talent|term|tree|clothing|furniture|cot|nappy|diaper|baby|oyster|grass|peat|mud|coral|code|prompt|model|protein|structure|gen|em|out|ever|cheese|wine|battery|charge|pedal|switch|phrase|song|beat|loop|pattern|dataset|media|press|story|plant|bottle)-?$/;

/** Hosts in front of a domain that are a mailbox. */
const MAIL_HOST =
  /^(web-?)?e?-?mail\d*$|^(webmail|correo|correoweb|poczta|posta|pochta|postfach|messagerie|mailbox|owa|outlook|exchange|autodiscover|mbox|roundcube|squirrelmail|imap|pop3?|smtp)\d*$/;
const NOT_MAIL_OF = /^(mail-archive|mailchimp|mailgun|mailerlite)$/;

/** Suffixes that only such institutions may have. */
const SUFFIX = /\.(bank|hospital|clinic|doctor|dentist|pharmacy)$/;

/** RFC 2606 and 6761: names for examples, and for nothing at all. */
const EXAMPLE = /\.(example|test|invalid)$/;
const LOCAL_SUFFIX =
  /\.(local|localhost|localdomain|internal|intranet|lan|home|corp|private|home\.arpa|router|onion|i2p)$/;
/** Names that routers and network drives give themselves, or that lead to somebody's home. */
const HOME_HOSTS =
  'fritz.box fritz.nas myfritz.net speedport.ip easy.box o2.box congstar.box giga.cube routerlogin.net routerlogin.com tplinkwifi.net tplinklogin.net tplinkmodem.net tplinkrepeater.net asusrouter.com router.asus.com linksyssmartwifi.com mywifiext.net orbilogin.com mijnmodem.kpn bthomehub.home livebox.home quickconnect.to synology.me ts.net'.split(
    ' ',
  );
/** In front of a domain. `wiki.corp.company.example`, but not a company's public `corp.company.example`. */
const INTERNAL = /(^|\.)(intranet|internal|intra|vpn)(\.|$)|\.(corp|lan|int)$/;

const BRANDS = new Set(SENSITIVE_BRANDS);
/** Every visit asks, and the lists are long. */
const PLACES = new Map([...SENSITIVE_DOMAINS.entries()].reverse().map(([place, domain]) => [domain, place]));
const EXCEPTIONS = new Set<string>(NOT_SENSITIVE);

/** The entry of the list that covers this host, as it stands there. */
export function sensitiveEntry(host: string): string | undefined {
  const { domainWithoutSuffix, isIcann } = parse(host);
  if (isIcann && domainWithoutSuffix && BRANDS.has(domainWithoutSuffix)) return `${domainWithoutSuffix}.*`;
  const places = domainsOf(host).flatMap((domain) => PLACES.get(domain) ?? []);
  return places.length === 0 ? undefined : SENSITIVE_DOMAINS[Math.min(...places)];
}

export function isSensitiveHost(name: string): boolean {
  const host = name.toLowerCase().replace(/\.$/, '');
  if (domainsOf(host).some((domain) => EXCEPTIONS.has(domain))) return false;
  return isLocalHost(host) || sensitiveEntry(host) !== undefined || isCalledSensitive(host);
}

function isCalledSensitive(host: string): boolean {
  if (SUFFIX.test(host)) return true;
  const { domainWithoutSuffix, publicSuffix, subdomain } = parse(host);
  const registered = domainWithoutSuffix ?? '';
  if (BRANDS.has(publicSuffix ?? '')) return true;
  // Without the public suffix: that of a country's academies says nothing of the site.
  const own =
    publicSuffix && host.endsWith(`.${publicSuffix}`) ? host.slice(0, -publicSuffix.length - 1) : host;
  if (PAIRS.test(own) || INSIDE.test(own)) return true;
  if (BEGINNING.test(registered) && !NOT_BEGINNING.test(registered)) return true;
  if (isMailbox(subdomain ?? '', registered)) return true;
  return own.split('.').some((label) => isBankName(label) || hasWord(label));
}

/** Whole words; `bank` is left to `isBankName`, which knows what stands before it. */
const hasWord = (label: string): boolean =>
  label.split('-').some((word) => word !== 'bank' && WORDS.has(word));

/** `commerzbank`, `vr-bank-nord`, `bank-of-x`; not `databank`, `food-bank`. */
function isBankName(label: string): boolean {
  const before = /^(.*?)bank(-.*)?$/.exec(label)?.[1];
  return before !== undefined && !NOT_MONEY.test(before);
}

function isMailbox(subdomain: string, registered: string): boolean {
  const [first = '', second] = subdomain.replace(/^www\d*\.?/, '').split('.');
  if (NOT_MAIL_OF.test(registered)) return false;
  return MAIL_HOST.test(first) || (second !== undefined && MAIL_HOST.test(second));
}

/** This computer or a private network (RFC 1918, RFC 4193, RFC 6762, RFC 8375), by name or number. */
export function isLocalHost(host: string): boolean {
  if (host.startsWith('[')) return /^\[(::1?\]|f[cd]|fe[89ab]|::ffff:)/i.test(host);
  if (!host.includes('.')) return true;
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) {
    return /^(0|10|127)\.|^192\.168\.|^169\.254\.|^172\.(1[6-9]|2\d|3[01])\.|^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(
      host,
    );
  }
  if (LOCAL_SUFFIX.test(host) || HOME_HOSTS.some((listed) => coversHost(listed, host))) return true;
  const { isIcann, isPrivate, subdomain } = parse(host);
  // An ending that nobody registers names under is a company's or a household's own.
  return INTERNAL.test(subdomain ?? '') || (!isIcann && !isPrivate && !EXAMPLE.test(host));
}
