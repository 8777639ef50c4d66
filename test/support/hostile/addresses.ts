/** Pages that misuse addresses: size, floods, secrets in every part. */
import { expect } from 'vitest';
import { button, type Exported, type HostilePage, run } from './hostile-page.ts';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJDYW5hcnlKd3QifQ.Q2FuYXJ5U2lnbmF0dXJl1234';
const visits = (records: readonly Exported[]) => records.filter(({ kind }) => kind === 'visit');
/** Fifty at once, two a second, and the page itself; a slow machine may take a while for the flood. */
const MOST_VIEWS = 120;

const flood = (name: string, call: string): HostilePage => ({
  name,
  answer: () => `<title>Flood</title>${button('press', 'Floodword')}`,
  act: async (page) => {
    await run(
      page,
      `for (let i = 0; i < 250; i++) try { history.${call}({}, '', '/view' + i + '?token=CanaryFlood' + i); } catch {}`,
    );
    await page.click('press');
  },
  never: ['CanaryFlood'],
  drops: 50,
  check(records) {
    expect(visits(records).length).toBeGreaterThan(1);
    expect(visits(records).length).toBeLessThan(MOST_VIEWS);
  },
});

export const ADDRESSES: readonly HostilePage[] = [
  {
    name: 'giant-url',
    path: `/${'long/'.repeat(8_000)}?q=${'x'.repeat(8_000)}&token=CanaryGiant`,
    answer: () => '<title>Giantaddress</title>',
    never: ['CanaryGiant'],
    kept: ['Giantaddress'],
    check: (records) => expect(Math.max(...records.map(({ url }) => url.length))).toBeLessThanOrEqual(2_048),
  },
  flood('push-flood', 'pushState'),
  flood('replace-flood', 'replaceState'),
  {
    name: 'hash-flood',
    answer: () => '<title>Hashflood</title>',
    act: (page) =>
      run(
        page,
        `for (let i = 0; i < 150; i++) try { location.hash = 'access_token=CanaryHash' + i; } catch {}`,
      ),
    never: ['CanaryHash'],
    kept: ['Hashflood'],
    check: (records) => expect(records).toHaveLength(1),
  },
  {
    name: 'surrogates',
    path: '/%ED%A0%80/%FF%FE?q=%ED%A0%80&r=%00',
    answer: () => `<meta charset="utf-8"><title>Surrogateword</title>${button('press', 'Pressword')}`,
    act: async (page) => {
      await run(
        page,
        `document.title = 'Surrogateword \\ud800 and \\udc00';
         document.querySelector('button').setAttribute('aria-label', 'Halfword \\ud83d');
         try { history.pushState({}, '', '/half\\ud800?\\udfff=\\ud800#\\ud800'); } catch {}`,
      );
      await page.click('press');
    },
    kept: ['Surrogateword', 'Halfword'],
    check(records) {
      for (const record of records) expect(JSON.stringify(record)).not.toMatch(/\\ud[89a-f]/i);
    },
  },
  {
    name: 'userinfo',
    answer: ({ host, port }) =>
      `<title>Userinfo</title><a data-testid="link" onclick="return false" href="http://canaryuser:CanaryPass1@${host}:${port}/next">Linkword</a>`,
    act: (page) => page.click('link'),
    never: ['CanaryPass1', 'canaryuser'],
    kept: ['Linkword', '/next'],
  },
  {
    name: 'secrets-in-address',
    path: `/a;jsessionid=CanarySess1/reset-password/CanaryReset7f3a9c2e5b8d/x?token=CanaryTok1&a=1&api_key=CanaryKey1&x=${JWT}&next=%2Fcb%3Ftoken%3DCanaryNested1%26state%3D1&deep=%257B%2522token%2522%253A%2522CanaryJson1%2522%257D#access_token=CanaryFrag1`,
    answer: () => '<title>Secretaddress</title>',
    never: [
      'CanarySess1',
      'CanaryReset7f',
      'CanaryTok1',
      'CanaryKey1',
      'eyJzdWIi',
      'CanaryNested1',
      'CanaryJson1',
      'CanaryFrag1',
    ],
    kept: ['Secretaddress', 'a=1'],
  },
  {
    name: 'title-is-address',
    path: '/page?session=CanaryTitleSess1',
    answer: ({ host, port, path }) =>
      `<title>http://${host}:${port}${path}</title>${button('press', `http://${host}:${port}/x?token=CanaryLabelTok1`)}`,
    act: (page) => page.click('press'),
    never: ['CanaryTitleSess1', 'CanaryLabelTok1'],
  },
  {
    name: 'refresh-loop',
    path: '/?n=0&sid=CanaryLoop0',
    answer({ path }) {
      const n = Number(/n=(\d+)/.exec(path)?.[1]);
      return n < 12
        ? `<title>Loop ${n}</title><meta http-equiv="refresh" content="0; url=/?n=${n + 1}&sid=CanaryLoop${n}">`
        : '<title>Loopend</title><p data-testid="end">end</p>';
    },
    act: (page) => page.waitFor('end', { timeoutMs: 20_000 }),
    never: ['CanaryLoop'],
    kept: ['Loopend'],
  },
  {
    name: 'redirects',
    path: '/hop?n=0&code=CanaryCode0',
    answer({ path }) {
      const n = Number(/n=(\d+)/.exec(path)?.[1]);
      return n < 10
        ? {
            status: 302,
            headers: { location: `/hop?n=${n + 1}&code=CanaryCode${n}&id_token=CanaryIdTok${n}` },
          }
        : '<title>Redirectend</title>';
    },
    never: ['CanaryCode', 'CanaryIdTok'],
    kept: ['Redirectend'],
    check: (records) => expect(visits(records)).toHaveLength(1),
  },
  {
    name: 'script-hrefs',
    answer: () =>
      `<title>Hrefs</title>${[
        'javascript:void%20"CanaryScript1"',
        'data:text/plain,CanaryData1',
        'blob:null/CanaryBlob1',
        'file:///CanaryFile1',
        'mailto:canary.mail@somewhere.example',
        'tel:+4930901820',
        'chrome://CanaryChrome1',
        'intent://CanaryIntent1',
      ]
        .map(
          (href, i) =>
            `<p><a data-testid="link${i}" onclick="return false" href='${href}'>Hrefword${i}</a></p>`,
        )
        .join('')}`,
    act: async (page) => {
      for (let i = 0; i < 8; i++) await page.click(`link${i}`);
    },
    never: [
      'CanaryScript1',
      'CanaryData1',
      'CanaryBlob1',
      'CanaryFile1',
      'canary.mail',
      '30901820',
      'CanaryChrome1',
      'CanaryIntent1',
    ],
    kept: ['Hrefword0', 'Hrefword7'],
  },
];
