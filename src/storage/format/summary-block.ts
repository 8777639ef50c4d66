/** A summary as bytes, inside a digest: numbers as varints in the order of `Summary`; times since the day began, in ms. */
import { ByteReader, ByteWriter } from '../../base/byte-stream.ts';
import type { Bytes } from '../../base/bytes.ts';
import { RECORD_KINDS, type RecordKind } from '../../model/interaction.ts';
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
  out.varint(sites.size);
  for (const [host, site] of sites) {
    out.text(host);
    writeCounts(out, site);
    out.varint(Math.floor(site.dwellMs));
  }
  return out.bytes();
}

/** @throws RangeError or TypeError when the bytes are damaged. */
export function decodeSummary(bytes: Bytes, dayStartMs: number): Summary {
  const reader = new ByteReader(bytes);
  const hours = Array.from({ length: 24 }, () => readCounts(reader));
  const dwellMs = reader.varint();
  const spans = Array.from({ length: reader.varint() }, () => {
    const fromMs = dayStartMs + reader.signed();
    return { fromMs, toMs: fromMs + reader.varint() };
  });
  const sites = new Map<string, SiteSummary>();
  for (let left = reader.varint(); left > 0; left--)
    sites.set(reader.text(), { ...readCounts(reader), dwellMs: reader.varint() });
  return { hours, sites, dwellMs, spans };
}
