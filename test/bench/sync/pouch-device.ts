/** PouchDB in Node, on a database in memory, replicating as its documentation says. */

import http from 'pouchdb-adapter-http';
import memory from 'pouchdb-adapter-memory';
import PouchDB from 'pouchdb-core';
import replication from 'pouchdb-replication';
import { type Device, serveDevice } from './device.ts';
import { recordDays } from './records.ts';

PouchDB.plugin(memory).plugin(http).plugin(replication);
/** Documents that a request has: the default of 100 would be slower. */
const BATCH = 1_000;
const local = new PouchDB('records', { adapter: 'memory' });
let remote = '';

const device: Device = {
  async fill(records) {
    for (const { events } of recordDays(records, 'PouchDevice00000000000')) {
      const docs = events.map(({ id, ...event }) => ({ _id: id, ...event }));
      const failed = (await local.bulkDocs(docs)).filter((one) => 'error' in one);
      if (failed.length > 0) throw new Error(JSON.stringify(failed[0]));
    }
    return null;
  },
  async upload(url) {
    remote = `${url}/records`;
    const startMs = performance.now();
    await local.replicate.to(remote, { batch_size: BATCH });
    return { ms: performance.now() - startMs, more: remote };
  },
  invite: async () => remote,
  async download({ from, records }) {
    const startMs = performance.now();
    await local.replicate.from(from, { batch_size: BATCH });
    const ms = performance.now() - startMs;
    const { doc_count: count } = await local.info();
    if (count !== records) throw new Error(`${count} of ${records} documents came`);
    return ms;
  },
};
serveDevice(device);
