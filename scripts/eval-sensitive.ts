/**
 * `npm run eval:sensitive`: how much of the labelled corpus is recognised, kind by kind, and how often something is taken for
 * sensitive that is not: among the corpus's look-alikes, and on the titles and addresses of `pages.tsv` in `ARQ_DATA_DIR` (default
 * `../shared/data`). `--json FILE` writes the figures, by default to artifacts/sensitive.json; `--misses` lists what went wrong.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { redactAddress } from '../src/capture/redact-address.ts';
import { redact } from '../src/capture/sensitive-data.ts';
import { SENSITIVE_KINDS } from '../src/model/sensitive.ts';
import {
  figures,
  hashForTests,
  type Judged,
  judge,
  PARTS,
  type Part,
  readCorpus,
} from '../test/support/sensitive-corpus.ts';
import { judgePages, pageRows } from '../test/support/sensitive-pages.ts';
import { ROOT } from './root.ts';
import { sharedDataPath, sharedText } from './shared-data.ts';

const percent = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;

function printTable(title: string, judged: readonly Judged[]): void {
  const rows = figures(judged);
  const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((all, row) => all + of(row), 0);
  console.log(
    `\n${title}: ${judged.length} strings in ${new Set(judged.map(({ language }) => language)).size} languages`,
  );
  console.log(`  ${'kind'.padEnd(15)} ${'n'.padStart(4)}  recall   as its kind  look-alikes  false alarms`);
  const line = (name: string, n: number, caught: number, right: number, alike: number, alarms: number) =>
    console.log(
      `  ${name.padEnd(15)} ${String(n).padStart(4)}  ${percent(caught, n).padStart(7)}  ${percent(right, n).padStart(11)}  ${String(alike).padStart(11)}  ${String(alarms).padStart(12)}`,
    );
  for (const row of rows)
    line(row.kind, row.positives, row.caught, row.rightKind, row.lookAlikes, row.falseAlarms);
  line(
    'all',
    sum((row) => row.positives),
    sum((row) => row.caught),
    sum((row) => row.rightKind),
    sum((row) => row.lookAlikes),
    sum((row) => row.falseAlarms),
  );
}

/** Time of this process, whatever else the machine does. */
async function cpuMs(rows: readonly string[], task: (row: string) => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  for (const row of rows) await task(row);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function evaluatePages(text: string, listed: boolean) {
  const rows = pageRows(text);
  const { changed, counted, byKind, replaced } = await judgePages(rows);
  if (listed) for (const one of replaced) console.log(`  ${one.kinds.join(', ')}: ${one.row}`);
  const n = rows.length;
  console.log(`\npages.tsv: ${n} titles with addresses`);
  console.log(`  something replaced      ${changed} (${percent(changed, n)})`);
  console.log(`  only a term counted     ${counted} (${percent(counted, n)})`);
  console.log(`  either                  ${changed + counted} (${percent(changed + counted, n)})`);
  for (const kind of SENSITIVE_KINDS)
    if (byKind[kind] > 0) console.log(`    ${kind.padEnd(15)} ${byKind[kind]}`);
  const titleMs = await cpuMs(
    rows,
    async (row) => void (await redact(row.split('\t')[0] ?? '', hashForTests)),
  );
  const addressMs = await cpuMs(rows, async (row) => void redactAddress(row.split('\t')[1] ?? ''));
  console.log(
    `  a title takes ${(titleMs / n).toFixed(3)} ms, an address ${(addressMs / n).toFixed(3)} ms of the processor on average`,
  );
  return { n, changed, counted, byKind, titleMs: titleMs / n, addressMs: addressMs / n };
}

const { values } = parseArgs({
  options: {
    json: { type: 'string', default: join(ROOT, 'artifacts/sensitive.json') },
    misses: { type: 'boolean', default: false },
  },
});
const judged = await Promise.all(readCorpus().map(judge));
const ofPart = (part: Part) => judged.filter((one) => one.part === part);
printTable('Seen while the recognisers were made', ofPart('first'));
printTable('Written afterwards', ofPart('held'));
printTable('Written after what the second part showed was mended', ofPart('fresh'));
printTable('All', judged);
if (values.misses)
  for (const one of judged)
    if (one.falseAlarm || (!one.isLookAlike && !one.caught))
      console.log(
        `  ${one.part} ${one.falseAlarm ? 'false alarm' : 'missed'} ${one.kind} ${one.language}: ${one.text} -> ${one.redacted}`,
      );

const text = sharedText('pages.tsv');
const pages = text === undefined ? undefined : await evaluatePages(text, values.misses);
if (!pages)
  console.log(
    `\n${sharedDataPath('pages.tsv')} is not there: false alarms on ordinary pages were not measured. Set ARQ_DATA_DIR to where it is.`,
  );

mkdirSync(dirname(values.json), { recursive: true });
writeFileSync(
  values.json,
  `${JSON.stringify({ ...Object.fromEntries(PARTS.map((part) => [part, figures(ofPart(part))])), all: figures(judged), pages }, null, 2)}\n`,
);
