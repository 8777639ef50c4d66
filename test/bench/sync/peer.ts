/** The same records to a second device: ours beside PouchDB, each with two processes for the devices and the service in this one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startService } from '../../../server/src/service.ts';
import { startCouch } from './couch.ts';
import { startCountingProxy } from './counting-proxy.ts';
import { startDevice } from './device.ts';

export interface Moved {
  readonly subject: string;
  readonly records: number;
  readonly uploadMs: number;
  readonly downloadMs: number;
  /** On the wire, both ways. */
  readonly uploadBytes: number;
  readonly downloadBytes: number;
}

interface Server {
  readonly port: number;
  close(): Promise<void>;
}

async function move(subject: string, script: string, server: Server, records: number): Promise<Moved> {
  const proxy = await startCountingProxy(server.port);
  const url = `http://127.0.0.1:${proxy.port}`;
  const [one, two] = [startDevice(script), startDevice(script)];
  const bytes = () => {
    const { up, down } = proxy.take();
    return up + down;
  };
  try {
    await one.fill(records);
    bytes();
    const { ms: uploadMs, more } = await one.upload(url);
    const uploadBytes = bytes();
    const downloadMs = await two.download({ from: more, records });
    return { subject, records, uploadMs, downloadMs, uploadBytes, downloadBytes: bytes() };
  } finally {
    one.end();
    two.end();
    await proxy.close();
    await server.close();
  }
}

export async function moveOurs(records: number): Promise<Moved> {
  const dataDir = mkdtempSync(join(tmpdir(), 'arq-bench-'));
  const service = await startService({ host: '127.0.0.1', port: 0, dataDir });
  const server = {
    port: Number(new URL(service.url).port),
    async close() {
      await service.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return move('ARQ', 'arq-device.ts', server, records);
}

export const movePeer = async (records: number): Promise<Moved> =>
  move('PouchDB', 'pouch-device.ts', await startCouch(), records);
