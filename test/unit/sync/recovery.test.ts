import { afterEach, describe, expect, it } from 'vitest';
import { type Bytes, toBase64Url } from '../../../src/base/bytes.ts';
import { parsePhrase, phraseOf } from '../../../src/crypto/phrase.ts';
import { sha256 } from '../../../src/crypto/primitives.ts';
import { generateDeviceKeys, recoveryKeys, sign } from '../../../src/crypto/signing.ts';
import {
  type DeviceList,
  deviceIdOf,
  encodeList,
  hashOfSigned,
  keysOf,
  readList,
  signedBytes,
} from '../../../src/protocol/device-list.ts';
import type { AccountId } from '../../../src/protocol/ids.ts';
import type { SignedList } from '../../../src/protocol/wire.ts';
import { sealKeys } from '../../../src/sync/epoch-keys.ts';
import { Oracle } from '../../support/sync-oracle.ts';
import { SERVICE_URL, SyncWorld, type TestDevice } from '../../support/sync-world.ts';

let world: SyncWorld;
let oracle: Oracle;
afterEach(() => world.end());

/** An account with some records, of which only the words are left. */
async function wordsOf(count: number): Promise<string> {
  world = await SyncWorld.paired(count);
  oracle = new Oracle(world);
  const [first] = world.devices as [TestDevice];
  for (const device of world.devices) await oracle.visit(device, 'one.example', `/of ${device.name}`);
  await first.set({ rules: [{ id: 'r', host: 'rule.example', capture: 'skip' }] });
  await world.settle();
  const secret = first.store.vault.recoverySecret();
  if (!secret) throw new Error('the account was made without a recovery phrase');
  return phraseOf(secret);
}

const secretOf = (words: string): Bytes => {
  const parsed = parsePhrase(words);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
};

async function restoreOn(device: TestDevice, words: string): Promise<string> {
  const restored = await device.run(() => device.sync.restore(SERVICE_URL, secretOf(words), device.name));
  return restored.ok ? 'restored' : `${restored.error.code}: ${restored.error.message}`;
}

const chain = async (): Promise<DeviceList[]> =>
  (await world.service.deps.store.deviceChain(await world.accountId())).map(
    (signed) => readList(signed) as DeviceList,
  );

