/** The worker in which a peer runs. What a peer needs is loaded with it, as in an extension that has chosen one. */
import '../first-line.ts';
import type { Request } from '../channel.ts';
import { serve } from '../serve.ts';
import type { Subject } from '../subject.ts';
import { DexieRows } from '../subjects/dexie.ts';
import { IdbRows } from '../subjects/idb-rows.ts';
import { SqliteWasm } from '../subjects/sqlite-wasm.ts';

/** `name`, or `name:variant`. */
function makeSubject(name: string): Subject {
  const [peer, variant = ''] = name.split(':');
  if (peer === 'idb-rows') return new IdbRows();
  if (peer === 'dexie') return new DexieRows();
  if (peer === 'sqlite-wasm') return new SqliteWasm(variant);
  throw new Error(`There is no peer called ${name}.`);
}

const run = serve(makeSubject);
globalThis.onmessage = ({ data }: MessageEvent<Request>) => run(data);
