/** Sites that are skipped from the start, and names that only look like theirs. */
import { describe, expect, it } from 'vitest';
import { treatmentOf } from '../../../src/capture/decide.ts';
import { isSensitiveHost, SENSITIVE_HOSTS, sensitiveEntry } from '../../../src/capture/sensitive-sites.ts';
import { parseRuleHost } from '../../../src/model/rules.ts';

const split = (text: string) => text.trim().split(/\s+/);

const SENSITIVE = {
  'banking and payment': `
    banking.example online.banking.example onlinebanking.some.example netbanking.some.example my-banking.some.example
    bank.some.example www.commerzbank.de www.deutsche-bank.de www.vr-bank-nord.de www.sparkasse-koelnbonn.de
    www.kreissparkasse-koeln.de www.stadtsparkasse-muenchen.de www.berliner-volksbank.de www.ing.es www.ing.nl www.ing.com.au
    www.caixabank.com www.caixabank.es www.bbva.mx www.bancosantander.es www.santander.co.uk www.santander.pl www.sabadell.com
    www.paypal.com www.paypal.de checkout.stripe.com www.klarna.se app.n26.com www.revolut.com www.hsbc.com.hk www.barclays.co.uk
    www.chase.com www.bankofamerica.com www.wellsfargo.com www.navyfederalcreditunion.example www.usbank.com www.firstrepublicbank.com
    www.bnpparibas.fr mabanque.bnpparibas www.credit-agricole.fr www.banquepopulaire.fr www.boursobank.com www.unicredit.it
    www.intesasanpaolo.com www.bancamediolanum.it www.rabobank.nl www.kbc.be www.nordea.fi www.handelsbanken.se www.danskebank.dk
    www.dnb.no www.mbank.pl www.pkobp.pl online.sberbank.ru www.icicibank.com www.hdfcbank.com www.onlinesbi.sbi retail.sbi.bank.in
    www.commbank.com.au www.westpac.com.au www.rbcroyalbank.com www.td.com www.itau.com.br www.bancodobrasil.com.br
    www.raiffeisen.ch www.raiffeisenbank.cz www.postfinance.ch www.garantibbva.com.tr www.bancolombia.com www.coinbase.com
    login.some.bank www.paypal.com.`,
  mail: `
    mail.google.com mail.yahoo.com mail.yahoo.co.jp mail.example.com webmail.some.example mail.some.example mail2.some.example
    email.t-online.de email.seznam.cz poczta.onet.pl poczta.wp.pl correo.some.example mail.163.com mail.qq.com mail.naver.com
    outlook.live.com outlook.office.com owa.some.example www.gmx.net web.de app.tuta.com mail.proton.me www.fastmail.com
    e.mail.ru mail.zoho.com www.icloud.com roundcube.some.example messagerie.orange.fr`,
  health: `
    www.mayoclinic.org www.healthline.com patient.info www.webmd.com www.nhs.uk www.doctolib.de www.doctolib.fr mychart.some.example
    patient-portal.some.example www.charite-klinikum.example www.childrens-hospital.example www.teladoc.com www.drugs.com`,
  'passwords and identity': `
    vault.bitwarden.com vault.bitwarden.eu my.1password.com 1password.ca start.1password.eu www.lastpass.com
    app.dashlane.com keepersecurity.eu passwords.google.com accounts.google.com vaultwarden.some.example`,
  'this computer and the local network': `
    localhost app.localhost 127.0.0.1 192.168.1.1 10.0.0.7 172.20.1.1 100.64.0.1 169.254.1.1 [::1] [fd00::1] [fe80::1] router
    nas.local wiki.corp wiki.intranet intranet.some.example wiki.intranet.some.example build.internal.some.example
    wiki.corp.some.example vpn.some.example fritz.box nas.fritz.box speedport.ip www.routerlogin.net tplinkwifi.net
    printer.lan printer.home.arpa wiki.firma nas.zuhause`,
};

