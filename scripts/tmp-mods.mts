import { build } from 'vite';
process.env.ARQ_TARGET='chrome';
process.chdir('/tmp/wt-live');
const res:any = await build({ root:'/tmp/wt-live', configFile:false, logLevel:'error', build:{ write:false, minify:true, target:['chrome137'], lib:{entry:process.argv[2],formats:['es'],fileName:'x'}, rollupOptions:{} } });
const out = (Array.isArray(res)?res[0]:res).output[0];
console.log(out.code.length);
for (const [id,m] of Object.entries(out.modules).sort((a:any,b:any)=>b[1].renderedLength-a[1].renderedLength).slice(0,14)) console.log((m as any).renderedLength, id.replace('/tmp/wt-live/',''));
