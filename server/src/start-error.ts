import type { Settings } from './settings.ts';

/** An error of the system, of Node or of LevelDB, which says what it is by its code. */
const codeOf = (error: Error): string | undefined =>
  'code' in error && typeof error.code === 'string' ? error.code : undefined;

/**
 * Why the service did not start and what a person can do about it, in one sentence; `null` for an error that is nobody's
 * but the program's own.
 *
 * @param dataDir the folder as it was looked for.
 */
export function startError(
  error: unknown,
  { host, port, dataDir }: Pick<Settings, 'host' | 'port' | 'dataDir'>,
): string | null {
  if (!(error instanceof Error)) return null;
  // LevelDB's own reason is the cause of "not open".
  const reason = error.cause instanceof Error ? error.cause : error;
  const ofPort = 'syscall' in reason && reason.syscall === 'listen';
  const elsewhere = 'set ARQ_DATA to another one';
  switch (codeOf(reason)) {
    case 'EADDRINUSE':
      return `Port ${port} is taken; set ARQ_PORT to another one, or to 0 for any free one.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `ARQ_HOST is "${host}", and that is no address of this machine; set it to one, such as 127.0.0.1.`;
    case 'EACCES':
    case 'EPERM':
      return ofPort
        ? `This user may not use port ${port}; set ARQ_PORT to one from 1024 on, or to 0 for any free one.`
        : `This user may not write to the folder ${dataDir}; change its permissions, or ${elsewhere}.`;
    case 'EROFS':
      return `The folder ${dataDir} can only be read; ${elsewhere}.`;
    case 'EEXIST':
    case 'ENOTDIR':
      return `${dataDir} is no folder and cannot become one; ${elsewhere}.`;
    case 'ENOENT':
      return 'syscall' in reason && reason.syscall === 'mkdir'
        ? `No folder can be made at ${dataDir}; ${elsewhere}.`
        : null;
    case 'ENOSPC':
      return `The disk with the folder ${dataDir} is full; make room, or ${elsewhere}.`;
    case 'LEVEL_LOCKED':
      return `Another process is using the folder ${dataDir}; stop it, or ${elsewhere}.`;
    case 'LEVEL_CORRUPTION':
      return `The data in the folder ${dataDir} is damaged; put a backup in its place, or ${elsewhere}.`;
    case 'LEVEL_IO_ERROR':
      return (
        `The data in the folder ${dataDir} cannot be read and written; ` +
        `check that this user may do both and that no file is missing, or ${elsewhere}.`
      );
    default:
      return null;
  }
}