describe.each(Object.entries(SENSITIVE))('%s', (_sort, hosts) => {
  it.each(split(hosts))('%s is skipped', (host) => {
    expect(isSensitiveHost(host)).toBe(true);
    expect(treatmentOf(`https://${host}/`, { level: 'private', rules: [] })).toMatchObject({
      capture: 'skip',
      skippedBy: 'sensitive',
    });
  });
});

const ORDINARY = `
  www.example.org databank.example data-bank.example data-bank.some.example foodbank.example www.food-bank.org.uk powerbank.example
  bloodbank.example embankment.example riverbank.example burbank.example fairbanks.example banksy.example bankside.example
  imagebank.example wordbank.example jobbank.gc.ca www.worldbank.org questionbank.example seedbank.example banknote.example
  bancroft.example banquet.example snowbank.example emailmarketing.example email-marketing.example mailchimp.com
  www.mail-archive.com mailorder.example blackmail.example mailinglist.example airmail.example gmailtips.example hotmailbox.example
  healthcheck.dev healthcheck.example healthyfood.example health.example status.healthchecks.io patience.example
  patients.example hospitality.example clinical.example polyclinical.example policlinic.example localhost.example
  homeoffice.gov.uk home.example.com local.example.com internals.example internal.example corporate.example corp.example.com
  intranets.example private.example.com router.example.com routers.example lansing.example vpnreviews.example
  paypalace.example notpaypal.com stripes.example wisers.example purchase.com chase.example discovery.com allyson.example
  singing.com ingest.example barclay.example citizen.example capitalone.example sea.example google.com www.google.co.uk
  passwordless.dev password.example vaults.example 1passwords.example lastpassage.example keeper.example oktaform.example
  8.8.8.8 172.32.0.1 100.128.0.1 [2606:4700::1111] suche.web.de suche.gmx.net go.mail.ru search.mail.com
  en.wikipedia.org news.ycombinator.com www.bbc.co.uk www.economist.com github.com www.yahoo.com news.yahoo.co.jp
  www.dnb.de site1.example app.example sub.domain.example www.kraken.io drugstore.example`;

it.each(split(ORDINARY))('%s is recorded', (host) => {
  expect(isSensitiveHost(host)).toBe(false);
});

it('tries enough of both', () => {
  expect(Object.values(SENSITIVE).flatMap(split).length).toBeGreaterThanOrEqual(80);
  expect(split(ORDINARY).length).toBeGreaterThanOrEqual(60);
});

describe('a rule of the person', () => {
  const full = (host: string) => [{ id: '1', host, capture: 'full' } as const];
  const captureOf = (host: string, ruleHost: string) =>
    treatmentOf(`https://${host}/`, { level: 'private', rules: full(ruleHost) }).capture;

  it('for a host or for an entry as it stands in the list overrides it', () => {
    expect(captureOf('localhost', 'localhost')).toBe('full');
    expect(captureOf('www.paypal.de', 'paypal.de')).toBe('full');
    expect(captureOf('www.paypal.de', 'paypal.*')).toBe('full');
    expect(captureOf('www.chase.com', 'chase.com')).toBe('full');
    expect(captureOf('www.paypal.de', 'stripe.*')).toBe('skip');
  });

  it('for the site itself stands over one for the entry', () => {
    const rules = [...full('paypal.*'), { id: '2', host: 'paypal.de', capture: 'skip' } as const];
    expect(treatmentOf('https://www.paypal.de/', { level: 'private', rules })).toMatchObject({
      capture: 'skip',
      skippedBy: 'rule',
    });
  });

  it('can be made for each entry', () => {
    for (const entry of SENSITIVE_HOSTS) {
      expect(parseRuleHost(entry)).toBe(entry);
      expect(sensitiveEntry(`www.${entry.replace('*', 'com')}`), entry).toBeDefined();
    }
  });
});
