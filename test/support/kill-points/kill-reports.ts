/** Where a background says that it came to the point where it is to be killed (in-background.ts). */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Report } from './in-background.ts';

export interface KillReports {
  readonly url: string;
  /** The next one that comes. */
  next(): Promise<Report>;
  close(): Promise<void>;
}

export async function startKillReports(): Promise<KillReports> {
  let tell: (report: Report) => void = () => {};
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      response.end();
      tell(JSON.parse(Buffer.concat(parts).toString()) as Report);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    next: () => new Promise((resolve) => (tell = resolve)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
