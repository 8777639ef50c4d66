/** Senders that are not what they would like to be, as a browser might tell them. */
const ID = 'test';
const ROOT = `chrome-extension://${ID}/`;
const ORIGIN = `chrome-extension://${ID}`;
const PAGE = `${ROOT}src/options/index.html`;
const SITE = 'https://site.example/';
const SITE_ORIGIN = 'https://site.example';
const tab = { id: 1, url: SITE, title: 'Shown', incognito: false };
const ownTab = { ...tab, url: PAGE };

interface Forged {
  readonly name: string;
  readonly sender: object;
  /** It is our content script: only what pages may say is forged. */
  readonly pageOnly?: true;
}

export const FORGED_SENDERS: readonly Forged[] = [
  { name: 'nobody', sender: {} },
  { name: 'our page without an id', sender: { url: PAGE, origin: ORIGIN } },
  { name: 'another extension at our address', sender: { id: 'other', url: PAGE, origin: ORIGIN } },
  { name: 'an id that only begins like ours', sender: { id: 'test2', url: PAGE, origin: ORIGIN } },
  { name: 'an id in a list', sender: { id: [ID], url: PAGE, origin: ORIGIN } },
  { name: 'our id and no address', sender: { id: ID } },
  { name: 'our id and origin, no address', sender: { id: ID, origin: ORIGIN } },
  { name: 'our id and origin, at a site', sender: { id: ID, url: SITE, origin: ORIGIN } },
  { name: 'our address without an origin', sender: { id: ID, url: PAGE } },
  { name: 'our address, origin of a site', sender: { id: ID, url: PAGE, origin: SITE_ORIGIN, tab } },
  { name: 'our address, opaque origin', sender: { id: ID, url: PAGE, origin: 'null', tab } },
  { name: 'our address, origin with a slash', sender: { id: ID, url: PAGE, origin: ROOT } },
  { name: 'our address, origin with a port', sender: { id: ID, url: PAGE, origin: `${ORIGIN}:443` } },
  {
    name: 'a host that begins like ours',
    sender: { id: ID, url: `${ORIGIN}.evil/src/options/index.html`, origin: `${ORIGIN}.evil`, tab },
  },
  {
    name: 'our address as user info',
    sender: { id: ID, url: `${ORIGIN}@evil.example/`, origin: ORIGIN, tab },
  },
  { name: 'our address in other letters', sender: { id: ID, url: PAGE.toUpperCase(), origin: ORIGIN, tab } },
  { name: 'our address after a space', sender: { id: ID, url: ` ${PAGE}`, origin: ORIGIN, tab } },
  {
    name: 'another scheme',
    sender: { id: ID, url: `moz-extension://${ID}/page.html`, origin: `moz-extension://${ID}`, tab },
  },
  {
    name: 'the address of another extension',
    sender: { id: ID, url: 'chrome-extension://other/page.html', origin: 'chrome-extension://other', tab },
  },
  {
    name: 'a page of ours in a frame of a site',
    sender: { id: ID, url: PAGE, origin: ORIGIN, frameId: 4, tab },
  },
  {
    name: 'a page of ours in a frame of our own',
    sender: { id: ID, url: PAGE, origin: ORIGIN, frameId: 4, tab: ownTab },
  },
  { name: 'a worker of ours', sender: { id: ID, url: SITE, origin: SITE_ORIGIN } },
  { name: 'a content script without an address', sender: { id: ID, tab, frameId: 0 } },
  {
    name: 'a content script in a frame',
    sender: { id: ID, url: SITE, origin: SITE_ORIGIN, tab, frameId: 7 },
    pageOnly: true,
  },
  {
    name: 'a content script in about:blank',
    sender: { id: ID, url: 'about:blank', origin: 'null', tab, frameId: 0 },
  },
  {
    name: 'a content script in a file',
    sender: { id: ID, url: 'file:///home/index.html', origin: 'null', tab, frameId: 0 },
  },
  {
    name: 'a content script in a data: page',
    sender: { id: ID, url: 'data:text/html,x', origin: 'null', tab, frameId: 0 },
  },
  {
    name: 'a content script in a page of the browser',
    sender: { id: ID, url: 'chrome://settings/', origin: 'chrome://settings', tab, frameId: 0 },
  },
  {
    name: 'a content script that says what only pages may',
    sender: { id: ID, url: SITE, origin: SITE_ORIGIN, tab, frameId: 0 },
    pageOnly: true,
  },
  {
    name: 'the same in a tab whose address is ours',
    sender: { id: ID, url: SITE, origin: SITE_ORIGIN, tab: ownTab, frameId: 0 },
    pageOnly: true,
  },
  {
    name: 'the same with our page as its query',
    sender: { id: ID, url: `${SITE}?${PAGE}`, origin: SITE_ORIGIN, tab, frameId: 0 },
    pageOnly: true,
  },
  {
    name: 'the same with our origin',
    sender: { id: ID, url: SITE, origin: ORIGIN, tab, frameId: 0 },
    pageOnly: true,
  },
];
