// module evaluation cost inside the worker
import { readFileSync } from 'node:fs';
console.log(readFileSync('dist/chrome-bench/manifest.json','utf8').slice(0,600));
