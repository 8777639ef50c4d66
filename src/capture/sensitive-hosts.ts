/**
 * The list of sensitive sites. `brand.*` stands for a name under every public suffix (`paypal.com`, `paypal.de`); an entry
 * with dots for that host and its subdomains. Names that are also common words are listed host by host. Checked by hand in
 * November 2026.
 */
const list = (text: string): string[] => text.trim().split(/\s+/);

/** Names that mean the same institution in every country. */
export const SENSITIVE_BRANDS: readonly string[] = list(`
  paypal stripe revolut n26 monzo starlingbank klarna venmo zellepay wellsfargo citi citibank citigroup usbank capitalone
  americanexpress amex hsbc barclays barclaycard lloydsbank lloydsbanking natwest santander bancosantander dkb ing comdirect
  hypovereinsbank consorsbank creditsuisse credit-suisse postfinance raiffeisen erstegroup sparkasse bnpparibas societegenerale
  credit-agricole creditagricole creditmutuel credit-mutuel labanquepostale boursobank boursorama caixabank bbva bankia
  bankinter sabadell bancsabadell unicredit intesasanpaolo fineco finecobank mediobanca rabobank abnamro bunq swedbank nordea
  handelsbanken danskebank jyskebank sydbank kbc belfius rbcroyalbank scotiabank cibc tdbank commbank
  westpac icicibank hdfcbank axisbank kotak onlinesbi sberbank tinkoff tbank alfabank vtb mbank pekao pkobp ipko itau bradesco
  nubank bancodobrasil caixa banorte banamex bancolombia davivienda garantibbva akbank isbank yapikredi ziraatbank emiratesnbd
  schwab fidelity vanguard etrade robinhood interactivebrokers traderepublic flatex degiro etoro coinbase binance
   bitstamp bitpanda bitfinex metamask skrill neteller payoneer wepay alipay paytm phonepe mollie adyen twint 
  vipps mobilepay transferwise westernunion moneygram remitly affirm afterpay clearpay
  postbank commerzbank deutschebank deutsche-bank targobank norisbank santanderbank creditkarma intuit
  gmail outlook hotmail protonmail tutanota fastmail gmx posteo mailfence startmail hushmail runbox 
  mychart patientportal healthvault doctolib jameda teladoc zocdoc betterhelp talkspace goodrx webmd mayoclinic healthline
  clevelandclinic hopkinsmedicine medlineplus medscape everydayhealth verywellhealth plannedparenthood patientaccess
  netdoktor onmeda doctissimo topdoctors practo 23andme ancestrydna hims forhers flohealth helloclue
  1password bitwarden lastpass dashlane keepersecurity nordpass roboform enpass passbolt keepass keepassxc vaultwarden
  okta auth0 onelogin duosecurity pingidentity
`);

/** Hosts, subdomains included. */
export const SENSITIVE_DOMAINS: readonly string[] = list(`
  wise.com mint.com cic.fr kraken.com dnb.no argenta.be swish.nu tangerine.ca scalable.capital mailbox.org mail.de mail.ee mail.bg mail.co.uk chase.com bankofamerica.com pnc.com truist.com ally.com discover.com cash.app hsbc.co.uk halifax.co.uk rbs.co.uk
  nationwide.co.uk tsb.co.uk firstdirect.com metrobankonline.co.uk coventrybuildingsociety.co.uk vr.de ubs.com lcl.fr seb.se
  lansforsakringar.se sbab.se op.fi aktia.fi rbc.com td.com bmo.com anz.com.au anz.co.nz anz.com nab.com.au kiwibank.co.nz
  asb.co.nz bnz.co.nz icbc.com.cn ccb.com boc.cn abchina.com cmbchina.com smbc.co.jp mufg.jp mizuhobank.co.jp kbstar.com
  dbs.com.sg ocbc.com uob.com.sg posb.com.sg sbi.co.in pnb.bank.in sbi.bank.in tdameritrade.com crypto.com blockchain.com
  gocardless.com truelayer.com plaid.com pay.google.com wallet.google.com payments.google.com pay.amazon.com
  mail.google.com outlook.live.com outlook.office.com outlook.office365.com outlook.cloud.microsoft mail.proton.me proton.me
  pm.me tuta.com tuta.io app.tuta.com mail.zoho.com zoho.eu hey.com web.de mail.ru mail.com icloud.com freemail.hu centrum.sk
  mailo.com disroot.org riseup.net countermail.com messagerie.orange.fr messagerie.laposte.net web.whatsapp.com
  web.telegram.org messages.google.com messenger.com signal.me app.element.io chat.google.com discord.com teams.live.com
  kp.org myhealth.va.gov healthcare.gov nhs.uk nhsapp.service.nhs.uk patient.info drugs.com ameli.fr monespacesante.fr tk.de aok.de
  barmer.de dak.de kkh.de apotheken-umschau.de gesundheit.gv.at gesund.bund.de 1177.se sundhed.dk helsenorge.no kanta.fi
  omakanta.fi mijnzorg.nl thuisarts.nl medicare.gov medicaid.gov psychologytoday.com samaritans.org aa.org
  passwords.google.com accounts.google.com myaccount.google.com login.microsoftonline.com login.live.com
  account.microsoft.com account.live.com appleid.apple.com account.apple.com idmsa.apple.com login.gov id.me bankid.com
  signin.aws.amazon.com login.yahoo.com authy.com keychain.apple.com
`);

/** For the privacy page, and as hosts of rules that override them. */
export const SENSITIVE_HOSTS: readonly string[] = [
  ...new Set([...SENSITIVE_BRANDS.map((brand) => `${brand}.*`), ...SENSITIVE_DOMAINS]),
];

/** Search engines of mail providers: what is there is a search, not mail. */
export const NOT_SENSITIVE: readonly string[] = list(`
  suche.web.de suche.gmx.net suche.gmx.de suche.gmx.at suche.gmx.ch search.gmx.com search.gmx.co.uk search.mail.com go.mail.ru
`);
