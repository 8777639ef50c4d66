import { readFileSync } from 'node:fs';
import { BenchHost } from '../test/bench/host.ts';
import { measureLivePart } from '../test/bench/measure-subject.ts';
import { parsePages } from '../test/bench/page-pool.ts';
import { ensureBrowsers } from './browsers.mjs';
import { buildTarget } from './build.ts';
import { quantile } from './quantile.ts';
ensureBrowsers();
const events = Number(process.argv[2] ?? 30000);
const rounds = Number(process.argv[3] ?? 1);
const pages = parsePages(readFileSync('/work/shared/data/pages.tsv', 'utf8'));
const { folder } = process.env.FOLDER ? { folder: process.env.FOLDER } : await buildTarget('chrome', 'bench');
const host = await BenchHost.launch('chromium', folder, 'arq', pages);
try {
  await host.run('open', null);
  await host.run('ingest', { workload: { events }, limitMs: 1e9 });
  await host.run('finish', null);
  if (process.env.MICRO) {
    const page = await host.browser.openExtensionPage('test/bench/page/index.html');
    const out = await page.evaluate(async () => {
      const c = (globalThis as any).chrome;
      const res: Record<string, number[]> = {};
      const time = async (name: string, f: () => Promise<unknown>, n = 100) => {
        const ms = [];
        for (let i = 0; i < n; i++) { const s = performance.now(); await f(); ms.push(performance.now() - s); }
        ms.sort((a, b) => a - b);
        res[name] = [ms[n >> 1]!, ms[Math.floor(n * 0.95)]!];
      };
      await time('session.get', () => c.storage.session.get('tab:1'));
      await time('session.set', () => c.storage.session.set({ x: { a: 1, b: 'hello' } }));
      await time('session.remove', () => c.storage.session.remove('x'));
      await time('local.get', () => c.storage.local.get('sentinel'));
      await time('local.set', () => c.storage.local.set({ x: { a: Math.random(), b: 'hello' } }));
      const [t] = await c.tabs.query({});
      await time('tabs.get', () => c.tabs.get(t.id));
      await time('permissions', () => c.permissions.contains({ origins: ['http://*/*'] }));
      await time('setBadgeText', () => c.action.setBadgeText({ text: '' }));
      await time('alarms.get', () => c.alarms.get('minute'));
      const dbs = await indexedDB.databases();
      const open = (n: string) => new Promise<IDBDatabase>((res, rej) => { const r = indexedDB.open(n); r.onsuccess = () => res(r.result); r.onerror = () => rej(r.error); });
      const req = (r: IDBRequest) => new Promise((a, b) => { r.onsuccess = () => a(r.result); r.onerror = () => b(r.error); });
      const name = dbs.find((d) => !/keys/.test(d.name!))!.name!;
      const keysName = dbs.find((d) => /keys/.test(d.name!))!.name!;
      await time('idb.open', async () => { const d = await open(name); d.close(); }, 20);
      const d = await open(name);
      await time('idb.get', () => req(d.transaction('tabs').objectStore('tabs').get(5)));
      await time('idb.get parallel3', () => Promise.all([1,2,3].map((x) => req(d.transaction('tabs').objectStore('tabs').get(x)))));
      await time('idb.get parallel3 same tx', () => { const s = d.transaction('tabs').objectStore('tabs'); return Promise.all([1,2,3].map((x) => req(s.get(x)))); });
      const write = (durability: IDBTransactionDurability) => new Promise<void>((a) => { const t = d.transaction(['journal','metadata','tabs','seen','outbox'], 'readwrite', { durability }); t.objectStore('seen').put(1, 'x' + Math.random()); t.objectStore('metadata').put(1, 'zz'); t.oncomplete = () => a(); });
      await time('idb.write strict', () => write('strict'));
      await time('idb.write relaxed', () => write('relaxed'));
      const kd = await open(keysName);
      await time('ring getAll', async () => { const r = await req(kd.transaction('ring').objectStore('ring').getAll()) as unknown[]; res['ring rows'] = [r.length]; }, 20);
      await time('deleteDB none', () => new Promise<void>((a) => { const r = indexedDB.deleteDatabase('nope'); r.onsuccess = () => a(); }), 20);
      const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt']);
      await time('aes', () => crypto.subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(12) }, key, new Uint8Array(500)));
      return res;
    });
    console.log(Object.entries(out).map(([k, v]) => `${k}: ${v.map((x) => x.toFixed(2)).join(' / ')}`).join('\n'));
  }
  const all = new Map<string, Map<string, number[]>>();
  (globalThis as any).__cold = (subject: string, marks?: [string, number][]) => {
    const m = all.get(subject) ?? new Map(); all.set(subject, m);
    let before = 0;
    for (const [n, t] of marks ?? []) { m.set(n, [...(m.get(n) ?? []), t - before]); before = t; }
  };
  for (let i = 0; i < rounds; i++) {
    const rows = await measureLivePart(host, pages, { events: events + i * 10_000 });
    console.log(rows.map((r) => `${r.name} ${r.value.toFixed(1)}`).join('  '));
  }
  if (process.env.MARKS) for (const [subject, m] of all) console.log(subject, [...m].map(([n, list]) => `${n} +${quantile(list, 0.5).toFixed(1)}`).join(' | '));
} finally {
  await host.remove();
}
