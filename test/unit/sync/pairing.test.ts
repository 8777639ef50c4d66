import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Bytes, toBase64Url } from '../../../src/base/bytes.ts';
import { LIMITS } from '../../../src/protocol/limits.ts';
import { formatCode, type PairingCode, parseCode } from '../../../src/sync/pairing.ts';
import { SyncWorld, type TestDevice } from '../../support/sync-world.ts';

let world: SyncWorld;
let a: TestDevice;
let b: TestDevice;

beforeEach(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  world = new SyncWorld();
  a = await world.device('a');
  b = await world.device('b');
  await world.create(a);
});
afterEach(() => {
  vi.restoreAllMocks();
  world.end();
});

async function code(): Promise<string> {
  const made = await a.run(() => a.sync.invite());
  if (!made.ok) throw new Error(made.error.message);
  return made.value.code;
}
const join = (device: TestDevice, text: string) => device.run(() => device.sync.join(text, device.name));
const changed = (text: string, change: (code: PairingCode) => Partial<PairingCode>): string => {
  const parsed = parseCode(text) as PairingCode;
  return formatCode({ ...parsed, ...change(parsed) });
};
const flipped = (bytes: Bytes): Bytes => bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte));

/** The sentence is what the person reads; afterwards nothing is different on the device. */
async function refused(device: TestDevice, text: string): Promise<string> {
  const master = device.store.vault.masterKey();
  const joined = await join(device, text);
  expect(joined.ok).toBe(false);
  expect(device.sync.state()).toEqual({ phase: 'off' });
  expect(device.store.vault.masterKey()).toEqual(master);
  expect(await device.outbox()).toBe(0);
  expect(device.store.syncing).toBe(false);
  return joined.ok ? '' : `${joined.error.code}: ${joined.error.message}`;
}

describe('a pairing code', () => {
  it('brings a device into the account, however it was broken into lines', async () => {
    const text = await code();
    const mailed = `  ${text.slice(0, 20)}\r\n  ${text.slice(20, 40)}\n${text.slice(40)} \n`;
    expect(await join(b, mailed.replace('arq1:', 'Arq1:'))).toEqual({ ok: true, value: null });
    await world.settle();
    expect(
      b.sync
        .state()
        .devices?.map(({ name }) => name)
        .sort(),
    ).toEqual(['a', 'b']);
  });

  it('that is none is refused before anything is asked', async () => {
    const text = await code();
    for (const wrong of [
      '',
      'arq1:',
      'hello',
      text.slice(0, -1),
      text.slice(5),
      text.split('#')[0] as string,
      text.replace('https:', 'http:'),
      text.replace('service.example', 'user:pw@service.example'),
      text.replace('/', '/x/'),
      `${text}AA`,
    ]) {
      expect(await refused(b, wrong)).toMatch(/^bad-code: That is not a pairing code\./);
    }
    expect(b.network.sent).toEqual([]);
  });

  it('with a wrong secret is refused by both ends, at once', async () => {
    const wrong = changed(await code(), ({ secret }) => ({ secret: flipped(secret) }));
    expect(await refused(b, wrong)).toMatch(
      /^pair-refused: .*does not come from the device that made this code/,
    );
    // The channel is used up: the right secret comes too late.
    const again = changed(wrong, ({ secret }) => ({ secret: flipped(secret) }));
    expect(await refused(b, again)).toMatch(/^GONE: This pairing code was used or has expired/);
    await a.round();
    expect(a.sync.state().devices).toHaveLength(1);
  });

  it('in other case is another code', async () => {
    const text = await code();
    const at = text.lastIndexOf('/') + 1;
    const swapped = [...text]
      .map((c, i) =>
        i >= at && i < at + 16 ? (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()) : c,
      )
      .join('');
    expect(await refused(b, swapped)).toMatch(/^NOT_FOUND: The sync service does not have this/);
  });

  it('is good for one device', async () => {
    const text = await code();
    expect((await join(b, text)).ok).toBe(true);
    expect(await refused(await world.device('c'), text)).toMatch(
      /^GONE: This pairing code was used or has expired/,
    );
  });

  it('is good for five minutes', async () => {
    const text = await code();
    world.pass(LIMITS.pairSeconds * 1000);
    expect(await refused(b, text)).toMatch(/^GONE: This pairing code was used or has expired/);
  });

  it('of another channel leads nowhere', async () => {
    const other = changed(await code(), ({ channel }) => ({
      channel: `${channel.startsWith('A') ? 'B' : 'A'}${channel.slice(1)}` as PairingCode['channel'],
    }));
    expect(await refused(b, other)).toMatch(/^NOT_FOUND:/);
  });

  it('for a service that is not there or is none says so', async () => {
    const text = await code();
    b.network.down();
    expect(await refused(b, text)).toMatch(/^unreachable: The sync service does not answer/);
    b.network.up();
    b.network.tamper = () => new Response('<h1>Welcome</h1>');
    expect(await refused(b, text)).toMatch(
      /^not-a-service: What answers at this address is not an ARQ sync service/,
    );
  });
});

