/** The sync service as a process: settings in, one line out, and a good end. */
import { resolve } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { createLog } from './log.ts';
import { startService } from './service.ts';
import { HELP, readSettings, SettingsError } from './settings.ts';
import { startError } from './start-error.ts';

async function run(): Promise<void> {
  const { port, host, dataDir, logLevel } = readSettings(process.env);
  const folder = resolve(dataDir);
  const log = createLog(logLevel, systemClock, (line) => process.stderr.write(`${line}\n`));
  const service = await startService({ host, port, dataDir: folder, log }).catch((error: unknown) => {
    const sentence = startError(error, { host, port, dataDir: folder });
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

const words = process.argv.slice(2);
const [unknown] = words.filter((word) => word !== '--help');
if (unknown !== undefined) {
  console.error(`"${unknown}" is no option; --help lists the settings, which are environment variables.`);
  process.exitCode = 1;
} else if (words.includes('--help')) process.stdout.write(HELP);
else {
  run().catch((error: unknown) => {
    console.error(error instanceof SettingsError ? error.message : error);
    process.exitCode = 1;
  });
}
