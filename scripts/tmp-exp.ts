import { chromium } from 'playwright-core';
import { startWebServer } from '../test/support/web-server.ts';
import { findBrowser } from './browsers.mjs';
const site = await startWebServer(() => '<title>x</title>hi');
const found = findBrowser('chromium') as any;
const ctx = await chromium.launchPersistentContext('/tmp/exp-prof', { executablePath: found.path ?? found, headless: false, args: ['--headless=new', '--no-sandbox', '--disable-extensions-except=/tmp/ext-exp', '--load-extension=/tmp/ext-exp', '--host-resolver-rules=MAP *.example 127.0.0.1'], ignoreDefaultArgs: ['--disable-extensions'] });
const page = await ctx.newPage();
const s = await ctx.newCDPSession(page);
const ev: any[] = [];
s.on('Tracing.dataCollected', ({ value }: any) => void ev.push(...value));
await s.send('Tracing.start', { transferMode: 'ReportEvents', categories: process.argv[2] ?? 'devtools.timeline' } as any);
await page.goto(`http://l.example:${site.port}/`);
await page.waitForFunction(() => document.title === 'done', null, { timeout: 120000 });
const done = new Promise((r) => s.once('Tracing.tracingComplete', r));
await s.send('Tracing.end'); await done;
const by = new Map<string, number[]>();
for (const e of ev) if (e.name === 'FunctionCall' && e.args?.data?.url?.endsWith('cs.js')) by.set(e.args.data.functionName, [...(by.get(e.args.data.functionName) ?? []), e.tdur / 1000]);
for (const [n, l] of by) { l.sort((a, b) => a - b); console.log(n.padEnd(10), l.length, 'min', l[0], 'p50', l[l.length >> 1], 'p95', l[Math.floor(l.length * .95)]); }
await ctx.close(); await site.close();
