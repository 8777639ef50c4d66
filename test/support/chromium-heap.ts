/**
 * The heap of any worker in Chromium, over the DevTools protocol. Playwright opens no session to a dedicated worker, so its
 * commands travel inside the browser's own session (`Target.sendMessageToTarget`).
 */
import type { CDPSession } from 'playwright-core';
import { within } from './wait-for.ts';

export interface HeapUsage {
  /** JavaScript objects, bytes. */
  readonly usedSize: number;
  /** Of the browser's own objects behind them, bytes. */
  readonly embedderHeapUsedSize: number;
  /** ArrayBuffers and WebAssembly memory, bytes. */
  readonly backingStorageSize: number;
}

export const heapTotal = (usage: HeapUsage): number =>
  usage.usedSize + usage.embedderHeapUsedSize + usage.backingStorageSize;

export interface HeapProbe {
  /** @param collect with a garbage collection before. */
  read(collect: boolean): Promise<HeapUsage>;
  detach(): Promise<void>;
}

interface Reply {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

interface TargetInfo {
  readonly targetId: string;
  readonly type: string;
  readonly url: string;
}

/**
 * @param isIt told of each target's type (`worker`, `service_worker`) and address.
 * @throws Error when there is no such worker.
 */
export async function probeHeap(
  browser: CDPSession,
  isIt: (type: string, url: string) => boolean,
): Promise<HeapProbe> {
  const filter = [{}];
  const { targetInfos } = (await browser.send('Target.getTargets', { filter } as never)) as unknown as {
    targetInfos: TargetInfo[];
  };
  const target = targetInfos.find(({ type, url }) => isIt(type, url));
  if (target === undefined)
    throw new Error(
      `No such worker among ${targetInfos.map(({ type, url }) => `${type} ${url}`).join(', ')}`,
    );
  const { sessionId } = await browser.send('Target.attachToTarget', {
    targetId: target.targetId,
    flatten: false,
  });
  const waiting = new Map<number, (answer: Reply) => void>();
  const receive = (event: { sessionId: string; message: string }) => {
    if (event.sessionId !== sessionId) return;
    const answer = JSON.parse(event.message) as Reply;
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
  };
  browser.on('Target.receivedMessageFromTarget', receive);
  let next = 1;
  const send = (method: string): Promise<unknown> => {
    const id = next++;
    const answered = new Promise<unknown>((resolve, reject) => {
      waiting.set(id, ({ result, error }) => {
        waiting.delete(id);
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result);
      });
    });
    const message = JSON.stringify({ id, method });
    const sent = browser.send('Target.sendMessageToTarget', { sessionId, message });
    return within(120_000, `${method} was not answered`, Promise.all([answered, sent])).then(([a]) => a);
  };
  return {
    async read(collect) {
      if (collect) {
        await send('HeapProfiler.enable');
        await send('HeapProfiler.collectGarbage');
        // Once more: buffers go with the collection after that of their objects.
        await send('HeapProfiler.collectGarbage');
        await send('HeapProfiler.disable');
      }
      return (await send('Runtime.getHeapUsage')) as HeapUsage;
    },
    async detach() {
      browser.off('Target.receivedMessageFromTarget', receive);
      await browser.send('Target.detachFromTarget', { sessionId });
    },
  };
}
