/** What the demo prints. */
import { statSync } from 'node:fs';
import type { DemoPage } from '../test/support/demo-pages.ts';
import { filesBelow, searchBytes } from '../test/support/search-bytes.ts';

export interface Arrival {
  readonly page: DemoPage;
  /** From the loaded page in one browser to the found page in the other. */
  readonly tookMs: number;
}

const cut = (text: string, width: number): string =>
  text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1)}…`;

/** `results` are the entries of the options page: title, address and details on lines of their own. */
export function printRecorded(label: string, recordCount: string, results: readonly string[]): void {
  console.log(`\nRecorded in ${label}: ${recordCount} records, ${results.length} pages`);
  for (const result of results) {
    const [title = '', address = '', ...details] = result.split('\n').filter((line) => line.trim() !== '');
    console.log(`  ${cut(title, 58)} ${cut(address.replace(/^https?:\/\//, ''), 44)} ${details[0] ?? ''}`);
  }
}

export function printArrivals(label: string, recordCount: string, arrivals: readonly Arrival[]): void {
  const sorted = arrivals.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  console.log(`\nArrived in ${label}: ${recordCount} records`);
  for (const { page, tookMs } of arrivals)
    console.log(`  ${tookMs.toFixed(0).padStart(6)} ms  ${cut(page.title, 80)}`);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  console.log(
    `  median ${median.toFixed(0)} ms, slowest ${(sorted.at(-1) ?? 0).toFixed(0)} ms, from loaded to found`,
  );
}

/**
 * What the service has on disk, searched for what was visited.
 * @throws Error when it has nothing, or has something readable.
 */
export function printService(dataDir: string, words: readonly string[]): void {
  const files = filesBelow(dataDir);
  const sizeBytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  const hits = searchBytes(files, words);
  console.log(
    `\nThe service holds ${files.length} files, ${sizeBytes} bytes. Searched for ${words.length} hosts and words`,
  );
  console.log(`of titles, addresses, searches and clicks, in three encodings: ${hits.length} hits`);
  if (sizeBytes === 0)
    throw new Error('The service holds nothing, although both browsers say that they are synced.');
  if (hits.length > 0)
    throw new Error(`The service holds readable text: "${hits[0]?.text}" in ${hits[0]?.file}.`);
}
