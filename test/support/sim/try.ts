import { Simulation } from './simulation.ts';
const [from = 1, to = from] = process.argv.slice(2, 4).map(Number);
if (process.argv[4] === 'log') (globalThis as never as { DBG: boolean }).DBG = true;
const verbose = process.argv[4] === 'log';
console.error = () => {};
let bad = 0; let cpu = 0;
const hits = new Map<string, number>();
for (let s = from; s <= to; s++) {
  const t = process.cpuUsage();
  const sim = new Simulation(s);
  if (verbose) sim.log = (line) => console.log(line);
  try { const r = await sim.run(); for (const [k, v] of r.hits) hits.set(k, (hits.get(k) ?? 0) + v); if (verbose) console.log(r.trace, r.steps); }
  catch (e) { bad++; console.log(verbose ? (e as Error).cause : (e as Error).message.slice(0, 300)); }
  const c = process.cpuUsage(t); cpu += (c.user + c.system) / 1e6;
}
console.log(to - from + 1, 'seeds', bad, 'bad', 'cpu', cpu.toFixed(1), JSON.stringify(Object.fromEntries(hits)));
