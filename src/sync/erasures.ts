/**
 * Erase commands: how a deletion reaches every device and stays. A command names what it means without saying it: hosts and
 * addresses as keyed hashes. It holds for records up to the time it was given, also for those that arrive later from a
 * device that was away.
 */
import * as v from 'valibot';
import { toBase64Url, utf8 } from '../base/bytes.ts';
import { randomId } from '../base/random.ts';
import { hmac, type MacKey, macInput } from '../crypto/primitives.ts';
import type { InteractionRecord } from '../model/interaction.ts';
import { type EraseTarget, recordHost } from '../model/selector.ts';
import type { LocalStore } from '../storage/local-store.ts';

const time = v.pipe(v.number(), v.safeInteger());
const commandSchema = v.strictObject({
  id: v.pipe(v.string(), v.maxLength(40)),
  /** When it was given: later records are not meant. */
  atMs: time,
  target: v.variant('what', [
    v.strictObject({ what: v.literal('record'), id: v.pipe(v.string(), v.maxLength(120)) }),
    v.strictObject({ what: v.literal('page'), token: v.string() }),
    v.strictObject({ what: v.literal('site'), token: v.string() }),
    v.strictObject({ what: v.literal('range'), fromMs: time, toMs: time }),
    v.strictObject({ what: v.literal('all') }),
  ]),
});
export type EraseCommand = v.InferOutput<typeof commandSchema>;

export function parseCommand(value: unknown): EraseCommand | null {
  const parsed = v.safeParse(commandSchema, value);
  return parsed.success ? parsed.output : null;
}

const COMMANDS = 'erasures';

export async function readCommands(store: LocalStore): Promise<EraseCommand[]> {
  const stored = await store.readNamed(COMMANDS);
  return Array.isArray(stored) ? stored.flatMap((value) => parseCommand(value) ?? []) : [];
}

/** Adds what is not there yet. One at a time: a command that comes from another device must not push out one given here. */
export const addCommands = (store: LocalStore, commands: readonly EraseCommand[]): Promise<void> =>
  store.exclusive(async () => {
    const known = await readCommands(store);
    const fresh = commands.filter(({ id }) => !known.some((command) => command.id === id));
    if (fresh.length > 0) await store.writeNamed(COMMANDS, [...known, ...fresh]);
  });

/** Commands of another account: they mean nothing in this one, and those without a token would erase what they never meant. */
export const forgetCommands = (store: LocalStore): Promise<void> => store.writeNamed(COMMANDS, []);

const token = async (key: MacKey, kind: 'page' | 'site', text: string): Promise<string> =>
  toBase64Url(await hmac(key, macInput(`erase/${kind}`, utf8(text))));

/** A command for what the person chose, as of now. */
export async function commandOf(target: EraseTarget, key: MacKey, atMs: number): Promise<EraseCommand> {
  const id = randomId();
  switch (target.what) {
    case 'page':
      return { id, atMs, target: { what: 'page', token: await token(key, 'page', target.url) } };
    case 'site':
      return { id, atMs, target: { what: 'site', token: await token(key, 'site', target.host) } };
    case 'record':
      return { id, atMs, target: { what: 'record', id: target.id } };
    default:
      return { id, atMs, target };
  }
}

/** The host and every domain above it, so that a command for a site covers its subdomains. */
function domainsOf(host: string): string[] {
  const labels = host.split('.');
  return labels.map((_, index) => labels.slice(index).join('.'));
}

/** A test for "some command means this record". Hashes of hosts are computed once. */
export function erasedBy(
  commands: readonly EraseCommand[],
  key: MacKey,
): (record: InteractionRecord) => Promise<boolean> {
  const pages = commands.filter(({ target }) => target.what === 'page');
  const sites = commands.filter(({ target }) => target.what === 'site');
  const hosts = new Map<string, Promise<string[]>>();
  const tokensOf = (host: string) => {
    let tokens = hosts.get(host);
    if (!tokens) {
      tokens = Promise.all(domainsOf(host).map((domain) => token(key, 'site', domain)));
      hosts.set(host, tokens);
    }
    return tokens;
  };
  return async (record) => {
    for (const { atMs, target } of commands) {
      if (target.what === 'record' && record.id === target.id) return true;
      if (record.atMs > atMs) continue;
      if (target.what === 'all') return true;
      if (target.what === 'range' && record.atMs >= target.fromMs && record.atMs < target.toMs) return true;
    }
    if (record.kind === 'reduced') return false;
    const inTime = (list: readonly EraseCommand[], tokens: readonly string[]) =>
      list.some(
        ({ atMs, target }) => record.atMs <= atMs && 'token' in target && tokens.includes(target.token),
      );
    if (pages.length > 0 && inTime(pages, [await token(key, 'page', record.url)])) return true;
    const host = recordHost(record);
    return sites.length > 0 && host !== null && inTime(sites, await tokensOf(host));
  };
}
