/** PouchDB in a page, on the browser's IndexedDB, replicating as its documentation says. */
import http from 'pouchdb-adapter-http';
import idb from 'pouchdb-adapter-idb';
import PouchDB from 'pouchdb-core';
import replication from 'pouchdb-replication';

declare global {
  /** Makes documents of the records that the page's server gives, which is not measured. Resolves with how many. */
  var pouchFill: () => Promise<number>;
  /** Ms until all of it is at, or from, that address. */
  var pouchUpload: (url: string) => Promise<number>;
  var pouchDownload: (url: string, records: number) => Promise<number>;
}

PouchDB.plugin(idb).plugin(http).plugin(replication);
/** Documents that a request has: the default of 100 takes longer. */
const BATCH = { batch_size: 1_000 };
const local = new PouchDB('records', { adapter: 'idb' });

globalThis.pouchFill = async () => {
  const records = (await (await fetch('/records')).json()) as { readonly _id: string }[];
  for (let i = 0; i < records.length; i += 1_000) {
    const failed = (await local.bulkDocs(records.slice(i, i + 1_000))).filter((one) => 'error' in one);
    if (failed.length > 0) throw new Error(JSON.stringify(failed[0]));
  }
  return records.length;
};
globalThis.pouchUpload = async (url) => {
  const startMs = performance.now();
  await local.replicate.to(url, BATCH);
  return performance.now() - startMs;
};
globalThis.pouchDownload = async (url, records) => {
  const startMs = performance.now();
  await local.replicate.from(url, BATCH);
  const ms = performance.now() - startMs;
  const { doc_count: count } = await local.info();
  if (count !== records) throw new Error(`${count} of ${records} documents came`);
  return ms;
};
