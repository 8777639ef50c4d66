import { beforeAll, describe, expect, it } from 'vitest';
import { type Bytes, concat, toBase64Url, u16, utf8 } from '../../../src/base/bytes.ts';
import { deriveAccountKeys } from '../../../src/crypto/account-keys.ts';
import { type AeadKey, aeadKey, seal } from '../../../src/crypto/envelope.ts';
import { pad } from '../../../src/crypto/padding.ts';
import type { AccountId, DeviceId, Slot } from '../../../src/protocol/ids.ts';
import { headerAad } from '../../../src/protocol/record-aad.ts';
import {
  type ObjectHeader,
  type ObjectScope,
  openBody,
  openHeader,
  sealObject,
  slotOf,
} from '../../../src/sync/objects.ts';

const id = (fill: number): string => toBase64Url(new Uint8Array(16).fill(fill));
const master = new Uint8Array(32).fill(7);
const scopeOf = async (account: number, epoch = 1): Promise<ObjectScope> => ({
  account: id(account) as AccountId,
  keys: await deriveAccountKeys(master, id(account), epoch),
});
const header: ObjectHeader = {
  kind: 'part',
  author: id(1) as DeviceId,
  incarnation: 3,
  counter: 9,
  day: '2026-11-24',
  generation: 1,
};
const payload = utf8('what was recorded');

let scope: ObjectScope;
let today: AeadKey;
let slot: Slot;
let object: Bytes;

beforeAll(async () => {
  scope = await scopeOf(2);
  today = await aeadKey(new Uint8Array(32).fill(5));
  ({ slot, body: object } = await sealObject(scope, header, today, payload));
});

async function opened(bytes: Bytes, at = slot, by = scope, key = today): Promise<Bytes | null> {
  const found = await openHeader(by, at, bytes);
  return found && openBody(by, at, found, key);
}

/** The same header and body sealed for another place, with the slot they would have to be at. */
const elsewhere = async (change: Partial<ObjectHeader>) =>
  sealObject(scope, { ...header, ...change }, today, payload);

describe('an object at the service', () => {
  it('opens where it was sealed', async () => {
    expect(await opened(object)).toEqual(payload);
    expect((await openHeader(scope, slot, object))?.header).toEqual(header);
  });

  it('does not open in another slot, not even in one that its author has', async () => {
    for (const change of [{ counter: 10 }, { incarnation: 4 }, { author: id(9) as DeviceId }]) {
      const other = await elsewhere(change);
      expect(other.slot).not.toBe(slot);
      expect(await opened(object, other.slot)).toBeNull();
      expect(await opened(other.body)).toBeNull();
    }
  });

  it('does not open in another account, even with the same master key, or in another epoch', async () => {
    expect(await opened(object, slot, await scopeOf(3))).toBeNull();
    expect(await opened(object, slot, await scopeOf(2, 2))).toBeNull();
  });

  it('does not take the body of another object under its own header', async () => {
    const split = (bytes: Bytes) => 2 + new DataView(bytes.buffer, bytes.byteOffset).getUint16(0);
    for (const change of [
      { counter: 10 },
      { incarnation: 4 },
      { author: id(9) as DeviceId },
      { day: '2026-11-25' },
    ]) {
      const other = await elsewhere(change);
      const mixed = new Uint8Array([
        ...object.subarray(0, split(object)),
        ...other.body.subarray(split(other.body)),
      ]);
      expect(await opened(mixed), JSON.stringify(change)).toBeNull();
    }
  });

  it("does not open with another day's key", async () => {
    expect(await opened(object, slot, scope, await aeadKey(new Uint8Array(32).fill(6)))).toBeNull();
    expect(await opened(object, slot, scope, scope.keys.record)).toBeNull();
  });

  it('does not open when any one of its bits is another', async () => {
    for (let i = 0; i < object.length; i++) {
      const flipped = object.slice();
      flipped[i] = (flipped[i] as number) ^ (1 << (i % 8));
      expect(await opened(flipped), `byte ${i} of ${object.length}`).toBeNull();
    }
  });

  it('does not open when it was cut short or made longer', async () => {
    for (const length of [0, 1, 2, 3, 50, 300, 306, 307, 400, object.length - 16, object.length - 1])
      expect(await opened(object.slice(0, length)), `${length} bytes`).toBeNull();
    expect(await opened(new Uint8Array([...object, 0]))).toBeNull();
  });

  it('whose header names another slot than the one it was sealed for does not open', async () => {
    // What a device that has the account's keys, but a faulty or a hostile program, could write.
    const other = await elsewhere({ counter: 10 });
    const sealedHeader = await seal(
      scope.keys.header,
      pad(utf8(JSON.stringify(header)), 256),
      headerAad(scope.account, other.slot),
    );
    const forged = concat(
      u16(sealedHeader.length),
      sealedHeader,
      other.body.subarray(2 + sealedHeader.length),
    );
    expect(await openHeader(scope, other.slot, forged)).toBeNull();
  });

  it('has the same size whatever its header says, and tells only a padded size of its body', async () => {
    const long = await elsewhere({ counter: Number.MAX_SAFE_INTEGER, generation: 12_345 });
    expect(long.body.length).toBe(object.length);
    const erase = {
      author: header.author,
      kind: 'erase',
      incarnation: 0xffffffff,
      counter: Number.MAX_SAFE_INTEGER,
      name: 'x'.repeat(40),
    } as const;
    expect((await sealObject(scope, erase, today, utf8('x'))).body.length).toBe(object.length);
    expect((await sealObject(scope, header, today, utf8('x'.repeat(1_000)))).body.length).toBe(object.length);
  });
});

describe('the name of an object', () => {
  it('is one for each part, one for each device’s ring and card, one for the settings', async () => {
    const names = await Promise.all(
      [
        header,
        { ...header, counter: 10 },
        { ...header, incarnation: 4 },
        { ...header, author: id(9) as DeviceId },
        { ...header, kind: 'ring' as const },
        { ...header, kind: 'card' as const },
        { ...header, kind: 'settings' as const },
        { ...header, kind: 'erase' as const, name: 'one' },
        { ...header, kind: 'erase' as const, name: 'two' },
      ].map((of) => slotOf(scope, of)),
    );
    expect(new Set(names).size).toBe(names.length);
    const ring = (counter: number) =>
      slotOf(scope, { ...header, kind: 'ring', counter, incarnation: counter });
    expect(await ring(1)).toBe(await ring(2));
  });
});
