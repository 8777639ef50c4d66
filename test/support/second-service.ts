/** The same service twice: as it was at some moment, by the same requests at the same times. From then on each goes its own way. */
import { type InProcess, inProcess } from '../../server/test/support/in-process.ts';
import type { SyncWorld, TestDevice } from './sync-world.ts';

export class RecordedService {
  readonly #requests: { readonly request: Request; readonly atMs: number }[] = [];

  /** Before anything was asked of it. */
  constructor(private readonly world: SyncWorld) {
    const service = world.service as { send: InProcess['send'] };
    const { send } = service;
    service.send = (request) => {
      // Questions change nothing, and some wait for news.
      if (request.method !== 'GET')
        this.#requests.push({ request: request.clone(), atMs: world.service.clock.nowMs() });
      return send(request);
    };
  }

  /** How many requests there were: a moment to go back to. */
  get moment(): number {
    return this.#requests.length;
  }

  async copy(moment = this.moment): Promise<InProcess> {
    const copy = inProcess();
    for (const { request, atMs } of this.#requests.slice(0, moment)) {
      copy.clock.set(atMs);
      await copy.send(request.clone());
    }
    copy.clock.set(this.world.service.clock.nowMs());
    return copy;
  }
}

/** From now on this device talks to that service. */
export function leadTo(device: TestDevice, service: InProcess): void {
  (device.network as unknown as { service: InProcess }).service = service;
}
