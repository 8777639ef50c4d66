/** Sends an export over a port, one piece at a time: the next piece is made when the page has taken the last. */
import type { Tally } from '../../context/metrics.ts';
import { exportWriter } from '../../lifecycle/export-format.ts';
import { type PackageSources, packagePieces, ServiceSilent } from '../../lifecycle/package-files.ts';
import type { ExportMessage } from '../../messaging/answers.ts';
import { type ExportRequest, exportRequestSchema } from '../../messaging/messages.ts';
import { parsePlain } from '../../messaging/plain.ts';
import { matchesFilter } from '../../model/selector.ts';
import { extensionVersion, type PagePort } from '../../platform/runtime.ts';
import { DamagedError } from '../../storage/database.ts';
import { HoldingsMissing } from '../../sync/holdings.ts';
import type { Consents } from './consents.ts';
import { checkProof } from './lock.ts';
import type { Plugins } from './plugins.ts';
import type { Profile } from './profile.ts';
import type { Outcome, Requests } from './requests.ts';
import type { Sync } from './sync.ts';
import { unlessDamaged } from './unless-damaged.ts';

const BATCH = 500;

export interface ExportServices {
  readonly profile: Profile;
  readonly sync: Pick<Sync, 'holdings'>;
  readonly requests: Requests;
  readonly consents: Pick<Consents, 'report'>;
  readonly plugins: Pick<Plugins, 'report'>;
}

type Chunk = Omit<Extract<ExportMessage, { kind: 'chunk' }>, 'kind' | 'total'>;

const FAILED = 'The export failed while reading the store. Nothing was changed; try again.';

/** `onDrop`: it was asked for in a way that no page of ours does. */
export function serveExport(
  port: PagePort,
  services: () => Promise<ExportServices>,
  onDrop: () => void,
): void {
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
    noted(request).catch((error: unknown) => {
      console.error('export failed', error);
      send({ kind: 'failed', message: FAILED });
    });
  });

  async function piece(chunk: Chunk, total: number): Promise<void> {
    if (gone) return;
    await new Promise<void>((resolve) => {
      taken = resolve;
      send({ kind: 'chunk', ...chunk, total });
    });
  }

  async function noted(request: ExportRequest): Promise<void> {
    const all = await services();
    const { requests, profile } = all;
    // Who sits down at an unlocked browser does not take everything along.
    const checked = await checkProof(profile, request);
    if (!checked.ok) return send({ kind: 'failed', message: checked.error.message });
    const kind = request.format === 'package' ? request.kind : request.format;
    const goingOn = request.format === 'package' ? request.request : undefined;
    // A disk that is full is a reason to export, not one to refuse it: then it is not noted.
    const id = await requests.begin({ type: 'export', kind }, '', goingOn).catch(notNoted);
    let outcome: Outcome = { status: 'failed', message: FAILED };
    try {
      outcome = await measured(all, request);
    } finally {
      if (id !== undefined) await requests.end(id, outcome).catch(notNoted);
    }
    // Told last: the page may be closed as soon as it is.
    if (outcome.status === 'completed') send({ kind: 'done', records: outcome.records ?? 0 });
  }

  /** Its time is also that of the page, which takes one piece after the other. */
  function measured(all: ExportServices, request: ExportRequest): Promise<Outcome> {
    return all.profile.context.queries.measure({}, async (tally) => {
      const done = request.format === 'package' ? packed(all, request, tally) : run(all, request, tally);
      const { records, message } = await done;
      if (gone) return { status: 'cancelled' };
      return { status: 'completed', records, ...(message === undefined ? {} : { message }) };
    });
  }

  async function run(
    { profile: { store, clock } }: ExportServices,
    request: Exclude<ExportRequest, { format: 'package' }>,
    tally: Tally,
  ): Promise<{ records: number; message?: string }> {
    const total = await store.recordCount();
    const writer = exportWriter(request.format);
    let written = 0;
    await piece({ text: writer.start(new Date(clock.nowMs())), records: 0 }, total);
    for await (const { records } of store.recordsByDay('oldest')) {
      if (gone) break;
      tally.rowsRead += records.length;
      const wanted = records.filter((record) => matchesFilter(record, request));
      for (let i = 0; i < wanted.length && !gone; i += BATCH) {
        const batch = wanted.slice(i, i + BATCH);
        written += batch.length;
        tally.rowsReturned = written;
        await piece({ text: writer.records(batch), records: written }, total);
      }
    }
    await piece({ text: writer.end(), records: written }, total);
    return { records: written };
  }

  async function packed(
    services: ExportServices,
    { kind, bodies = false }: Extract<ExportRequest, { format: 'package' }>,
    tally: Tally,
  ): Promise<{ records: number; message?: string }> {
    let damaged = 0;
    const withBodies = bodies && kind !== 'anonymised';
    const sources = await sourcesOf(services, tally, withBodies, (rows) => {
      damaged = rows;
    });
    const total = 2 * sources.records;
    let last = 0;
    const missing: string[] = [];
    for await (const { warning, ...chunk } of packagePieces(sources, kind === 'anonymised' ? kind : 'full')) {
      if (gone) break;
      if (warning !== undefined) missing.push(warning);
      last = chunk.records;
      await piece({ ...chunk, ...(warning === undefined ? {} : { warning }) }, Math.max(total, last));
    }
    if (damaged > 0 && !gone) {
      const warning = damagedWords(damaged);
      missing.push(warning);
      await piece({ text: '', records: last, warning }, Math.max(total, last));
    }
    const records = Math.floor(last / 2);
    tally.rowsReturned = records;
    return { records, ...(missing.length === 0 ? {} : { message: missing.join(' ') }) };
  }
}

