/** An account whose master key was changed as often as it can be: its list stays within what is taken, and whoever comes reads it all. */
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { LIST_VERSIONS } from '../../../server/src/quota.ts';
import { type Bytes, toBase64Url } from '../../../src/base/bytes.ts';
import { carryOn, newMasterKey } from '../../../src/crypto/account-keys.ts';
import { encodeEpoch, withoutOldRecords, withRecordsOnly } from '../../../src/crypto/epochs.ts';
import { sha256 } from '../../../src/crypto/primitives.ts';
import { generateDeviceKeys, recoveryKeys } from '../../../src/crypto/signing.ts';
import { type DeviceList, deviceIdOf, encodeList, keysOf } from '../../../src/protocol/device-list.ts';
import type { AccountId } from '../../../src/protocol/ids.ts';
import { LIMITS } from '../../../src/protocol/limits.ts';
import { CHAIN_BYTES, signedListSchema } from '../../../src/protocol/wire.ts';
import { type Opened, openKeys, sealKeys, withHeaders } from '../../../src/sync/epoch-keys.ts';

const account = 'A'.repeat(22) as AccountId;
const NOW_MS = Date.UTC(2026, 10, 27);
/** As it travels. */
function bytesOf(list: DeviceList): number {
  const signed = { body: toBase64Url(encodeList(list)), signature: 'S'.repeat(86) };
  expect(v.is(signedListSchema, signed)).toBe(true);
  return JSON.stringify(signed).length + 1;
}

type Recovery = Awaited<ReturnType<typeof recoveryKeys>>;
interface Chain {
  readonly versions: readonly DeviceList[];
  readonly newest: Opened;
  readonly headers: readonly string[];
  readonly recovery: Recovery;
  readonly kem: CryptoKeyPair;
}

/** `legacy`: so many of the first epochs are as they were before `headers` was there. */
async function chainOf(devices: number, epochs: number, legacy = 0): Promise<Chain> {
  const recovery = await recoveryKeys(new Uint8Array(16));
  const keys = await Promise.all(Array.from({ length: devices }, generateDeviceKeys));
  const listed = await Promise.all(
    keys.map(async ({ signPublic, kemPublic }) => ({
      id: await deviceIdOf(signPublic, kemPublic, { sha256 }),
      sign: toBase64Url(signPublic),
      kem: toBase64Url(kemPublic),
      addedAt: NOW_MS,
    })),
  );
  const versions: DeviceList[] = [];
  let opened: Opened = { master: newMasterKey(), epoch: { number: 1, atMs: NOW_MS } };
  let before: { readonly master: Bytes; readonly holder: ReturnType<typeof keysOf> } | undefined;
  for (;;) {
    const { number } = opened.epoch;
    const place: DeviceList = {
      type: 'arq/devices/1',
      account,
      version: number,
      previous: number === 1 ? '' : String(number).padStart(43, 'P'),
      signer: listed[0]?.id as never,
      recovery: { sign: toBase64Url(recovery.signPublic), kem: toBase64Url(recovery.kemPublic) },
      devices: listed,
      epoch: number,
    };
    const { headers, ...sealed } = await sealKeys(place, opened, NOW_MS, before);
    const isLegacy = number <= legacy || headers === undefined;
    versions.push({ ...place, keys: isLegacy ? sealed : { ...sealed, headers } });
    if (number === epochs) break;
    before = { master: opened.master, holder: keysOf(versions) };
    // All have moved before the next one begins.
    const settled = withoutOldRecords(opened.epoch);
    const carried = await carryOn(opened.master, account, number, settled.carried);
    opened = { master: newMasterKey(), epoch: { number: number + 1, atMs: NOW_MS, carried } };
  }
  const headers = opened.epoch.carried?.older.map(({ header }) => toBase64Url(header)) ?? [];
  return { versions, newest: opened, headers, recovery, kem: (keys[0] as (typeof keys)[number]).kem };
}

const headersIn = (opened: Opened | null) =>
  opened?.epoch.carried?.older.map(({ epoch, header }) => [epoch, toBase64Url(header)]);

describe('as many as there can be, with 5 devices', () => {
  let chain: Chain;
  beforeAll(async () => {
    expect(LIMITS.epochs).toBeGreaterThanOrEqual(500);
    chain = await chainOf(5, LIMITS.epochs);
  }, 120_000);

  it('take less than an answer may, with a device that joins and one that leaves for each', () => {
    const sizes = chain.versions.map(bytesOf);
    const { keys: _, ...without } = chain.versions.at(-1) as DeviceList;
    const others = (LIST_VERSIONS - LIMITS.epochs) * bytesOf(without);
    expect(LIST_VERSIONS).toBeGreaterThanOrEqual(3 * LIMITS.epochs);
    expect(sizes.reduce((sum, one) => sum + one, 0) + others).toBeLessThan(CHAIN_BYTES / 2);
    // None grows with how many there were, but for the digits of its number.
    const [third, last] = [sizes[2] as number, sizes.at(-1) as number];
    expect(last - third).toBeLessThan(50);
  });

  it('leave a device and the recovery phrase with the keys of all headers', async () => {
    const expected = chain.headers.map((header, at) => [at + 1, header]);
    expect(expected).toHaveLength(LIMITS.epochs - 1);
    const holder = chain.versions.at(-1) as NonNullable<ReturnType<typeof keysOf>>;
    const [first] = holder.devices;
    const byDevice = await openKeys(holder, chain.versions, first?.id ?? '', chain.kem);
    const byPhrase = await openKeys(holder, chain.versions, null, chain.recovery.kem);
    for (const opened of [byDevice, byPhrase]) expect(headersIn(opened)).toEqual(expected);
    // Records of the epoch before can be read until all have moved, and of no other.
    const records = byDevice?.epoch.carried?.older.filter(({ record }) => record).map(({ epoch }) => epoch);
    expect(records).toEqual([LIMITS.epochs - 1]);
  });

  it('need no more than a few hundred bytes to pair, and the list has the rest', async () => {
    const { master, epoch } = chain.newest;
    const sent = withRecordsOnly(epoch);
    expect(encodeEpoch(sent).length).toBeLessThan(500);
    expect(await withHeaders(chain.versions, { master, epoch: sent })).toEqual(epoch);
  });

  it('open nothing to whoever was taken out: what they knew leads back, never on', async () => {
    const { versions } = chain;
    const holder = versions[300] as NonNullable<ReturnType<typeof keysOf>>;
    const known = await openKeys(holder, versions, null, chain.recovery.kem);
    expect(headersIn(known)).toHaveLength(300);
    const forged = { master: known?.master as Bytes, epoch: { ...chain.newest.epoch } };
    expect(await withHeaders(versions, forged)).toBeNull();
  });
});

it('with 16 devices in each version they take less than an answer may', async () => {
  const { versions } = await chainOf(16, 3);
  const last = versions.at(-1) as DeviceList;
  const { keys: _, ...without } = last;
  const most = LIMITS.epochs * bytesOf(last) + (LIST_VERSIONS - LIMITS.epochs) * bytesOf(without);
  expect(most).toBeLessThan(CHAIN_BYTES);
});

it('begun before the headers had a chain of their own, they are all read', async () => {
  for (const legacy of [2, 3, 4]) {
    const { versions, newest, headers, recovery } = await chainOf(1, 5, legacy);
    const holder = versions.at(-1) as NonNullable<ReturnType<typeof keysOf>>;
    const opened = await openKeys(holder, versions, null, recovery.kem);
    expect(headersIn(opened)?.map(([, header]) => header)).toEqual(headers);
    expect(opened?.master).toEqual(newest.master);
  }
});
