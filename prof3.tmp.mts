import { readFileSync } from 'node:fs';
import { BenchHost } from './test/bench/host.ts';
import { parsePages } from './test/bench/page-pool.ts';
import { days } from './test/bench/workload.ts';
import { buildTarget } from './scripts/build.ts';
const { folder } = await buildTarget('chrome', 'bench');
const pages = parsePages(readFileSync('/work/shared/data/pages.tsv','utf8'));
const host = await BenchHost.launch('chromium', folder, 'arq', pages);
const lim = <T>(what: string, p: Promise<T>) => Promise.race([p, new Promise<T>((_, no) => setTimeout(() => no(new Error('timeout ' + what)), 8000))]);
try {
  await lim('open arq', host.run('open', null)); console.log('opened');
  await lim('close', host.run('close', null));
  await lim('open live', host.run('open', null, 'arq-live')); console.log('live open');
  console.log((await lim('stats', host.run('stats', { firstDay: '0000-01-01', lastDay: '9999-12-31', runs: 1 }, 'arq-live'))).events);
  const ev = [...days(pages, { events: 525, days: 1, lastDay: '2026-11-01' })].flatMap((d) => d.events);
  let i = 0; const all: number[] = [];
  for (const e of ev) { const a = await lim(`append ${i++} ${JSON.stringify(e)}`, host.run('append', [e], 'arq-live')); all.push(a.ms[0]!); if (i > 120) break; }
  all.sort((a, b) => a - b); console.log('p50', all[60], 'p95', all[114]);
  const cold: number[] = [];
  for (const e of ev.slice(200, 215)) { await host.stopWorker(); const a = await lim('cold ' + JSON.stringify(e), host.run('coldAppend', e, 'arq-live')); cold.push(a.ms); }
  console.log('cold', cold.map(Math.round).join(' '));
} catch (e) { console.log(String(e)); } finally { await host.remove(); }
process.exit(0);