function notNoted(error: unknown): undefined {
  console.error('an export could not be noted', error);
}

/** `null` when it is damaged, or when what it is made with cannot be written. */
async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof DamagedError || error instanceof DOMException) return null;
    throw error;
  }
}

const damagedWords = (rows: number): string =>
  `${rows} ${rows === 1 ? 'piece' : 'pieces'} of what is stored cannot be read and ${rows === 1 ? 'is' : 'are'} not in this export.`;

/** What else is kept about the person. */
async function settingsOf({ profile, consents, plugins, requests }: ExportServices) {
  const { policy, consents: given } = await consents.report();
  return {
    settings: profile.settings,
    policy,
    consents: given,
    extensions: await plugins.report(),
    keptOut: (await profile.sensitive.totals()) ?? null,
    requests: await requests.list(),
  };
}

async function sourcesOf(
  services: ExportServices,
  tally: Tally,
  bodies: boolean,
  onDamaged: (rows: number) => void,
): Promise<PackageSources> {
  const { profile, sync } = services;
  const { store, context, clock } = profile;
  const exportedMs = clock.nowMs();
  const archived = Object.keys((await unlessDamaged(store.archivedDays())) ?? {});
  const away = Object.keys(await store.awayDays());
  const service = sync.holdings();
  return {
    exportedAt: new Date(exportedMs),
    version: extensionVersion(),
    records: await store.recordCount(),
    missingDays: new Set([...archived, ...away]).size,
    profile: () => orNull(context.profile()),
    preferences: () => orNull(context.preferences()),
    settings: () => orNull(settingsOf(services)),
    contexts: () => context.contextsCursor(),
    deletions: () => orNull(store.deletions.read()),
    async *days() {
      let rows = 0;
      for await (const { records, damaged } of store.recordsByDay('oldest')) {
        rows += damaged;
        if (damaged > 0) onDamaged(rows);
        tally.rowsRead += records.length;
        // Both forms end at the same moment, whatever is recorded meanwhile.
        yield records.filter(({ atMs }) => atMs <= exportedMs);
      }
    },
    service: service && {
      url: service.url,
      async *held() {
        try {
          yield* service.held(bodies);
        } catch (error) {
          throw error instanceof HoldingsMissing ? new ServiceSilent(error.message) : error;
        }
      },
    },
  };
}
