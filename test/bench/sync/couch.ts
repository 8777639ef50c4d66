/** A server that speaks CouchDB's protocol: express-pouchdb on databases in memory, on this machine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import expressPouchDB from 'express-pouchdb';
import memory from 'pouchdb-adapter-memory';
import PouchDB from 'pouchdb-core';
import replication from 'pouchdb-replication';

export interface Couch {
  readonly port: number;
  close(): Promise<void>;
}

export async function startCouch(): Promise<Couch> {
  const folder = mkdtempSync(join(tmpdir(), 'arq-couch-'));
  PouchDB.plugin(memory).plugin(replication);
  const app = express();
  // From the page of another port.
  app.use((request, response, next) => {
    response.set('access-control-allow-origin', request.get('origin') ?? '*');
    response.set('access-control-allow-credentials', 'true');
    response.set('access-control-allow-headers', 'content-type, accept');
    response.set('access-control-allow-methods', 'GET, PUT, POST, DELETE, HEAD');
    if (request.method === 'OPTIONS') response.status(204).end();
    else next();
  });
  app.use(
    expressPouchDB(PouchDB.defaults({ adapter: 'memory' }), {
      mode: 'minimumForPouchDB',
      inMemoryConfig: true,
      logPath: join(folder, 'log.txt'),
    }),
  );
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
