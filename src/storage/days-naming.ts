/** Which days may name an address, be it as that of a record or as one that a record links to. */
import type { Day } from '../base/clock.ts';
import { hostOfTerm } from '../model/page.ts';
import { DamagedError, decoding } from './database.ts';
import { journalDays } from './packing.ts';
import { PackReader, type PackSource } from './packs.ts';
import type { PackRow } from './schema.ts';

/** The days of one pack, with the hosts of all addresses in it; `null`: they are not known, because it is not packed, or damaged. */
export interface NamedHosts {
  readonly days: readonly Day[];
  readonly hosts: readonly string[] | null;
}

/** Packs share a table of addresses, so within one it is not known on which of its days a host is. */
export async function* namedHosts(source: PackSource, packs: readonly PackRow[]): AsyncGenerator<NamedHosts> {
  yield { days: [...(await journalDays(source.db)).keys()], hosts: null };
  for (const pack of packs)
    yield { days: pack.days.map(({ day }) => day), hosts: await hostsOf(source, pack) };
}

async function hostsOf(source: PackSource, pack: PackRow): Promise<readonly string[] | null> {
  try {
    const outline = await new PackReader(source, pack).outline();
    const { terms } = await decoding(() => outline.hosts());
    return terms.map(hostOfTerm);
  } catch (error) {
    if (error instanceof DamagedError) return null;
    throw error;
  }
}
