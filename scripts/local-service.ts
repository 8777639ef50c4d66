/** The sync service on this machine for as long as a script runs, with a data folder that goes with it. */
import { createServer } from 'node:net';
import { startService } from '../server/src/service.ts';
import { newTemporaryFolder, removeFolder } from '../test/support/profile-folder.ts';
import type { Cleanup } from './cleanup.ts';

const HOST = '127.0.0.1';
const DEFAULT_PORT = 8787;

export interface LocalService {
  readonly url: string;
  readonly dataDir: string;
}

/** On `ARQ_PORT` or 8787; on any free port, with a sentence, when that is taken. */
export async function startLocalService(cleanup: Cleanup): Promise<LocalService> {
  const wanted = wantedPort();
  const isFree = await canListen(wanted);
  if (!isFree)
    console.log(`Port ${wanted} is taken (set ARQ_PORT to choose another): the service takes a free one.`);
  const dataDir = newTemporaryFolder('service');
  cleanup.add(() => removeFolder(dataDir));
  const service = await startService({ host: HOST, port: isFree ? wanted : 0, dataDir });
  cleanup.add(() => service.close());
  return { url: service.url, dataDir };
}

/** @throws Error when `ARQ_PORT` is no port number. */
function wantedPort(): number {
  const text = process.env.ARQ_PORT;
  if (text === undefined || text === '') return DEFAULT_PORT;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`ARQ_PORT is "${text}", and that is no port number.`);
  return port;
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, HOST, () => probe.close(() => resolve(true)));
  });
}
