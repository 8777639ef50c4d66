/** Pages for a test: any host name, one free port on loopback. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface WebServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Anything but HTML. */
interface Other {
  readonly type: string;
  readonly body: string | Uint8Array;
}

/** `page` gets host (without port) and path with query, and answers with HTML, or with something else. */
export async function startWebServer(
  page: (host: string, path: string) => string | Other,
): Promise<WebServer> {
  const server = createServer((request, response) => {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    const answer = page(host, request.url ?? '/');
    const isPage = typeof answer === 'string';
    response.setHeader('content-type', `${isPage ? 'text/html' : answer.type}; charset=utf-8`);
    response.end(isPage ? `<!doctype html><meta charset="utf-8">${answer}` : answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
