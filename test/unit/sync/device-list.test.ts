import { beforeEach, describe, expect, it } from 'vitest';
import { toBase64Url } from '../../../src/base/bytes.ts';
import { sha256 } from '../../../src/crypto/primitives.ts';
import { generateDeviceKeys, sign } from '../../../src/crypto/signing.ts';
import {
  type DeviceList,
  deviceIdOf,
  encodeList,
  hashOfSigned,
  readList,
  signedBytes,
} from '../../../src/protocol/device-list.ts';
import { CHAIN_BYTES, type SignedList } from '../../../src/protocol/wire.ts';
import { SyncWorld, type TestDevice } from '../../support/sync-world.ts';
import { a, b, usePair, world } from '../../support/two-devices.ts';

usePair();

let chain: readonly SignedList[];

beforeEach(async () => {
  chain = await world.service.deps.store.deviceChain(await world.accountId());
});

/** What A says when the service shows it this chain. Nothing may have been sent then. */
async function shown(to: TestDevice, shownChain: readonly SignedList[]): Promise<string> {
  await to.visit('one.example', '/waits');
  const waiting = await to.outbox();
  to.network.forget();
  to.network.tamper = (request, answer) =>
    request.url.endsWith('/v1/devices')
      ? new Response(JSON.stringify({ chain: shownChain }), {
          headers: { 'content-type': 'application/json' },
        })
      : answer;
  const state = await to.round();
  to.network.up();
  if (state.phase !== 'synced') {
    expect(to.network.sent.map(({ path }) => path)).toEqual(['/v1/devices']);
    expect(await to.outbox()).toBe(waiting);
  }
  return `${state.phase}: ${state.message ?? ''}`;
}

const listOf = (signed: SignedList | undefined): DeviceList => readList(signed as SignedList) as DeviceList;

async function signedBy(key: CryptoKey, list: DeviceList): Promise<SignedList> {
  const body = encodeList(list);
  return { body: toBase64Url(body), signature: toBase64Url(await sign(key, signedBytes(body))) };
}

/** The version after the newest, signed by `signer`, with some changes. */
async function next(signer: TestDevice, change: Partial<DeviceList>): Promise<SignedList> {
  const newest = chain.at(-1) as SignedList;
  const list = listOf(newest);
  return signedBy(signer.store.vault.device.sign.privateKey, {
    ...list,
    version: list.version + 1,
    previous: await hashOfSigned(newest, { sha256 }),
    signer: signer.store.vault.deviceId as DeviceList['devices'][number]['id'],
    ...change,
  });
}

const NOT_SIGNED = /^error: The device list at the sync service is not signed as it must be\./;
const OLDER = /^error: The sync service shows an older device list than before\./;

describe('a device list', () => {
  it('as it is, and one version more, is taken', async () => {
    expect(await shown(a, chain)).toBe('synced: ');
    expect(await shown(a, [...chain, await next(b, {})])).toBe('synced: ');
  });

  it('with a signature of somebody else is refused', async () => {
    const stranger = await generateDeviceKeys();
    const forged = listOf(await next(b, {}));
    expect(await shown(a, [...chain, await signedBy(stranger.sign.privateKey, forged)])).toMatch(NOT_SIGNED);
    // A signature moved from another version.
    const [first, second] = chain as [SignedList, SignedList];
    expect(await shown(a, [first, { ...second, signature: first.signature }])).toMatch(NOT_SIGNED);
  });

  it('that adds a device nobody in it signed for is refused', async () => {
    const stranger = await generateDeviceKeys();
    const id = await deviceIdOf(stranger.signPublic, stranger.kemPublic, { sha256 });
    const listed = {
      id,
      sign: toBase64Url(stranger.signPublic),
      kem: toBase64Url(stranger.kemPublic),
      addedAt: 0,
    };
    const list = listOf(await next(b, {}));
    const added = { ...list, signer: id, devices: [...list.devices, listed] };
    expect(await shown(a, [...chain, await signedBy(stranger.sign.privateKey, added)])).toMatch(NOT_SIGNED);
  });

  it('that leaves out a number, or repeats one, is refused', async () => {
    const version = listOf(chain.at(-1)).version;
    expect(await shown(a, [...chain, await next(b, { version: version + 2 })])).toMatch(NOT_SIGNED);
    expect(await shown(a, [...chain, await next(b, { version })])).toMatch(NOT_SIGNED);
    expect(await shown(a, [...chain, await next(b, { previous: listOf(chain.at(-1)).previous })])).toMatch(
      NOT_SIGNED,
    );
  });

  it('that is signed by a device that was removed is refused', async () => {
    const without = await next(a, {
      devices: listOf(chain.at(-1)).devices.filter(({ id }) => id === a.store.vault.deviceId),
    });
    chain = [...chain, without];
    const back = await next(b, { devices: listOf(chain.at(-2)).devices });
    expect(await shown(a, [...chain, back])).toMatch(NOT_SIGNED);
  });

  it('without its beginning or its middle is refused', async () => {
    expect(await shown(a, chain.slice(1))).toMatch(NOT_SIGNED);
    const third = await next(b, {});
    expect(await shown(a, [chain[0] as SignedList, third])).toMatch(NOT_SIGNED);
  });

  it('of another account is refused', async () => {
    const other = new SyncWorld();
    const stranger = await other.device('stranger');
    await other.create(stranger);
    const theirs = await other.service.deps.store.deviceChain(await other.accountId());
    expect(await shown(a, theirs)).toMatch(NOT_SIGNED);
    stranger.context.stop();
  });

  it('that is older than one seen before is refused, also after a restart', async () => {
    // Every signature in it is good: it was the newest once.
    expect(await shown(a, chain.slice(0, -1))).toMatch(OLDER);
    await a.restart();
    expect(await shown(a, chain.slice(0, -1))).toMatch(OLDER);
    expect(await shown(a, chain)).toBe('synced: ');
  });

  it('that goes on differently from the same beginning is refused', async () => {
    const [first] = chain;
    const newest = chain;
    chain = [first as SignedList];
    const fork = await next(a, { devices: listOf(newest.at(-1)).devices.map((d) => ({ ...d, addedAt: 1 })) });
    expect(await shown(a, [first as SignedList, fork])).toMatch(OLDER);
  });

  it('without this device ends sync here, whoever says so, and keeps what is here', async () => {
    await b.visit('one.example', '/kept');
    const without = await next(a, {
      devices: listOf(chain.at(-1)).devices.filter(({ id }) => id === a.store.vault.deviceId),
    });
    expect(await shown(b, [...chain, without])).toMatch(
      /^error: This device is not part of the account any more/,
    );
    expect(await b.urls()).toContain('https://one.example/kept');
  });
});

it('may be long, up to where it is more than there can be; other answers may not', async () => {
  const padded = async (path: string, bytes: number) => {
    a.network.tamper = async (request, answer) =>
      new URL(request.url).pathname === path
        ? new Response(`${await answer.text()}${' '.repeat(bytes)}`, answer)
        : answer;
    const { phase } = await a.round();
    a.network.up();
    world.pass();
    return phase;
  };
  expect(await padded('/v1/devices', 3_000_000)).toBe('synced');
  expect(await padded('/v1/devices', CHAIN_BYTES)).toBe('error');
  expect(await padded('/v1/changes', 3_000_000)).toBe('error');
});
