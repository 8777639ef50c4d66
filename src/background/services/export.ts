/** Sends an export over a port, one piece at a time: the next piece is made when the page has taken the last. */
import type { Tally } from '../../context/metrics.ts';
import { exportWriter } from '../../lifecycle/export-format.ts';
import type { ExportMessage } from '../../messaging/answers.ts';
import { type ExportRequest, exportRequestSchema } from '../../messaging/messages.ts';
import { parsePlain } from '../../messaging/plain.ts';
import { matchesFilter } from '../../model/selector.ts';
import type { PagePort } from '../../platform/runtime.ts';
import type { Profile } from './profile.ts';

const BATCH = 500;

/** `onDrop`: it was asked for in a way that no page of ours does. */
export function serveExport(port: PagePort, profile: () => Promise<Profile>, onDrop: () => void): void {
  let gone = false;
  let taken: () => void = () => {};
  let started = false;
  const send = (message: ExportMessage) => port.post(message);
  port.onDisconnect(() => {
    gone = true;
    taken();
  });
  port.onMessage((raw) => {
    if (started) return taken();
    started = true;
    const request = parsePlain(exportRequestSchema, raw);
    if (request === null) {
      onDrop();
      return send({
        kind: 'failed',
        message: 'The export was asked for in a way that this version does not know.',
      });
    }
    measured(request).catch((error: unknown) => {
      console.error('export failed', error);
      send({
        kind: 'failed',
        message: 'The export failed while reading the store. Nothing was changed; try again.',
      });
    });
  });

  async function piece(text: string, records: number, total: number): Promise<void> {
    if (gone) return;
    await new Promise<void>((resolve) => {
      taken = resolve;
      send({ kind: 'chunk', text, records, total });
    });
  }

  /** Its time is also that of the page, which takes one piece after the other. */
  async function measured(request: ExportRequest): Promise<void> {
    const from = await profile();
    await from.context.queries.measure({}, (tally) => run(from, request, tally));
  }

  async function run({ store, clock }: Profile, request: ExportRequest, tally: Tally): Promise<void> {
    const total = await store.recordCount();
    const writer = exportWriter(request.format);
    let written = 0;
    await piece(writer.start(new Date(clock.nowMs())), 0, total);
    for await (const { records } of store.recordsByDay('oldest')) {
      if (gone) return;
      tally.rowsRead += records.length;
      const wanted = records.filter((record) => matchesFilter(record, request));
      for (let i = 0; i < wanted.length && !gone; i += BATCH) {
        const batch = wanted.slice(i, i + BATCH);
        written += batch.length;
        tally.rowsReturned = written;
        await piece(writer.records(batch), written, total);
      }
    }
    await piece(writer.end(), written, total);
    send({ kind: 'done', records: written });
  }
}
