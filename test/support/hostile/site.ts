/** Serves hostile pages on a free loopback port, each under its own host name; any other host gets a plain page. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebServer } from '../web-server.ts';
import { ADDRESSES } from './addresses.ts';
import type { HostilePage } from './hostile-page.ts';
import { hostOf } from './hostile-page.ts';
import { SCRIPTS } from './scripts.ts';
import { WORDS } from './words.ts';

export const HOSTILE_THEMES: readonly (readonly HostilePage[])[] = [ADDRESSES, WORDS, SCRIPTS];
export const HOSTILE_PAGES = HOSTILE_THEMES.flat();

/** What the frames of `frames` show comes from other hosts. */
const pageAt = (host: string): HostilePage | undefined =>
  HOSTILE_PAGES.find(({ name }) => host === hostOf(name)) ??
  (/^frame\d\./.test(host) ? HOSTILE_PAGES.find(({ name }) => name === 'frames') : undefined);

export async function startHostileSite(): Promise<WebServer> {
  const server = createServer({ maxHeaderSize: 512 * 1024 }, (request, response) => {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    const path = request.url ?? '/';
    const found = pageAt(host)?.answer({ host, path, port }) ?? plain(path);
    const { status = 200, headers = {}, body = '' } = typeof found === 'string' ? { body: found } : found;
    response.writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      ...headers,
    });
    const isHtml = !/image|script/.test(headers['content-type'] ?? '');
    response.end(isHtml ? `<!doctype html><meta charset="utf-8">${body}` : body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const plain = (path: string): string =>
  `<title>Plain ${path}</title><button data-testid="press" style="width:9em">Press</button><iframe srcdoc="x"></iframe><p>Some words</p>`;
