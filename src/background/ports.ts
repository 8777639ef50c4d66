/** Long-lived connections: who may open which. Anything else is ended and counted, like a message. */
import { PORTS } from '../messaging/messages.ts';
import { senderClass } from '../messaging/router.ts';
import type { Status } from '../model/recording.ts';
import { extensionId, extensionRoot, type PagePort } from '../platform/runtime.ts';
import { serveArchive, serveFetch } from './services/archive-ports.ts';
import type { Budget } from './services/budget.ts';
import { type ExportServices, serveExport } from './services/export.ts';
import { type FileImportServices, serveImport } from './services/file-import.ts';

export interface PortServices {
  exporting(): Promise<ExportServices>;
  importing(): Promise<FileImportServices>;
  budget(): Promise<Budget>;
  /** Returns how to stop it. */
  watch(watcher: (status: Status) => void): () => void;
  onDrop(): void;
}

export function servePort(
  port: PagePort,
  { exporting, importing, budget, watch, onDrop }: PortServices,
): void {
  const from = port.sender && senderClass(port.sender, extensionId(), extensionRoot());
  if (from === 'page' && port.name === PORTS.export) serveExport(port, exporting, onDrop);
  else if (from === 'page' && port.name === PORTS.import) serveImport(port, importing, onDrop);
  else if (from === 'page' && port.name === PORTS.archive) serveArchive(port, budget);
  else if (from === 'page' && port.name === PORTS.fetch) serveFetch(port, budget, onDrop);
  else if (from === 'page' && port.name === PORTS.live)
    port.onDisconnect(watch((status) => port.post(status)));
  else {
    onDrop();
    port.disconnect();
  }
}
