/** The whole service on a free port of this machine, on LevelDB, within the test's own process. */
import { LIMITS, type Limits } from '../../../src/protocol/limits.ts';
import { newTemporaryFolder, removeFolder } from '../../../test/support/profile-folder.ts';
import { type Service, type ServiceOptions, startService } from '../../src/service.ts';
import { joinService, type TestClient } from './client.ts';
import { newDevice, nextList } from './identity.ts';

export interface OnLoopback extends Service {
  /** A new account with so many devices. */
  join(
    devices: number,
  ): Promise<{ clients: TestClient[]; keepOnly(kept: readonly TestClient[]): Promise<void> }>;
}

/** A request that is collected no longer passes its signal on (Node 20): an abort would end nothing. */
const alive: Request[] = [];
const send = (request: Request): Promise<Response> => {
  alive.push(request);
  return fetch(request);
};

/** Rates that no test meets by accident. */
const NO_RATES = { requestsPerSecond: 1e6, requestBurst: 1e6, accountsPerHour: 1e6 };

export async function onLoopback(
  limits: Partial<Limits> = {},
  times: ServiceOptions['times'] = {},
): Promise<OnLoopback> {
  const dataDir = newTemporaryFolder('loopback');
  const service = await startService({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    limits: { ...LIMITS, ...NO_RATES, ...limits },
    times,
  });
  const { url } = service;
  return {
    url,
    async close() {
      await service.close();
      removeFolder(dataDir);
    },
    async join(count) {
      const first = await joinService(send, url, Date.now);
      const others = await Promise.all(Array.from({ length: count - 1 }, newDevice));
      const devices = [first.device, ...others];
      let newest = first.made.first;
      const keep = async (kept: typeof devices) => {
        newest = await nextList(newest, first.device, kept);
        const { status } = await first.postList(newest.signed);
        if (status !== 200) throw new Error(`the list was not taken: ${status}`);
      };
      if (count > 1) await keep(devices);
      return {
        clients: [first, ...others.map((device) => first.as(device))],
        keepOnly: (kept) => keep(kept.map(({ device }) => device)),
      };
    },
  };
}
