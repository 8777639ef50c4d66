import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { LOG_LEVELS, type LogLevel } from './log.ts';

export interface Settings {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly logLevel: LogLevel;
}

/** Something is set in a way that cannot be used. The message is a sentence for the person who set it. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULTS = {
  ARQ_PORT: '8787',
  ARQ_HOST: '127.0.0.1',
  ARQ_DATA: './arq-data',
  ARQ_LOG: 'errors',
} as const;

export const HELP = `ARQ sync service: orders, stores and passes on what it cannot read.

Settings are environment variables:
  ARQ_PORT             port to listen on, 0 = any free one (${DEFAULTS.ARQ_PORT})
  ARQ_HOST             address to listen on (${DEFAULTS.ARQ_HOST})
  ARQ_DATA             folder for everything that is kept (${DEFAULTS.ARQ_DATA})
  ARQ_LOG              what is logged to standard error as JSON lines: ${LOG_LEVELS.join(', ')} (${DEFAULTS.ARQ_LOG})
  ARQ_ALLOW_PLAINTEXT  1 = allow an ARQ_HOST that other machines can reach, although the service does not speak TLS

SIGINT and SIGTERM let requests finish, then stop.
`;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  if (isIPv4(host)) return loopback.check(host, 'ipv4');
  return isIPv6(host) ? loopback.check(host, 'ipv6') : host === 'localhost';
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535))
    throw new SettingsError(`ARQ_PORT is "${text}"; it has to be a number from 0 to 65535.`);
  return port;
}

function parseHost(host: string, allowPlaintext: string | undefined): string {
  if (allowPlaintext !== undefined && allowPlaintext !== '0' && allowPlaintext !== '1') {
    throw new SettingsError(`ARQ_ALLOW_PLAINTEXT is "${allowPlaintext}"; it has to be 0 or 1.`);
  }
  if (!isLoopback(host) && allowPlaintext !== '1') {
    throw new SettingsError(
      `ARQ_HOST is "${host}", which other machines may reach, and the service does not speak TLS. Listen on 127.0.0.1 ` +
        'behind a proxy that does, or set ARQ_ALLOW_PLAINTEXT=1 if something else protects the network.',
    );
  }
  return host;
}

function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text);
  if (!level) throw new SettingsError(`ARQ_LOG is "${text}"; it has to be one of ${LOG_LEVELS.join(', ')}.`);
  return level;
}

/** An empty variable counts as not set. @throws SettingsError */
export function readSettings(environment: Environment): Settings {
  const read = (name: keyof typeof DEFAULTS) => environment[name] || DEFAULTS[name];
  return {
    port: parsePort(read('ARQ_PORT')),
    host: parseHost(read('ARQ_HOST'), environment.ARQ_ALLOW_PLAINTEXT || undefined),
    dataDir: read('ARQ_DATA'),
    logLevel: parseLogLevel(read('ARQ_LOG')),
  };
}
