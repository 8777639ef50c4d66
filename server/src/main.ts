/** The sync service as a process: settings in, one line out, and a good end. */
import { resolve } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { createLog } from './log.ts';
import { startService } from './service.ts';
import { HELP, readSettings, SettingsError } from './settings.ts';

/** What a person can do about it, `null` for an error that is none of theirs. */
function sentenceFor(error: unknown, dataDir: string): string | null {
  if (!(error instanceof Error)) return null;
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE')
    return 'The port is taken. Set ARQ_PORT to another one, or to 0 for any free one.';
  if (code === 'EADDRNOTAVAIL') return 'ARQ_HOST is no address of this machine.';
  if (code === 'EACCES') return `This user may not use the port, or may not write to ${dataDir}.`;
  if (code === 'LEVEL_LOCKED')
    return `Another process is using ${dataDir}. Stop it, or set ARQ_DATA to another folder.`;
  return null;
}

async function run(): Promise<void> {
  const { port, host, dataDir, logLevel } = readSettings(process.env);
  const folder = resolve(dataDir);
  const log = createLog(logLevel, systemClock, (line) => process.stderr.write(`${line}\n`));
  const service = await startService({ host, port, dataDir: folder, log }).catch((error: unknown) => {
    const sentence = sentenceFor(error, folder);
    throw sentence === null ? error : new SettingsError(sentence);
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      service.close().catch((error: unknown) => {
        log.trouble('stop', error);
        process.exitCode = 1;
      });
    });
  }
  console.log(`ARQ sync service on ${service.url}, data in ${folder}`);
}

if (process.argv.includes('--help')) process.stdout.write(HELP);
else {
  run().catch((error: unknown) => {
    console.error(error instanceof SettingsError ? error.message : error);
    process.exitCode = 1;
  });
}
