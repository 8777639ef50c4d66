/** Settings and the start: what is wrong is told in one sentence that says what to do, and the process ends with an error. */
import { chmodSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { PATHS } from '../../src/protocol/routes.ts';
import { newTemporaryFolder, removeFolder } from '../../test/support/profile-folder.ts';
import { HELP, readSettings, SettingsError } from '../src/settings.ts';
import { startError } from '../src/start-error.ts';
import { openLevelStore } from '../src/store/level.ts';
import { runToEnd, startProcess } from './support/process.ts';

const folder = newTemporaryFolder('settings');
afterAll(() => removeFolder(folder));

let folders = 0;
/** A data folder that a service has used. */
async function usedFolder(): Promise<string> {
  const path = join(folder, `used-${++folders}`);
  await (await openLevelStore(path)).close();
  return path;
}

describe('reading the settings', () => {
  test('nothing set: this machine only, in the folder where it was started', () => {
    const defaults = { port: 8787, host: '127.0.0.1', dataDir: './arq-data', logLevel: 'errors' };
    expect(readSettings({})).toEqual(defaults);
    expect(readSettings({ ARQ_PORT: '', ARQ_HOST: '', ARQ_DATA: '', ARQ_LOG: '' })).toEqual(defaults);
  });

  test.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost'])('%s needs no further word', (host) => {
    expect(readSettings({ ARQ_HOST: host }).host).toBe(host);
  });

  test.each(['0.0.0.0', '::', '192.0.2.1', '10.0.0.1', 'service.example', '127.0.0.1.example', '0', '127.1'])(
    '%s, which others may reach, is refused without TLS unless it is allowed',
    (host) => {
      expect(() => readSettings({ ARQ_HOST: host })).toThrow(/ARQ_ALLOW_PLAINTEXT=1/);
      expect(() => readSettings({ ARQ_HOST: host, ARQ_ALLOW_PLAINTEXT: '0' })).toThrow(SettingsError);
      expect(readSettings({ ARQ_HOST: host, ARQ_ALLOW_PLAINTEXT: '1' }).host).toBe(host);
    },
  );

  test.each<readonly [string, Record<string, string>]>([
    ['a port that is a word', { ARQ_PORT: 'http' }],
    ['a port that is too large', { ARQ_PORT: '65536' }],
    ['a negative port', { ARQ_PORT: '-1' }],
    ['half a port', { ARQ_PORT: '80.5' }],
    ['a port in other digits', { ARQ_PORT: '0x50' }],
    ['an unknown log level', { ARQ_LOG: 'debug' }],
    ['an allowance that is neither yes nor no', { ARQ_ALLOW_PLAINTEXT: 'yes' }],
  ])('%s is refused, and the setting is named', (_what, settings) => {
    const [name = '', value = ''] = Object.entries(settings)[0] ?? [];
    expect(() => readSettings(settings)).toThrow(SettingsError);
    expect(() => readSettings(settings)).toThrow(`${name} is "${value}"`);
  });

  test('the help names every setting', () => {
    for (const name of ['ARQ_PORT', 'ARQ_HOST', 'ARQ_DATA', 'ARQ_LOG', 'ARQ_ALLOW_PLAINTEXT'])
      expect(HELP).toContain(name);
  });
});

test('an error of the program itself has no sentence', () => {
  const settings = { host: '127.0.0.1', port: 1, dataDir: '/data' };
  expect(startError(new TypeError('undefined is not a function'), settings)).toBeNull();
  expect(startError('thrown', settings)).toBeNull();
});

/** One sentence of the process about what is wrong, and nothing else. */
async function sentenceOf(settings: Record<string, string>, more: { uid?: number; args?: string[] } = {}) {
  const { code, stdout, stderr } = await runToEnd({ settings: { ARQ_PORT: '0', ...settings }, ...more });
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^[^\n]+\.\n$/);
  return stderr;
}

