/** What the key of the recovery phrase may do at the service, and nothing else. */
import { describe, expect, test } from 'vitest';
import { toBase64Url } from '../../src/base/bytes.ts';
import { type DeviceList, hashOfSigned } from '../../src/protocol/device-list.ts';
import type { DeviceId } from '../../src/protocol/ids.ts';
import { PATHS } from '../../src/protocol/routes.ts';
import { RECOVERY_KEY_ID } from '../../src/protocol/signature.ts';
import { listChecks } from '../src/auth/digest.ts';
import { newAccount, newDevice, randomBytes, signList, type TestDevice } from './support/identity.ts';
import { inProcess, refusalOf } from './support/in-process.ts';
import { nameOf, SIGNED_ROUTES } from './support/routes.ts';

/** Who signs with the recovery key of this account. */
const holderOf = (key: TestDevice['key']): TestDevice => ({
  id: RECOVERY_KEY_ID as DeviceId,
  key,
  listed: {} as TestDevice['listed'],
});

async function account() {
  const service = inProcess();
  const client = await service.join();
  const holder = client.as(holderOf(client.made.genesis));
  const { first, genesis } = client.made;
  /** The version after the first, signed by the phrase. */
  const next = async (change: Partial<DeviceList>) =>
    signList(
      {
        ...first.list,
        version: 2,
        previous: await hashOfSigned(first.signed, listChecks),
        signer: 'genesis',
        ...change,
      },
      genesis,
    );
  return { service, client, holder, next, first };
}

describe('the recovery key', () => {
  test('reads the device list and continues it; the device that it adds may do everything then', async () => {
    const { client, holder, next, first } = await account();
    const read = await holder.call('GET', PATHS.devices);
    expect(await read.json()).toEqual({ chain: [first.signed] });
    const added = await newDevice();
    const list = await next({ devices: [...first.list.devices, added.listed] });
    expect((await client.as(added).call('GET', PATHS.changes)).status).toBe(403);
    expect((await holder.postList(list)).status).toBe(200);
    expect((await client.as(added).call('GET', PATHS.changes)).status).toBe(200);
  });

  test.each(
    SIGNED_ROUTES.filter(({ path }) => path !== PATHS.devices).map(
      (route) => [nameOf(route), route] as const,
    ),
  )('may not %s', async (_, { method, path, options }) => {
    const { client, holder } = await account();
    expect(await refusalOf(await holder.call(method, path, options))).toBe('403 UNKNOWN_DEVICE');
    expect((await client.call('GET', PATHS.changes)).status).toBe(200);
  });

  test('of another account, or another key under its name, is refused', async () => {
    const { client } = await account();
    const stranger = holderOf((await newAccount()).genesis);
    expect(await refusalOf(await client.as(stranger).call('GET', PATHS.devices))).toBe('401 BAD_SIGNATURE');
    const other = (await newAccount()).id;
    expect(await refusalOf(await client.as(stranger, other).call('GET', PATHS.devices))).toBe(
      '403 UNKNOWN_DEVICE',
    );
  });

  test('has its own rate and its own nonces', async () => {
    const { client, holder } = await account();
    const nonce = toBase64Url(randomBytes(16));
    const twist = { nonce };
    expect((await holder.call('GET', PATHS.devices, { twist })).status).toBe(200);
    expect(await refusalOf(await holder.call('GET', PATHS.devices, { twist }))).toBe('401 REPLAYED');
    expect((await client.call('GET', PATHS.devices, { twist })).status).toBe(200);
  });
});

describe('epochs in the device list', () => {
  const keys = {
    atMs: 0,
    commit: toBase64Url(randomBytes(32)),
    recovery: toBase64Url(randomBytes(80)),
    devices: [],
    older: '',
  };

  test.each<[string, Partial<DeviceList>, number]>([
    ['the same epoch again', {}, 200],
    ['the next one with its keys', { epoch: 2, keys }, 200],
    ['the next one without keys', { epoch: 2 }, 400],
    ['one that is left out', { epoch: 3, keys }, 400],
    ['none', { epoch: 0, keys }, 400],
    ['boxes that are no text of bytes', { epoch: 2, keys: { ...keys, recovery: '!' } }, 400],
  ])('%s', async (_, change, status) => {
    const { holder, next } = await account();
    expect((await holder.postList(await next(change))).status).toBe(status);
  });

  test('never go back', async () => {
    const { holder, next, client } = await account();
    const second = await next({ epoch: 2, keys });
    expect((await holder.postList(second)).status).toBe(200);
    const { keys: _, epoch: __, ...first } = client.made.first.list;
    const third = await signList(
      { ...first, version: 3, previous: await hashOfSigned(second, listChecks), signer: 'genesis' },
      client.made.genesis,
    );
    expect((await holder.postList(third)).status).toBe(400);
  });
});
