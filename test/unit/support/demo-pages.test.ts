import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  APP_PAGES,
  canaryWords,
  coinedWord,
  DEMO_PAGES,
  demoPage,
  pageAfter,
  SEARCH_HOSTS,
} from '../../support/demo-pages.ts';
import { type DemoSite, startDemoSite } from '../../support/demo-site.ts';

test('there are thirty pages or more, each at an address of its own', () => {
  expect(DEMO_PAGES.length).toBeGreaterThanOrEqual(30);
  expect(new Set(DEMO_PAGES.map(({ host, path }) => host + path)).size).toBe(DEMO_PAGES.length);
});

test('coined words never repeat', () => {
  const words = Array.from({ length: 5_000 }, (_, n) => coinedWord(n));
  expect(new Set(words).size).toBe(words.length);
});

test('every page has canary words, and no page has those of another one', () => {
  const all = DEMO_PAGES.flatMap((page) => [...canaryWords(page), page.bodyWord]);
  expect(DEMO_PAGES.every((page) => canaryWords(page).length > 0)).toBe(true);
  // The targets of redirects stand in their own address only.
  expect(new Set(all).size).toBe(all.length);
});

test('every host is a reserved name or a search engine', () => {
  const engines: readonly string[] = SEARCH_HOSTS;
  expect(DEMO_PAGES.filter(({ host }) => !host.endsWith('.example') && !engines.includes(host))).toEqual([]);
});

test('a search page carries its query in its address', () => {
  const searches = DEMO_PAGES.filter(({ kind }) => kind === 'search');
  expect(searches.length).toBe(SEARCH_HOSTS.length);
  for (const { path, query } of searches) expect(new URL(path, 'http://x').searchParams.get('q')).toBe(query);
});

test('links go round: after the last article comes the first', () => {
  const last = DEMO_PAGES.at(-1);
  expect(last && pageAfter(last)).toBe(DEMO_PAGES[0]);
});

test('an unknown page is an error, not undefined', () => {
  expect(() => demoPage('nowhere.example')).toThrow('nowhere.example');
});

let site: DemoSite;
beforeAll(async () => {
  site = await startDemoSite();
});
afterAll(() => site.close());

// Node's fetch does not let a caller choose the host name, and the server decides by it.
async function get(
  host: string,
  path: string,
): Promise<{ status: number; body: string; location: string | undefined }> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port: site.port, path, headers: { host: `${host}:${site.port}` } },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body, location: response.headers.location }),
        );
      },
    );
    sent.on('error', reject).end();
  });
}

test('the site serves every page with its title and its clicks', async () => {
  for (const page of DEMO_PAGES) {
    const { status, body, location } = await get(page.host, page.path.split('#')[0] ?? '/');
    if (page.kind === 'redirect-http') {
      expect([status, location]).toEqual([301, page.leadsTo]);
      continue;
    }
    expect(body).toContain(`<title>${page.title}</title>`);
    if (!APP_PAGES.includes(page)) for (const { text } of page.clicks) expect(body).toContain(text);
  }
  expect(site.requests.length).toBe(DEMO_PAGES.length);
});

test('a page that no list knows is named after its path', async () => {
  expect((await get('other.example', '/made-up?x=1')).body).toContain('<title>Plain /made-up?x=1</title>');
});
