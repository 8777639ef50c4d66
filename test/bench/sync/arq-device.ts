/** Our background in Node, on a database in memory and a fake browser, with real cryptography, timers and network. */
import '../../support/fake-browser.ts';
import { openServices, type Services } from '../../../src/background/services.ts';
import { type Device, serveDevice } from './device.ts';
import { recordDays } from './records.ts';

const DAYS_AT_ONCE = 30;
let services: Services | undefined;
const opened = async (): Promise<Services> => {
  services ??= await openServices({ onBlocked() {}, onClosed() {}, onStatus() {} });
  return services;
};
const unwrap = <T>(result: { ok: true; value: T } | { ok: false; error: { message: string } }): T => {
  if (result.ok) return result.value;
  throw new Error(result.error.message);
};

/** The service asks to wait when it gets more than ten requests a second; an alarm would go on then. */
const WAIT_MS = 1_100;
const TRIES = 100;

/** Rounds until nothing waits any more. */
async function sent({ sync, profile }: Services): Promise<void> {
  let waits = 0;
  for (;;) {
    await sync.run();
    const isDone = sync.state().phase === 'synced' && (await profile.store.db.count('outbox')) === 0;
    if (isDone || waits === TRIES) break;
    if (sync.state().phase === 'synced') continue;
    waits += 1;
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  }
  if (waits > 0) console.error(`asked to wait ${waits} times`);
  if (sync.state().phase !== 'synced') throw new Error(`not synced: ${JSON.stringify(sync.state())}`);
}

const device: Device = {
  async fill(records) {
    const { profile } = await opened();
    await profile.change({ consent: 'accepted' });
    let some = new Map();
    const add = async () => {
      await profile.store.addDays(some);
      some = new Map();
    };
    for (const { day, events } of recordDays(records, profile.store.vault.deviceId)) {
      some.set(day, events);
      if (some.size === DAYS_AT_ONCE) await add();
    }
    await add();
    return null;
  },
  async upload(url) {
    const now = await opened();
    const startMs = performance.now();
    unwrap(await now.sync.create(url, 'Bench one'));
    await sent(now);
    const ms = performance.now() - startMs;
    // Until it may ask for more again.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    return { ms, more: await device.invite(null) };
  },
  async invite() {
    return unwrap(await (await opened()).sync.invite()).code;
  },
};
serveDevice(device);