describe('a service that meddles with pairing', () => {
  const jsonOf = (value: unknown) =>
    new Response(JSON.stringify(value), { headers: { 'content-type': 'application/json' } });
  const at = (request: Request, end: string) => new URL(request.url).pathname.endsWith(end);

  it('cannot put itself in the place of the inviting device', async () => {
    const own = (await crypto.subtle.generateKey('X25519', true, ['deriveBits'])) as CryptoKeyPair;
    const raw = new Uint8Array(await crypto.subtle.exportKey('raw', own.publicKey));
    for (const [offer, expected] of [
      [toBase64Url(raw), 'pair-refused'],
      // Zero is no public key that anything can be sealed to.
      ['A'.repeat(43), 'bad-offer'],
      ['AAAA', 'bad-offer'],
    ]) {
      const text = await code();
      b.network.tamper = (request, answer) =>
        request.method === 'GET' && /\/pair\/[\w-]+$/.test(new URL(request.url).pathname)
          ? jsonOf({ offer })
          : answer;
      expect(await refused(b, text)).toMatch(new RegExp(`^${expected}:`));
    }
  });

  it('cannot change the answer, nor leave it out, nor answer with the request', async () => {
    for (const [how, expected] of [
      [(message: string) => `${message.startsWith('A') ? 'B' : 'A'}${message.slice(1)}`, 'pair-refused'],
      // Whole bytes, so that it is still a message.
      [(message: string) => message.slice(0, -4 - (message.length % 4)), 'pair-refused'],
      [() => '', 'pair-refused'],
      [() => '%%%', 'bad-message'],
    ] as const) {
      const text = await code();
      b.network.tamper = async (request, answer) => {
        if (!at(request, '/reply') || request.method !== 'GET') return answer;
        const { message } = (await answer.json()) as { message: string };
        return jsonOf({ message: how(message) });
      };
      expect(await refused(b, text)).toMatch(new RegExp(`^${expected}:`));
      b.network.up();
    }
  });

  it('cannot show the joining device a list that was not signed', async () => {
    const text = await code();
    b.network.tamper = async (request, answer) => {
      if (!at(request, '/devices')) return answer;
      const { chain } = (await answer.json()) as { chain: { body: string; signature: string }[] };
      return jsonOf({ chain: chain.map((list) => ({ ...list, signature: 'A'.repeat(86) })) });
    };
    expect(await refused(b, text)).toMatch(/^inconsistent: The device list of this account is not signed/);
  });
});

describe('a pairing that ends in the middle', () => {
  it('is answered when the worker goes on after it had put the device into the list', async () => {
    const text = await code();
    a.network.fate = (_, { method, url }) => (method === 'PUT' && url.endsWith('/reply') ? 'stopped' : 'ok');
    const stopped = new Promise<void>((resolve) => (a.network.onStopped = resolve));
    const joined = join(b, text);
    await stopped;
    a.network.up();
    await a.restart();
    await a.round();
    expect(await joined).toEqual({ ok: true, value: null });
    await world.settle();
    for (const device of [a, b]) expect(device.sync.state().devices).toHaveLength(2);
    // Once.
    a.network.forget();
    await a.round();
    expect(a.network.sent.filter(({ path }) => path.includes('reply'))).toEqual([]);
  });

  it('is not begun where there is no room for another device', async () => {
    Object.assign(world.service.deps.limits, { devices: 1 });
    await a.restart();
    await a.round();
    const made = await a.run(() => a.sync.invite());
    expect(made).toMatchObject({
      ok: false,
      error: {
        code: 'devices-full',
        message: expect.stringMatching(/^This account can have no more devices/),
      },
    });
  });

  it('tells the other one at once where there was no room left meanwhile', async () => {
    const text = await code();
    Object.assign(world.service.deps.limits, { devices: 1 });
    expect(await join(b, text)).toMatchObject({ ok: false, error: { code: 'pair-refused' } });
  });
});
