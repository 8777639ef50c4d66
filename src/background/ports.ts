/** Long-lived connections: who may open which. Anything else is ended and counted, like a message. */
import { PORTS } from '../messaging/messages.ts';
import { senderClass } from '../messaging/router.ts';
import type { Status } from '../model/recording.ts';
import { extensionId, extensionRoot, type PagePort } from '../platform/runtime.ts';
import { serveArchive } from './services/archive-port.ts';
import type { Budget } from './services/budget.ts';
import { serveExport } from './services/export.ts';
import { type FileImportServices, serveImport } from './services/file-import.ts';
import type { Profile } from './services/profile.ts';

export interface PortServices {
  profile(): Promise<Profile>;
  importing(): Promise<FileImportServices>;
  budget(): Promise<Budget>;
  /** Returns how to stop it. */
  watch(watcher: (status: Status) => void): () => void;
  onDrop(): void;
}

export function servePort(port: PagePort, { profile, importing, budget, watch, onDrop }: PortServices): void {
  const from = port.sender && senderClass(port.sender, extensionId(), extensionRoot());
  if (from === 'page' && port.name === PORTS.export) serveExport(port, profile, onDrop);
  else if (from === 'page' && port.name === PORTS.import) serveImport(port, importing, onDrop);
  else if (from === 'page' && port.name === PORTS.archive) serveArchive(port, budget, onDrop);
  else if (from === 'page' && port.name === PORTS.live)
    port.onDisconnect(watch((status) => port.post(status)));
  else {
    onDrop();
    port.disconnect();
  }
}
