/**
 * A summary as bytes, inside a digest: numbers as varints in the order of `Summary`; times since the day began, in ms. The
 * names of its sites are not in it: they are the digest's own terms, and the numbers are in their order.
 */
import { ByteReader, ByteWriter } from '../../base/byte-stream.ts';
import type { Bytes } from '../../base/bytes.ts';
import { RECORD_KINDS, type RecordKind } from '../../model/interaction.ts';
import { hostOfTerm, siteTerm } from '../../model/page.ts';
import type { KindCounts, SiteSummary, Summary } from '../../model/summary.ts';

const writeCounts = (out: ByteWriter, counts: KindCounts) => {
  for (const kind of RECORD_KINDS) out.varint(counts[kind]);
};
const readCounts = (reader: ByteReader): Record<RecordKind, number> =>
  Object.fromEntries(RECORD_KINDS.map((kind) => [kind, reader.varint()])) as Record<RecordKind, number>;

/** Fractions of a millisecond are dropped. */
export function encodeSummary({ hours, sites, dwellMs, spans }: Summary, dayStartMs: number): Bytes {
  const out = new ByteWriter();
  for (const hour of hours) writeCounts(out, hour);
  out.varint(Math.floor(dwellMs));
  out.varint(spans.length);
  for (const { fromMs, toMs } of spans) {
    out.signed(fromMs - dayStartMs);
    out.varint(Math.floor(toMs - fromMs));
  }
  for (const host of inTermOrder([...sites.keys()])) {
    const site = sites.get(host) as SiteSummary;
    writeCounts(out, site);
    out.varint(Math.floor(site.dwellMs));
  }
  return out.bytes();
}

/** As a digest sorts the terms of these hosts. */
const inTermOrder = (hosts: string[]): string[] => hosts.map(siteTerm).sort().map(hostOfTerm);

/**
 * `hosts`: all of the summary, in the order of their terms; none to leave out its sites, which are most of it.
 * @throws RangeError when the bytes are damaged.
 */
export function decodeSummary(bytes: Bytes, hosts: readonly string[], dayStartMs: number): Summary {
  const reader = new ByteReader(bytes);
  const hours = Array.from({ length: 24 }, () => readCounts(reader));
  const dwellMs = reader.varint();
  const spans = Array.from({ length: reader.varint() }, () => {
    const fromMs = dayStartMs + reader.signed();
    return { fromMs, toMs: fromMs + reader.varint() };
  });
  const sites = new Map<string, SiteSummary>();
  for (const host of hosts) sites.set(host, { ...readCounts(reader), dwellMs: reader.varint() });
  return { hours, sites, dwellMs, spans };
}
