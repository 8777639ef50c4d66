/**
 * Sites that are skipped from the start: banking and payment, mail, health, password managers, this computer, the local
 * network. A rule of the person's own for the host overrides it.
 */
import { coversHost } from '../model/rules.ts';

/** Hosts, subdomains included. Checked by hand in November 2026. */
export const SENSITIVE_HOSTS: readonly string[] = [
  // Banking and payment
  ...'paypal.com stripe.com wise.com revolut.com n26.com monzo.com starlingbank.com klarna.com venmo.com cash.app zellepay.com chase.com bankofamerica.com wellsfargo.com citi.com citibank.com usbank.com capitalone.com pnc.com truist.com tdbank.com schwab.com fidelity.com vanguard.com etrade.com robinhood.com ally.com discover.com americanexpress.com amex.com hsbc.com hsbc.co.uk barclays.co.uk barclays.com lloydsbank.com halifax.co.uk natwest.com rbs.co.uk santander.com santander.co.uk nationwide.co.uk tsb.co.uk deutsche-bank.de commerzbank.de sparkasse.de dkb.de ing.de ing.com ing.nl comdirect.de postbank.de volksbank.de vr.de hypovereinsbank.de consorsbank.de ubs.com credit-suisse.com postfinance.ch raiffeisen.ch raiffeisen.at erstebank.at bnpparibas.com bnpparibas.net societegenerale.fr credit-agricole.fr creditmutuel.fr labanquepostale.fr boursobank.com caixabank.es bbva.es bbva.com bankia.es unicredit.it intesasanpaolo.com rabobank.nl abnamro.nl swedbank.se nordea.com seb.se handelsbanken.se danskebank.dk rbc.com rbcroyalbank.com td.com scotiabank.com bmo.com cibc.com commbank.com.au anz.com.au westpac.com.au nab.com.au icicibank.com hdfcbank.com onlinesbi.sbi alipay.com coinbase.com binance.com kraken.com'.split(
    ' ',
  ),
  // Mail and messages
  ...'mail.google.com gmail.com outlook.com outlook.live.com outlook.office.com outlook.office365.com hotmail.com mail.yahoo.com mail.aol.com mail.proton.me proton.me protonmail.com tuta.com tutanota.com app.tuta.com fastmail.com mail.zoho.com hey.com posteo.de mailbox.org gmx.net gmx.de gmx.com web.de mail.ru mail.yandex.ru mail.yandex.com icloud.com mail.com runbox.com web.whatsapp.com web.telegram.org messages.google.com'.split(
    ' ',
  ),
  // Health
  ...'mychart.com mychart.org patientportal.com healthvault.com kp.org myhealth.va.gov healthcare.gov nhs.uk patientaccess.com doctolib.fr doctolib.de doctolib.it teladoc.com zocdoc.com betterhelp.com talkspace.com hims.com goodrx.com webmd.com plannedparenthood.org ameli.fr tk.de aok.de'.split(
    ' ',
  ),
  // Passwords, identity, government accounts
  ...'1password.com 1password.eu bitwarden.com vault.bitwarden.com lastpass.com dashlane.com keepersecurity.com nordpass.com roboform.com passwords.google.com accounts.google.com login.microsoftonline.com login.live.com account.microsoft.com appleid.apple.com login.gov id.me okta.com auth0.com onelogin.com duosecurity.com'.split(
    ' ',
  ),
];

const HOST_PATTERN =
  /(^|[.-])(e-?bank(ing)?|net-?bank(ing)?|online-?bank(ing)?|internet-?banking|homebanking|webmail|roundcube|owa|mychart|patient-?portal)([.-]|$)/;
const LOCAL_SUFFIX = /\.(local|localhost|internal|intranet|lan|home|corp|private|home\.arpa)$/;

/** For the list on the privacy page. */
export const SENSITIVE_PATTERNS: readonly string[] = [
  'names with banking, webmail or patient portal in them',
  'localhost and addresses of the local network',
  'names without a dot, and .local .internal .intranet .lan .home .corp .home.arpa',
];

export function isSensitiveHost(host: string): boolean {
  return (
    isLocalHost(host) || HOST_PATTERN.test(host) || SENSITIVE_HOSTS.some((listed) => coversHost(listed, host))
  );
}

/** This computer or a private network (RFC 1918, RFC 4193, RFC 6762, RFC 8375), by name or number. */
export function isLocalHost(host: string): boolean {
  if (host.startsWith('[')) return /^\[(::1?|f[cd]|fe[89ab]|::ffff:)/i.test(host);
  if (!host.includes('.')) return true;
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) {
    return /^(0|10|127)\.|^192\.168\.|^169\.254\.|^172\.(1[6-9]|2\d|3[01])\.|^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(
      host,
    );
  }
  return LOCAL_SUFFIX.test(host);
}
