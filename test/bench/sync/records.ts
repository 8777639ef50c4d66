/** The records that are brought to another device: those of the storage benchmark. */
import { sharedDataPath, sharedText } from '../../../scripts/shared-data.ts';
import type { InteractionEvent } from '../../../src/model/interaction.ts';
import { parsePages } from '../page-pool.ts';
import { DEVICE, days, type WorkDay } from '../workload.ts';

/** 200 a day, up to some time ago. */
const A_DAY = 200;

/** Oldest first, with the numbers of a device. @throws Error when the data is not there. */
export function* recordDays(records: number, deviceId: string): Generator<WorkDay> {
  const tsv = sharedText('pages.tsv');
  if (tsv === undefined)
    throw new Error(`${sharedDataPath('pages.tsv')} is not there (ARQ_DATA_DIR says where to look).`);
  const own = (event: InteractionEvent) => ({ ...event, id: event.id.replace(DEVICE, deviceId) });
  const count = Math.max(1, Math.round(records / A_DAY));
  for (const { day, events } of days(parsePages(tsv), { events: records, days: count }))
    yield { day, events: events.map(own) };
}
