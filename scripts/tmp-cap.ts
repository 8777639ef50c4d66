import { readFileSync } from 'node:fs';
import { captureNavigation, keptNow } from '../src/capture/capture.ts';
import { searchOf } from '../src/capture/search-engines.ts';
import { parseSettings } from '../src/model/settings.ts';
const urls = readFileSync('/work/shared/data/pages.tsv','utf8').split('\n').slice(1,600).map(l=>l.split('\t').find(x=>x.startsWith('http'))!).filter(Boolean);
const s = {...parseSettings(undefined), consent:'accepted'} as any;
const ms:number[]=[];
for (const url of urls){const t=performance.now(); captureNavigation({url,title:'',atMs:Date.now(),transition:'link'} as any,s); keptNow(url,s); searchOf(url); ms.push(performance.now()-t);}
console.log(urls.length, ms[0], ms[1], ms.slice().sort((a,b)=>a-b)[ms.length>>1], ms.slice().sort((a,b)=>a-b)[Math.floor(ms.length*.95)]);
