/**
 * An HTTP proxy that notes where every request of a browser goes. Only what leads to this machine is passed on, so that nothing leaves
 * it; every other request is noted and refused.
 */
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { LaunchOptions } from './browser.ts';

export interface CapturingProxy {
  /** `host:port` of every request since the last `forget`, each once. */
  targets(): string[];
  forget(): void;
  /** What makes a browser use it for everything, this machine included. */
  readonly launch: Pick<LaunchOptions, 'chromiumArgs' | 'firefoxPrefs'>;
  close(): Promise<void>;
}

const isHere = (host: string): boolean =>
  host === '127.0.0.1' || host === 'localhost' || host.endsWith('.example');

export async function startCapturingProxy(): Promise<CapturingProxy> {
  const seen = new Set<string>();
  const sockets = new Set<Socket>();

  function pass(request: IncomingMessage, response: ServerResponse): void {
    const url = URL.parse(request.url ?? '');
    if (!url) return void response.writeHead(400).end();
    const port = Number(url.port || 80);
    seen.add(`${url.hostname}:${port}`);
    if (!isHere(url.hostname)) return void response.writeHead(502).end();
    const { method, headers } = request;
    const onwards = httpRequest(
      { host: '127.0.0.1', port, method, headers, path: url.pathname + url.search },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onwards.on('error', () => response.destroy());
    response.on('close', () => onwards.destroy());
    request.pipe(onwards);
  }

  const server = createServer(pass);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  // What is encrypted, and WebSockets.
  server.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const target = URL.parse(`http://${request.url}`);
    const [host, port] = [target?.hostname ?? '', Number(target?.port || 80)];
    seen.add(`${host}:${port}`);
    socket.on('error', () => socket.destroy());
    if (!isHere(host)) return void socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    const onwards = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onwards.write(head);
      onwards.pipe(socket).pipe(onwards);
    });
    sockets.add(onwards);
    onwards.on('error', () => socket.destroy());
    onwards.on('close', () => {
      sockets.delete(onwards);
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    targets: () => [...seen].sort(),
    forget: () => seen.clear(),
    launch: {
      // Without the second one requests to this machine would go past it.
      chromiumArgs: [`--proxy-server=http://127.0.0.1:${port}`, '--proxy-bypass-list=<-loopback>'],
      firefoxPrefs: {
        'network.proxy.type': 1,
        'network.proxy.http': '127.0.0.1',
        'network.proxy.http_port': port,
        'network.proxy.ssl': '127.0.0.1',
        'network.proxy.ssl_port': port,
        'network.proxy.no_proxies_on': '',
        'network.proxy.allow_hijacking_localhost': true,
      },
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