describe('with nothing but the words', () => {
  it('everything comes back on an empty profile, when the only device is gone', async () => {
    const words = await wordsOf(1);
    world.devices.pop();
    const fresh = await world.device('fresh');
    expect(await restoreOn(fresh, words)).toBe('restored');
    await world.settle();
    expect(await fresh.urls()).toEqual(oracle.urls());
    expect(fresh.settings().rules.map(({ host }) => host)).toEqual(['rule.example']);
    // What it records now is sent as its own.
    await oracle.visit(fresh, 'one.example', '/after');
    await world.settle();
    const next = await world.device('next');
    await world.join(fresh, next);
    await world.settle();
    await oracle.check();
  });

  it('also after the master key was renewed three times, and it joins what goes on', async () => {
    const words = await wordsOf(2);
    const [a, b] = world.devices as [TestDevice, TestDevice];
    for (const device of [a, b, a]) {
      await device.rotate();
      await oracle.visit(device, 'one.example', `/in ${device.epoch}`);
      await world.settle();
    }
    const fresh = await world.device('fresh');
    expect(await restoreOn(fresh, words)).toBe('restored');
    await world.settle();
    expect(fresh.epoch).toBe(4);
    await oracle.check();
    // It may take out the lost one, and whoever took that one's place in the chain follows.
    await fresh.rotate(a);
    world.devices.splice(0, 1);
    await oracle.visit(fresh, 'one.example', '/without a');
    await world.settle();
    await oracle.check();
    expect((await a.round()).message).toMatch(/not part of the account any more/);
  });

  it('a device that was taken out comes back as itself, to what was recorded without it', async () => {
    const words = await wordsOf(1);
    const [a] = world.devices as [TestDevice];
    const fresh = await world.device('fresh');
    await restoreOn(fresh, words);
    await world.settle();
    await fresh.rotate(a);
    await oracle.visit(fresh, 'one.example', '/after');
    await fresh.round();
    expect((await a.round()).message).toMatch(/not part of the account any more/);
    await fresh.rotate();
    expect(await a.run(() => a.sync.end('leave'))).toEqual({ ok: true, value: null });
    expect(await restoreOn(a, words)).toBe('restored');
    await world.settle();
    await oracle.check();
    expect(await a.run(() => a.store.recordCount())).toBe(oracle.urls().length);
  });

  it('the other devices see the new one, and that it came with the phrase, until the person knows it', async () => {
    const words = await wordsOf(2);
    const [a, b] = world.devices as [TestDevice, TestDevice];
    expect((await a.round()).devices?.some(({ isNew }) => isNew)).toBe(false);
    const fresh = await world.device('fresh');
    await restoreOn(fresh, words);
    await world.settle();
    for (const device of [a, b]) {
      const state = await device.round();
      expect(state.devices?.filter(({ isNew }) => isNew)).toMatchObject([{ name: 'fresh', byPhrase: true }]);
    }
    await a.run(() => a.sync.devices.knowAll());
    await a.restart();
    expect((await a.round()).devices?.some(({ isNew }) => isNew)).toBe(false);
    expect((await b.round()).devices?.some(({ isNew }) => isNew)).toBe(true);
    // A device that was paired is one that the person has just had in hand.
    const paired = await world.device('paired');
    await world.join(a, paired);
    await world.settle();
    expect((await a.round()).devices?.some(({ isNew }) => isNew)).toBe(false);
    expect((await b.round()).devices?.find(({ name }) => name === 'paired')).toMatchObject({ isNew: true });
    expect((await b.round()).devices?.find(({ name }) => name === 'paired')?.byPhrase).toBeUndefined();
  });

  it('words of another account say nothing but that they are wrong, and change nothing', async () => {
    await wordsOf(1);
    const fresh = await world.device('fresh');
    const versions = (await chain()).length;
    const other = phraseOf(crypto.getRandomValues(new Uint8Array(16)));
    const first = await restoreOn(fresh, other);
    expect(first).toMatch(/^wrong-phrase: No account at this service opens with these words/);
    expect(await restoreOn(fresh, phraseOf(new Uint8Array(16)))).toBe(first);
    expect((await chain()).length).toBe(versions);
    expect(fresh.sync.state().phase).toBe('off');
  });

  it('an interruption at any request adds nothing that is not there when it is done again', async () => {
    const words = await wordsOf(1);
    const [a] = world.devices as [TestDevice];
    for (const fate of ['lost-request', 'lost-answer'] as const) {
      for (let index = 0, reached = true; reached; index++) {
        const fresh = await world.device(`${fate} ${index}`);
        fresh.network.fate = (nth) => (nth === index ? fate : 'ok');
        const outcome = await restoreOn(fresh, words);
        reached = fresh.network.sent.length > index && outcome !== 'restored';
        fresh.network.up();
        await fresh.restart();
        if (outcome !== 'restored') expect(await restoreOn(fresh, words)).toBe('restored');
        await world.settle();
        await oracle.check();
        await a.rotate(fresh);
        world.devices.pop();
        await world.settle();
      }
    }
  });
});

