/** Bytes that other devices and old data depend on. A change of one of these makes what was stored unreadable. */
import { describe, expect, it } from 'vitest';
import { type Bytes, fromBase64Url, toBase64Url, toHex, utf8 } from '../../../src/base/bytes.ts';
import { deriveAccountKeys } from '../../../src/crypto/account-keys.ts';
import { sha256 } from '../../../src/crypto/primitives.ts';
import {
  accountIdOf,
  deviceIdOf,
  encodeList,
  hashOfSigned,
  readList,
  signedBytes,
} from '../../../src/protocol/device-list.ts';
import { decodeFrame, encodeFrame, splitBodies } from '../../../src/protocol/frame.ts';
import type { AccountId, DeviceId, Slot } from '../../../src/protocol/ids.ts';
import { headerAad, OBJECT_KINDS, recordAad } from '../../../src/protocol/record-aad.ts';
import { slotOf } from '../../../src/sync/objects.ts';

const filled = (length: number, fill: number): Bytes => new Uint8Array(length).fill(fill);
const account = toBase64Url(filled(16, 0xaa)) as AccountId;
const author = toBase64Url(filled(16, 0xbb)) as DeviceId;
const slot = toBase64Url(filled(32, 0xcc)) as Slot;

describe('additional data', () => {
  it('of a body', () => {
    const place = { account, slot, author, incarnation: 3, counter: 258, periodDay: 20_781, epoch: 1 };
    expect(toHex(recordAad({ ...place, kind: 'erase' }))).toMatchInlineSnapshot(
      `"000000096172712f7265632f31000000010100000010aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa00000020cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc000000010200000010bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb0000000400000003000000080000000000000102000000200000000000000000000000000000000000000000000000000000000000000000000000040000512d0000000200010000000400000001"`,
    );
  });

  it('of a header', () => {
    expect(toHex(headerAad(account, slot))).toMatchInlineSnapshot(
      `"000000096172712f6864722f3100000010aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa00000020cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"`,
    );
  });

  it('numbers the kinds of objects by their place in the list', () => {
    expect(OBJECT_KINDS).toEqual(['part', 'ring', 'erase', 'card', 'settings', 'head']);
  });

  it('has no two places with the same bytes', () => {
    const base = {
      account,
      slot,
      author,
      kind: 'part',
      incarnation: 1,
      counter: 2,
      periodDay: 3,
      epoch: 4,
    } as const;
    const places = [
      base,
      { ...base, account: toBase64Url(filled(16, 1)) as AccountId },
      { ...base, slot: toBase64Url(filled(32, 1)) as Slot },
      { ...base, author: toBase64Url(filled(16, 1)) as DeviceId },
      { ...base, kind: 'ring' as const },
      { ...base, incarnation: 2 },
      { ...base, counter: 3 },
      { ...base, periodDay: 4 },
      { ...base, epoch: 5 },
    ];
    expect(new Set(places.map((place) => toHex(recordAad(place)))).size).toBe(places.length);
  });
});

describe('names of objects', () => {
  it('follow from the master key, the account and what they are', async () => {
    const scope = { account, keys: await deriveAccountKeys(filled(32, 0xdd), account, 1) };
    const header = { author, incarnation: 3, counter: 258 };
    const names: Record<string, string> = {};
    for (const kind of OBJECT_KINDS) names[kind] = await slotOf(scope, { ...header, kind, name: 'command' });
    expect(names).toMatchInlineSnapshot(`
      {
        "card": "IMo3xbkVy0fY-AalMX1AzQsAjgE4VvYrZHehR6Kx4UA",
        "erase": "o4-9T3qqsrPpfnCN-oLiUbEnCtORnrN0qxZ_4xmZxcY",
        "head": "xY-ukve0xM5w9Gm1AnasWe7B0aLn8zifiOSFTiuoLa0",
        "part": "FImaJz3JHP6DTeXamZp8h3vqBTXjHVgY322Vr2RDc7c",
        "ring": "CHUqqiW68iKmKAvz3uEz6lRQ5Y0Db1flyuFCC9CwblA",
        "settings": "eJRDZILQNRBCU91-3jdeCZXj9fL8eBFOFnbcD9MD9r8",
      }
    `);
  });
});

describe('frames', () => {
  it('are a length, a head and bodies', () => {
    const frame = encodeFrame({ key: 'k', ops: [2, 1] }, [utf8('ab'), utf8('c')]);
    expect(toHex(frame)).toMatchInlineSnapshot(
      `"000000177b226b6579223a226b222c226f7073223a5b322c315d7d616263"`,
    );
    const decoded = decodeFrame(frame);
    expect(decoded?.head).toEqual({ key: 'k', ops: [2, 1] });
    expect(splitBodies(decoded?.rest as Bytes, [2, 1])).toEqual([utf8('ab'), utf8('c')]);
  });

  it('with a byte too many or too few are none', () => {
    const frame = encodeFrame({}, [utf8('abc')]);
    const { rest } = decodeFrame(frame) as { rest: Bytes };
    expect(splitBodies(rest, [2])).toBeNull();
    expect(splitBodies(rest, [4])).toBeNull();
    expect(decodeFrame(frame.subarray(0, 5))).toBeNull();
    expect(decodeFrame(frame.subarray(0, 3))).toBeNull();
    expect(decodeFrame(new Uint8Array([0xff, 0xff, 0xff, 0xff, 1]))).toBeNull();
    expect(decodeFrame(new Uint8Array([0, 0, 0, 1, 0x7b]))).toBeNull();
  });
});

describe('device lists', () => {
  const key = (fill: number) => toBase64Url(filled(32, fill));
  const list = {
    type: 'arq/devices/1',
    account,
    version: 2,
    previous: key(1),
    signer: author,
    recovery: { sign: key(2), kem: key(3) },
    devices: [{ id: author, sign: key(4), kem: key(5), addedAt: 1_800_000_000_000 }],
  } as const;

  it('travel as these bytes and are signed with a word before them', async () => {
    const body = encodeList({ ...list, devices: [...list.devices] });
    expect(new TextDecoder().decode(body)).toMatchInlineSnapshot(
      `"{"type":"arq/devices/1","account":"qqqqqqqqqqqqqqqqqqqqqg","version":2,"previous":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE","signer":"u7u7u7u7u7u7u7u7u7u7uw","recovery":{"sign":"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI","kem":"AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM"},"devices":[{"id":"u7u7u7u7u7u7u7u7u7u7uw","sign":"BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ","kem":"BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU","addedAt":1800000000000}]}"`,
    );
    expect(toHex(signedBytes(utf8('{}')))).toMatchInlineSnapshot(`"6172712f646576696365732f31007b7d"`);
    const signed = { body: toBase64Url(body), signature: toBase64Url(filled(64, 0)) };
    expect(readList(signed)).toEqual(list);
    expect(await hashOfSigned(signed, { sha256 })).toMatchInlineSnapshot(
      `"DUt3ldAFM605gHos1k16dT7mkEy5bqqwz2EE5pABJ70"`,
    );
  });

  it('name accounts and devices by their keys', async () => {
    expect(await accountIdOf(filled(32, 2), { sha256 })).toMatchInlineSnapshot(`"8Y5wiMmlZmFj_Bwj2f0g-w"`);
    expect(await deviceIdOf(filled(32, 4), filled(32, 5), { sha256 })).toMatchInlineSnapshot(
      `"r_SPlgjGdpglL2pdvJKx2g"`,
    );
    expect(fromBase64Url(await accountIdOf(filled(32, 2), { sha256 }))).toHaveLength(16);
  });
});
