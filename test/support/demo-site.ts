/** Serves the demo pages on a free loopback port, under whatever host name the browser asks for. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DEMO_PAGES, type DemoPage } from './demo-pages.ts';
import { renderPage, renderPlain } from './demo-render.ts';

export interface DemoSite {
  readonly port: number;
  /** The address of a page, as a browser shows it. */
  url(page: DemoPage): string;
  /** Any host and path: unknown ones get a plain page titled `Plain PATH`, for pages that only one test needs. */
  address(host: string, path: string): string;
  /** What was asked for so far, as `host/path`, without the port. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

export async function startDemoSite(): Promise<DemoSite> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const host = (request.headers.host ?? '').split(':')[0] ?? '';
    if (request.url !== '/favicon.ico') requests.push(`${host}${request.url}`);
    answer(request, response, host, port);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const address = (host: string, path: string) => `http://${host}:${port}${path}`;
  return {
    port,
    requests,
    address,
    url: ({ host, path }) => address(host, path),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(request: IncomingMessage, response: ServerResponse, host: string, port: number): void {
  const path = request.url ?? '/';
  if (path === '/favicon.ico') return void response.writeHead(204).end();
  // A fragment never reaches the server.
  const page = DEMO_PAGES.find(
    (candidate) => candidate.host === host && candidate.path.split('#')[0] === path,
  );
  if (page?.kind === 'redirect-http')
    return void response.writeHead(301, { location: page.leadsTo ?? '/' }).end();
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  response.end(page === undefined ? renderPlain(path) : renderPage(page, port));
}
