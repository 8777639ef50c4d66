/** The real service on this machine, in a folder of its own, behind a proxy that counts bytes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startService } from '../../../server/src/service.ts';
import { startCountingProxy } from './counting-proxy.ts';

export interface BenchService {
  readonly url: string;
  /** On the wire, both ways, since the last call. */
  takeBytes(): number;
  close(): Promise<void>;
}

export async function startBenchService(): Promise<BenchService> {
  const dataDir = mkdtempSync(join(tmpdir(), 'arq-bench-'));
  const service = await startService({ host: '127.0.0.1', port: 0, dataDir });
  const proxy = await startCountingProxy(Number(new URL(service.url).port));
  return {
    url: `http://127.0.0.1:${proxy.port}`,
    takeBytes() {
      const { up, down } = proxy.take();
      return up + down;
    },
    async close() {
      await proxy.close();
      await service.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