describe('a start that fails', () => {
  test('a wrong setting', async () => {
    expect(await sentenceOf({ ARQ_PORT: 'http' })).toContain('ARQ_PORT is "http"');
  });

  test('an option that is none', async () => {
    expect(await sentenceOf({ ARQ_DATA: join(folder, 'no') }, { args: ['--prot=1'] })).toContain('--help');
  });

  test('an address of another machine', async () => {
    const settings = { ARQ_DATA: join(folder, 'host'), ARQ_ALLOW_PLAINTEXT: '1' };
    expect(await sentenceOf({ ...settings, ARQ_HOST: '192.0.2.1' })).toContain('ARQ_HOST is "192.0.2.1"');
    expect(await sentenceOf({ ...settings, ARQ_HOST: 'no.such.invalid' })).toContain('ARQ_HOST is "no.such');
  });

  test('a port that is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const said = await sentenceOf({ ARQ_DATA: join(folder, 'port'), ARQ_PORT: String(port) });
    other.close();
    expect(said).toContain(`Port ${port} is taken; set ARQ_PORT`);
  });

  test('a file where the folder should be', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, 'mine');
    expect(await sentenceOf({ ARQ_DATA: file })).toContain('set ARQ_DATA');
    expect(await sentenceOf({ ARQ_DATA: join(file, 'below') })).toContain('set ARQ_DATA');
  });

  // Node's own recursive mkdir tries for ever there.
  test.skipIf(process.platform !== 'linux')('a place where no folder can be made', async () => {
    expect(await sentenceOf({ ARQ_DATA: '/proc/x' })).toContain(
      'No folder can be made at /proc/x; set ARQ_DATA',
    );
    expect(await sentenceOf({ ARQ_DATA: '/proc/x/y' })).toContain(
      'No folder can be made at /proc/x/y; set ARQ_DATA',
    );
  });

  test('a folder that another service is using, which goes on', async () => {
    const path = await usedFolder();
    const first = await startProcess({ settings: { ARQ_PORT: '0', ARQ_DATA: path } });
    const said = await sentenceOf({ ARQ_DATA: path });
    expect((await fetch(`${first.url}${PATHS.health}`)).status).toBe(200);
    expect(await first.end('SIGTERM')).toMatchObject({ code: 0, stderr: '' });
    expect(said).toContain(`Another process is using the folder ${path}; stop it`);
  });

  // Root may write everywhere, so as root this takes another user, who has to be able to read the program.
  const nobody = process.getuid?.() === 0 ? { uid: 65_534 } : {};
  test.skipIf(process.platform === 'win32')('a folder that this user may not write to', async ({ skip }) => {
    const { code } = await runToEnd({ settings: {}, args: ['--help'], ...nobody });
    if (code !== 0) skip('user 65534 cannot read the program');
    const path = await usedFolder();
    chmodSync(folder, 0o755);
    chmodSync(path, 0o555);
    if (nobody.uid !== undefined) for (const name of readdirSync(path)) chmodSync(join(path, name), 0o444);
    const said = await sentenceOf({ ARQ_DATA: path }, nobody);
    const below = await sentenceOf({ ARQ_DATA: join(path, 'below') }, nobody);
    chmodSync(path, 0o755);
    expect(said).toContain('check that this user may do both');
    expect(below).toContain(`This user may not write to the folder ${join(path, 'below')}`);
  });

  test.skipIf(process.platform === 'win32')('a new folder is for its owner only', async () => {
    const path = await usedFolder();
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  test.each<readonly [string, (path: string, manifest: string) => void]>([
    ['a manifest that is none', (_path, manifest) => writeFileSync(manifest, 'x'.repeat(200))],
    ['a manifest that is missing', (_path, manifest) => rmSync(manifest)],
    ['a pointer that points nowhere', (path) => writeFileSync(join(path, 'CURRENT'), 'nonsense\n')],
    ['a pointer that is missing', (path) => rmSync(join(path, 'CURRENT'))],
  ])('a damaged database, left as it is: %s', async (_what, damage) => {
    const path = await usedFolder();
    const manifest = readdirSync(path).find((name) => name.startsWith('MANIFEST')) ?? '';
    damage(path, join(path, manifest));
    const before = readdirSync(path).filter((name) => /^(?:MANIFEST|\d)/.test(name));
    expect(await sentenceOf({ ARQ_DATA: path })).toMatch(
      /^The data in the folder .+ (?:is damaged|cannot be read and written); .+ set ARQ_DATA to another one/,
    );
    expect(readdirSync(path)).toEqual(expect.arrayContaining(before));
  });
});

test('--help lists the settings and starts nothing', async () => {
  const ended = await runToEnd({ settings: {}, args: ['--help'] });
  expect(ended).toEqual({ code: 0, signal: null, stdout: HELP, stderr: '' });
});

test.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends it in good order, and a start after it works',
  async (signal) => {
    const settings = { ARQ_PORT: '0', ARQ_DATA: join(folder, signal) };
    for (const _again of [1, 2]) {
      const service = await startProcess({ settings });
      expect(service.stdout()).toBe(`ARQ sync service on ${service.url}, data in ${settings.ARQ_DATA}\n`);
      expect(await service.end(signal)).toMatchObject({ code: 0, signal: null, stderr: '' });
    }
  },
);