describe('a service that meddles', () => {
  it('cannot show a list that was not signed, nor another account, nor another key', async () => {
    const words = await wordsOf(1);
    const fresh = await world.device('fresh');
    const own = await world.service.deps.store.deviceChain(await world.accountId());
    const genesis = readList(own[0] as SignedList) as DeviceList;
    const foreign = await foreignChain();
    const mallory = new Uint8Array(32).fill(7);
    const swapped = {
      ...genesis,
      keys: await sealKeys(genesis, { master: mallory, epoch: { number: 1 } }, 0),
    };
    for (const [shown, expected] of [
      [own.map((signed) => ({ ...signed, signature: toBase64Url(new Uint8Array(64)) })), 'inconsistent'],
      [foreign, 'inconsistent'],
      [[{ ...own[0], body: toBase64Url(encodeList(swapped)) }], 'inconsistent'],
    ] as const) {
      fresh.network.tamper = (request, answer) =>
        request.method === 'GET' && request.url.endsWith('/v1/devices')
          ? new Response(JSON.stringify({ chain: shown }))
          : answer;
      expect(await restoreOn(fresh, words)).toMatch(new RegExp(`^${expected}:`));
      expect(fresh.store.vault.masterKey()).not.toEqual(mallory);
      fresh.network.up();
    }
    expect(await restoreOn(fresh, words)).toBe('restored');
  });

  it('cannot add a device: the others take no list that neither a device nor the phrase signed', async () => {
    await wordsOf(2);
    const [a] = world.devices as [TestDevice];
    const own = await world.service.deps.store.deviceChain(await world.accountId());
    const newest = readList(own.at(-1) as SignedList) as DeviceList;
    const evil = await generateDeviceKeys();
    const listed = {
      id: await deviceIdOf(evil.signPublic, evil.kemPublic, { sha256 }),
      sign: toBase64Url(evil.signPublic),
      kem: toBase64Url(evil.kemPublic),
      addedAt: 0,
    };
    for (const signer of ['genesis', listed.id, newest.devices[0]?.id] as const) {
      const body = encodeList({
        ...newest,
        version: newest.version + 1,
        previous: await hashOfSigned(own.at(-1) as SignedList, { sha256 }),
        signer: signer as 'genesis',
        devices: [...newest.devices, listed],
      });
      const signed = {
        body: toBase64Url(body),
        signature: toBase64Url(await sign(evil.sign.privateKey, signedBytes(body))),
      };
      a.network.tamper = (request, answer) =>
        request.url.endsWith('/v1/devices')
          ? new Response(JSON.stringify({ chain: [...own, signed] }))
          : answer;
      expect((await a.round()).message).toMatch(/not signed as it must be/);
      a.network.up();
    }
  });
});

/** Of another account at the same service. */
async function foreignChain(): Promise<readonly SignedList[]> {
  const other = await world.device('other');
  await world.create(other);
  world.devices.pop();
  const account = other.sync.accountId();
  if (!account) throw new Error('no account');
  return world.service.deps.store.deviceChain(account);
}

describe('accounts from before', () => {
  it('get something for the phrase to open at the next round', async () => {
    world = new SyncWorld();
    oracle = new Oracle(world);
    const a = await world.device('a');
    // As an older version made it: a list without keys.
    await world.create(a);
    const account = await world.accountId();
    const secret = a.store.vault.recoverySecret() as Bytes;
    await rewriteWithoutKeys(a, account, secret);
    expect(keysOf(await chain())).toBeUndefined();
    const fresh = await world.device('fresh');
    expect(await restoreOn(fresh, phraseOf(secret))).toMatch(/^nothing-sealed: /);
    await oracle.visit(a, 'one.example', '/a');
    await world.settle([a]);
    expect(keysOf(await chain())).toBeDefined();
    expect(await restoreOn(fresh, phraseOf(secret))).toBe('restored');
    await world.settle();
    await oracle.check();
  });
});

async function rewriteWithoutKeys(a: TestDevice, account: AccountId, secret: Bytes): Promise<void> {
  const [{ keys: _, ...list }] = (await chain()) as [DeviceList];
  const { sign: key } = await recoveryKeys(secret);
  const body = encodeList(list);
  const signed = { body: toBase64Url(body), signature: toBase64Url(await sign(key, signedBytes(body))) };
  await world.service.deps.store.deleteAccount(account);
  await world.service.deps.store.createAccount(account, { signed, list }, 0);
  await a.run(() => a.store.db.delete('metadata', 'devices-seen'));
}
