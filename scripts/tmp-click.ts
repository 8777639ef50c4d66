import { launchBrowser } from '../test/support/browser.ts';
import { startWebServer } from '../test/support/web-server.ts';
import { readFileSync } from 'node:fs';
const page = `<title>Links</title><ul>${Array.from({ length: 5000 }, (_, i) => `<li><a href="/item/${i}"><span>Item <b>number ${i}</b></span></a></li>`).join('')}</ul><script>addEventListener('click', (event) => event.preventDefault());</script>`;
const q = (l: number[], p: number) => l.slice().sort((a, b) => a - b)[Math.min(l.length - 1, Math.floor(l.length * p))]!;
const site = await startWebServer(() => page);
const browser = await launchBrowser('chromium', { extensionDir: process.argv[2] ?? 'dist/chrome-bench' });
const consent = await browser.waitForPage('onboarding');
await consent.click('consent-accept');
await consent.waitFor('persisted');
const links = await browser.openPage(`http://links.example:${site.port}/`);
const session = await browser.devtools!('links.example');
const trace = async (categories: string, work: () => Promise<void>) => {
  const events: any[] = [];
  const on = ({ value }: any) => void events.push(...value);
  session.on('Tracing.dataCollected', on);
  await session.send('Tracing.start', { transferMode: 'ReportEvents', categories } as any);
  await work();
  const done = new Promise((r) => session.once('Tracing.tracingComplete', r));
  await session.send('Tracing.end');
  await done;
  session.off('Tracing.dataCollected', on);
  return events;
};
const click = async (n: number) => {
  for (let i = 0; i < n; i++) {
    for (const type of ['mousePressed', 'mouseReleased'] as const)
      await session.send('Input.dispatchMouseEvent', { type, x: 60, y: 30 + (i % 10) * 18, button: 'left', clickCount: 1 });
    await new Promise((r) => setTimeout(r, 25));
  }
};
const ours = (e: any) => e.args?.data?.url?.endsWith('observe.iife.js');
const loads = await trace('devtools.timeline,v8', async () => { for (let i = 0; i < 10; i++) await links.reload(); });
const mine = loads.filter(ours);
const names = new Map<string, number[]>();
for (const e of mine) names.set(e.name, [...(names.get(e.name) ?? []), (e.tdur ?? 0) / 1000]);
for (const [n, l] of names) console.log('load', n, l.length, 'p50', q(l, 0.5), 'max', q(l, 1));
// parts, in the isolated world
const contexts: any[] = [];
session.on('Runtime.executionContextCreated', (e: any) => contexts.push(e.context));
await session.send('Runtime.enable');
await new Promise((r) => setTimeout(r, 300));
const world = contexts.find((c) => c.auxData?.type === 'isolated' && /ARQ/.test(c.name));
console.log(contexts.map((c) => [c.name, c.auxData?.type]));
const measure = `(async () => {
  const q = (l, p) => l.slice().sort((a, b) => a - b)[Math.floor(l.length * p)].toFixed(3);
  const out = {};
  const time = async (name, f, n = 200) => { const l = []; for (let i = 0; i < n; i++) { const s = performance.now(); f(i); l.push(performance.now() - s); await new Promise((r) => setTimeout(r, 5)); } out[name] = [q(l, .05), q(l, .5), q(l, .95)]; };
  await time('nothing', () => {});
  await time('sendMessage', (i) => void chrome.runtime.sendMessage({ type: 'event.click', body: { role: 'link', text: 'Item number 5', target: 'http://links.example/item/5', nonce: 'A'.repeat(22 - String(i).length) + i } }).catch(() => {}));
  await time('sendMessage cb', (i) => void chrome.runtime.sendMessage({ type: 'event.click', body: { role: 'link', text: 'Item number 5', target: 'http://links.example/item/5', nonce: 'B'.repeat(22 - String(i).length) + i } }, () => void chrome.runtime.lastError));
  await time('random', () => crypto.getRandomValues(new Uint8Array(16)));
  await time('setTimeout', () => setTimeout(() => {}, 5000));
  await time('matches', () => { const a = document.querySelector('a b'); let e = a; while (e) { e.matches('a[*|href],area[href],button,summary,[role="button"],[role="link"],[role="tab"]'); e = e.parentElement; } });
  await time('walker', () => { const w = document.createTreeWalker(document.querySelector('a'), 4, (n) => n.parentElement?.closest('script,style,noscript,textarea,select,[contenteditable]:not([contenteditable="false"]),[hidden]') ? 2 : 1); while (w.nextNode()); });
  await time('textContent', () => document.querySelector('a').textContent);
  return out;
})()`;
const r = await session.send('Runtime.evaluate', { expression: measure, contextId: world.id, awaitPromise: true, returnByValue: true } as any) as any;
console.log(JSON.stringify(r.exceptionDetails ?? r.result?.value));
await browser.close(); await site.close();
