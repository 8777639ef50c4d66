/**
 * Pairing two devices with one code: `arq1:<service>/<channel>#<secret>`. The secret (128 bits) goes from screen to screen
 * and never to the service; it authenticates both ends, so there is no number to compare. Single use, five minutes.
 *
 *     inviter  -> relay  a one-time public key
 *     joiner   -> relay  HPKE(PSK) to it: the joiner's public keys and name
 *     inviter  -> relay  HPKE(PSK) to the joiner: account, master key (after adding it to the device list)
 *
 * Over 300 lines, because what both ends say is read beside each other.
 */
import * as v from 'valibot';
import { type Bytes, concat, fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import { type Failure, fail, ok, type Result } from '../base/result.ts';
import { encodeEpoch, parseEpoch, withRecordsOnly } from '../crypto/epochs.ts';
import { pskOpen, pskSeal } from '../crypto/hpke.ts';
import { sha256 } from '../crypto/primitives.ts';
import { generateDeviceKeys } from '../crypto/signing.ts';
import { deviceIdOf as idOfKeys } from '../protocol/device-list.ts';
import { type ChannelId, parseChannelId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import { PATHS } from '../protocol/routes.ts';
import { accountIdSchema, pairMessageSchema, pairOfferSchema } from '../protocol/wire.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { changeDevices, deviceSchema, fetchChain, keyBytes } from './account.ts';
import { type AccountState, newJoining, signerOf } from './account-state.ts';
import { withHeaders } from './epoch-keys.ts';
import { moveOn } from './epochs.ts';
import { serviceAddress, type Transport } from './transport.ts';

const PREFIX = 'arq1:';
const SECRET_BYTES = 16;

export interface PairingCode {
  readonly url: string;
  readonly channel: ChannelId;
  readonly secret: Bytes;
}

export const formatCode = ({ url, channel, secret }: PairingCode): string =>
  `${PREFIX}${url}/${channel}#${toBase64Url(secret)}`;

/** `null` when it is no pairing code, or leads to a service that may not be used (no https and not this computer). */
export function parseCode(typed: string): PairingCode | null {
  // Mail programs break long lines, and some keyboards begin with a capital. The rest is exact: case is part of the secret.
  const text = typed.replace(/\s+/g, '');
  if (text.slice(0, PREFIX.length).toLowerCase() !== PREFIX || !URL.canParse(text.slice(PREFIX.length)))
    return null;
  const link = new URL(text.slice(PREFIX.length));
  // `https://known.example@other.example` leads to the other.
  if (link.username || link.password || link.search) return null;
  const url = serviceAddress(link.origin);
  const channel = parseChannelId(link.pathname.slice(1));
  const secret = fromBase64Url(link.hash.slice(1));
  return url !== null && channel !== null && secret?.length === SECRET_BYTES
    ? { url, channel, secret }
    : null;
}

const json = (value: unknown): Bytes => utf8(JSON.stringify(value));
const put = (path: string, message: Bytes) =>
  ({
    method: 'PUT',
    path,
    body: json({ message: toBase64Url(message) }),
    type: 'application/json',
  }) as const;
/** Binds a message to its channel and direction. */
const aad = (channel: ChannelId, direction: 'request' | 'reply'): Bytes =>
  concat(fromBase64Url(channel) ?? new Uint8Array(0), utf8(direction));

export interface Invitation {
  readonly code: string;
  readonly expiresMs: number;
  /** Resolves with the joined device's id, or with why nobody joined. */
  readonly joined: Promise<Result<string>>;
}

export async function invite(
  store: LocalStore,
  transport: Transport,
  account: AccountState,
  clock: Clock,
  signal: AbortSignal,
): Promise<Result<Invitation>> {
  const once = await generateDeviceKeys();
  const channel = toBase64Url(systemRandom.bytes(16)) as ChannelId;
  const secret = systemRandom.bytes(SECRET_BYTES);
  const signer = signerOf(store, account.account);
  const listed = await fetchChain(transport, signer);
  if (!listed.ok) return listed;
  if (listed.value.current.list.devices.length >= transport.limits.devices)
    return fail(
      'devices-full',
      'This account can have no more devices than it has. Remove one that you do not use any more, then add this one.',
    );
  const opened = await transport.call(
    {
      method: 'POST',
      path: PATHS.pair(channel),
      body: json({ offer: toBase64Url(once.kemPublic) }),
      type: 'application/json',
    },
    signer,
  );
  if (!opened.ok) return opened;
  const expiresMs = clock.nowMs() + LIMITS.pairSeconds * 1000;

  /** Nothing that opens is the answer "no": whoever waits need not wait until the code expires. */
  const refuse = () => transport.call(put(PATHS.pairReply(channel), new Uint8Array(0)), signer);

  async function serve(): Promise<Result<string>> {
    const message = await poll(
      transport,
      `${PATHS.pairRequest(channel)}?wait=${LIMITS.waitSeconds}`,
      clock,
      expiresMs,
      signal,
      signer,
    );
    if (!message.ok) return message;
    const request = await pskOpen(once.kem, secret, 'arq/v1/pair', message.value, aad(channel, 'request'));
    const device = request && v.safeParse(deviceSchema, parseJson(request));
    const signKey = device?.success ? keyBytes(device.output.sign, 32) : null;
    const kemKey = device?.success ? keyBytes(device.output.kem, 32) : null;
    // Whether it is a key that can be sealed for.
    const isUsable = kemKey && (await sealTo(kemKey, secret, new Uint8Array(0), aad(channel, 'reply')));
    if (!device?.success || !signKey || !kemKey || !isUsable) {
      await refuse();
      return fail('pair-refused', 'Somebody used this code without knowing its secret. Make a new code.');
    }
    const id = await idOfKeys(signKey, kemKey, { sha256 });
    await store.writeNamed(UNANSWERED, {
      channel,
      secret: toBase64Url(secret),
      id,
      kem: device.output.kem,
      expiresMs,
    });
    const addedAt = clock.nowMs();
    const changed = await changeDevices(store, transport, account.account, (devices) => [
      ...devices.filter((known) => known.id !== id),
      { id, sign: device.output.sign, kem: device.output.kem, addedAt },
    ]);
    if (!changed.ok) {
      await refuse();
      await store.writeNamed(UNANSWERED, null);
      return changed;
    }
    // The joiner needs the key that was in force when it was added; of a later one it finds its own box in the list.
    if ((await moveOn(store, changed.value)) === 'no-key') return NO_KEY;
    const sent = await reply(store, transport, account, kemKey, { channel, secret });
    if (sent.ok) await store.writeNamed(UNANSWERED, null);
    return sent.ok ? ok(id) : sent;
  }
  answering.set(store, channel);
  const joined = serve().finally(() => answering.get(store) === channel && answering.delete(store));
  return ok({ code: formatCode({ url: transport.origin, channel, secret }), expiresMs, joined });
}

/** The channel whose answer is under way, as long as the worker runs. */
const answering = new WeakMap<LocalStore, string>();
/** Whom this device put into the list, and has not answered yet. */
const UNANSWERED = 'pairing-unanswered';
const unansweredSchema = v.object({
  channel: v.string(),
  secret: v.string(),
  id: v.string(),
  kem: v.string(),
  expiresMs: v.number(),
});

/** The account and its keys, for a device that is in the list. */
async function reply(
  store: LocalStore,
  transport: Transport,
  account: AccountState,
  recipient: Bytes,
  { channel, secret }: Pick<PairingCode, 'channel' | 'secret'>,
) {
  const { vault } = store;
  // What it lacks is in the device list (epoch-keys.ts): a message is small, and there may have been many epochs.
  const epoch: unknown = JSON.parse(fromUtf8(encodeEpoch(withRecordsOnly(vault.epoch))));
  const message = json({ account: account.account, master: toBase64Url(vault.masterKey()), epoch });
  const sealed = await pskSeal(recipient, secret, 'arq/v1/pair', message, aad(channel, 'reply'));
  return transport.call(put(PATHS.pairReply(channel), sealed), signerOf(store, account.account));
}

/**
 * The worker was stopped after it had put a device into the list and before it had answered: the answer goes now, as long as that device
 * waits. `listed`: ids of the devices in the list.
 */
export async function answerPairing(
  store: LocalStore,
  transport: Transport,
  account: AccountState,
  listed: ReadonlySet<string>,
  clock: Clock,
): Promise<void> {
  const note = v.safeParse(unansweredSchema, await store.readNamed(UNANSWERED).catch(() => undefined));
  if (!note.success || answering.get(store) === note.output.channel) return;
  const { id, expiresMs } = note.output;
  const channel = parseChannelId(note.output.channel);
  const [secret, kem] = [keyBytes(note.output.secret, SECRET_BYTES), keyBytes(note.output.kem, 32)];
  if (channel && secret && kem && listed.has(id) && clock.nowMs() < expiresMs) {
    const sent = await reply(store, transport, account, kem, { channel, secret });
    if (!sent.ok && sent.error.code === 'unreachable') return;
  }
  await store.writeNamed(UNANSWERED, null);
}

/** `null` when 32 bytes are no public key that can be used (all zeros, say). */
const sealTo = (recipient: Bytes, secret: Bytes, message: Bytes, bound: Bytes): Promise<Bytes | null> =>
  pskSeal(recipient, secret, 'arq/v1/pair', message, bound).catch(() => null);

export const NO_KEY = fail(
  'no-key',
  'This device was not given the new key of the account. Leave the account here, then add this device again from another one.',
);

const badOffer = fail(
  'bad-offer',
  'What answers at this address is not an ARQ sync service. Check the code.',
);

const INCONSISTENT = fail(
  'inconsistent',
  'The device list of this account is not signed as it must be. Nothing was joined.',
);

const replySchema = v.object({ account: accountIdSchema, master: v.string(), epoch: v.unknown() });

/** Joins the account behind a code. Nothing here changes until the account's keys have come and its device list checks out. */
export async function join(
  store: LocalStore,
  transport: Transport,
  code: PairingCode,
  clock: Clock,
  deviceName: string,
): Promise<Result<AccountState>> {
  const { channel, secret } = code;
  const offer = await transport.json(pairOfferSchema, { method: 'GET', path: PATHS.pair(channel) });
  if (!offer.ok) return offer;
  const recipient = keyBytes(offer.value.offer, 32);
  if (!recipient) return badOffer;
  const { signPublic, kemPublic, kem } = store.vault.device;
  const request = json({ sign: toBase64Url(signPublic), kem: toBase64Url(kemPublic), name: deviceName });
  const sealed = await sealTo(recipient, secret, request, aad(channel, 'request'));
  if (!sealed) return badOffer;
  const sent = await transport.call(put(PATHS.pairRequest(channel), sealed));
  if (!sent.ok) return sent;
  const expiresMs = clock.nowMs() + LIMITS.pairSeconds * 1000;
  const message = await poll(
    transport,
    `${PATHS.pairReply(channel)}?wait=${LIMITS.waitSeconds}`,
    clock,
    expiresMs,
    new AbortController().signal,
  );
  if (!message.ok) return message;
  const opened = await pskOpen(kem, secret, 'arq/v1/pair', message.value, aad(channel, 'reply'));
  const reply = opened && v.safeParse(replySchema, parseJson(opened));
  const master = reply?.success ? keyBytes(reply.output.master, 32) : null;
  const epoch = reply?.success ? parseEpoch(json(reply.output.epoch ?? null)) : null;
  if (!reply?.success || !master || !epoch)
    return fail(
      'pair-refused',
      'The answer does not come from the device that made this code. Make a new code there.',
    );
  const { account } = reply.output;
  const listed = await fetchChain(transport, signerOf(store, account));
  if (!listed.ok && listed.error.code !== 'inconsistent') return listed;
  if (!listed.ok || !listed.value.current.list.devices.some(({ id }) => id === store.vault.deviceId))
    return INCONSISTENT;
  const whole = await withHeaders(listed.value.current.versions, { master, epoch });
  if (!whole) return INCONSISTENT;
  await store.exclusive(() => store.vault.adoptMaster(master, whole));
  return ok({ url: transport.origin, account, deviceName, joined: newJoining() });
}

/** Asks until a message is there, the code has expired, or it was given up. */
async function poll(
  transport: Transport,
  path: string,
  clock: Clock,
  expiresMs: number,
  signal: AbortSignal,
  signer?: ReturnType<typeof signerOf>,
): Promise<Result<Bytes, Failure>> {
  while (clock.nowMs() < expiresMs) {
    if (signal.aborted) return fail('given-up', 'A newer code was made.');
    const answer = await transport.call({ method: 'GET', path, signal }, signer);
    if (!answer.ok) {
      if (answer.error.code === 'unreachable' && !signal.aborted) {
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        continue;
      }
      return answer;
    }
    if (answer.value.status === 204 || answer.value.body.length === 0) continue;
    const parsed = v.safeParse(pairMessageSchema, parseJson(answer.value.body));
    const message = parsed.success ? fromBase64Url(parsed.output.message) : null;
    return message ? ok(message) : fail('bad-message', 'The pairing message is damaged. Make a new code.');
  }
  return fail('expired', 'The pairing code has expired. Make a new one on the other device.');
}

function parseJson(bytes: Bytes): unknown {
  try {
    return JSON.parse(fromUtf8(bytes));
  } catch {
    return undefined;
  }
}
