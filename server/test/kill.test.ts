/**
 * The real process is killed while eight devices write, twenty times on one folder. What was acknowledged stays, what was
 * not is there whole or not at all, and no number of the change feed ever stands for anything else.
 *
 * A killed process leaves its writes with the operating system: this shows the order of writing and answering, not what a
 * power cut would leave. `ARQ_SEED` repeats the choices of a run (not the timing of the machine).
 */
import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import { afterAll, expect, test } from 'vitest';
import { decodeFrame, splitBodies } from '../../src/protocol/frame.ts';
import type { Etag, Slot } from '../../src/protocol/ids.ts';
import { PATHS } from '../../src/protocol/routes.ts';
import {
  batchAnswerSchema,
  type Change,
  changesAnswerSchema,
  getAnswerSchema,
} from '../../src/protocol/wire.ts';
import { newTemporaryFolder, removeFolder } from '../../test/support/profile-folder.ts';
import { postAccount, TestClient } from './support/client.ts';
import { newAccount, newDevice, nextList, type TestAccount, type TestDevice } from './support/identity.ts';
import { type ServiceProcess, startProcess } from './support/process.ts';
import { newShared, pushOn, type Sent, type Shared, seededRandom } from './support/pushers.ts';

const ROUNDS = 20;
const MIN_MS = 30;
const MAX_MS = 600;
/** Few enough that devices get into each other's way. */
const SLOTS = 60;

const seed = Number(process.env.ARQ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const random = seededRandom(seed);
const folder = newTemporaryFolder('kill');
let service: ServiceProcess | null = null;
afterAll(async () => {
  await service?.end('SIGKILL');
  removeFolder(folder);
});

/** An account over all rounds. */
interface Subject {
  readonly made: TestAccount;
  readonly devices: readonly TestDevice[];
  readonly shared: Shared;
  /** The whole feed as last read; only ever longer. */
  feed: readonly Change[];
  /** Read while devices wrote: seen by somebody, so it may not change any more. */
  seen: readonly Change[];
}

const send = (request: Request): Promise<Response> => fetch(request);
const clientOf = (url: string, { made }: Subject, device: TestDevice) =>
  new TestClient(send, url, Date.now, made.id, device);

async function join(url: string, devices: number): Promise<Subject> {
  const made = await newAccount();
  expect((await postAccount(send, url, made.first.signed)).status).toBe(201);
  const more = await Promise.all(Array.from({ length: devices - 1 }, newDevice));
  const subject = { made, devices: [made.device, ...more], shared: newShared(SLOTS), feed: [], seen: [] };
  const list = await nextList(made.first, made.device, subject.devices);
  expect((await clientOf(url, subject, made.device).postList(list.signed)).status).toBe(200);
  return subject;
}

/** An honest client's patience with the rate limit. */
async function ask(client: TestClient, method: string, path: string, body?: string): Promise<Response> {
  for (;;) {
    const response = await client.call(method, path, body === undefined ? {} : { body });
    if (response.status !== 429) return response;
    await response.arrayBuffer();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function readFeed(client: TestClient): Promise<Change[]> {
  const feed: Change[] = [];
  for (;;) {
    const response = await ask(client, 'GET', `${PATHS.changes}?since=${feed.length}`);
    expect(response.status).toBe(200);
    const { changes, head } = v.parse(changesAnswerSchema, await response.json());
    feed.push(...changes);
    if (feed.length >= head) return feed;
    expect(changes.length).toBeGreaterThan(0);
  }
}

/** Reads the feed over and over while others write. */
async function watch(client: TestClient, subject: Subject): Promise<void> {
  for (;;) {
    try {
      const since = subject.seen.at(-1)?.seq ?? subject.feed.length;
      const response = await client.call('GET', `${PATHS.changes}?since=${since}&wait=1`);
      const json: unknown = await response.json();
      if (response.status !== 200) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        continue;
      }
      subject.seen = [...subject.seen, ...v.parse(changesAnswerSchema, json).changes];
    } catch (error) {
      if (error instanceof TypeError) return;
      throw error;
    }
  }
}

const isEntryOf = (sent: Sent, entry: Change | undefined): boolean =>
  entry?.device === sent.device && isDeepStrictEqual(entry.ops, sent.ops);

/** The feed against what everybody knows. @returns the live slots that it leads to. */
function checkFeed(subject: Subject, feed: readonly Change[]): Map<Slot, Etag> {
  expect(feed.map(({ seq }) => seq)).toEqual(feed.map((_, index) => index + 1));
  expect(feed.length).toBeGreaterThanOrEqual(subject.feed.length);
  for (const old of [...subject.feed, ...subject.seen]) expect(feed[old.seq - 1]).toEqual(old);

  const { sent } = subject.shared;
  for (const each of sent) {
    if (typeof each.outcome !== 'number') continue;
    expect(feed[each.outcome - 1]).toMatchObject({ device: each.device, ops: each.ops });
  }
  // Bodies are random, so an etag names one write: each entry is exactly one thing that was sent, whole, and only once.
  const byOps = new Map(sent.map((each) => [JSON.stringify([each.device, each.ops]), each]));
  const written = new Set<Sent>();
  for (const { device, ops } of feed) {
    const source = byOps.get(JSON.stringify([device, ops]));
    if (!source) throw new Error('the feed has an entry that nobody sent');
    expect(source.outcome).not.toBe('refused');
    if (ops.some(({ etag }) => etag !== null)) {
      expect(written.has(source)).toBe(false);
      written.add(source);
    }
  }
  const live = new Map<Slot, Etag>();
  for (const { ops } of feed)
    for (const { slot, etag } of ops) {
      if (etag === null) live.delete(slot);
      else live.set(slot, etag);
    }
  return live;
}

/** Every slot holds exactly the bytes that the feed says, and nothing else. */
async function checkBodies(client: TestClient, subject: Subject, live: ReadonlyMap<Slot, Etag>) {
  const held = new Map<Slot, Etag>();
  let asked: readonly Slot[] = subject.shared.slots;
  while (asked.length > 0) {
    const response = await ask(client, 'POST', PATHS.get, JSON.stringify({ slots: asked }));
    expect(response.status).toBe(200);
    const frame = decodeFrame(new Uint8Array(await response.arrayBuffer()));
    const head = v.parse(getAnswerSchema, frame?.head);
    const sizes = head.found.map(({ size }) => size);
    const bodies = splitBodies(frame?.rest ?? new Uint8Array(0), sizes) ?? [];
    for (const [index, { slot, etag }] of head.found.entries()) {
      expect(bodies[index]).toEqual(subject.shared.bodies.get(etag));
      held.set(slot, etag);
    }
    asked = head.rest;
  }
  expect(held).toEqual(live);
}

/** The repeat of a batch whose answer was lost gives its first answer when it was written. */
async function repeatUnanswered(url: string, subject: Subject, feed: readonly Change[]): Promise<number> {
  let found = 0;
  for (const sent of subject.shared.sent) {
    if (sent.outcome !== 'unknown') continue;
    const seq = feed.find((entry) => isEntryOf(sent, entry))?.seq;
    sent.outcome = seq ?? 'refused';
    if (seq === undefined) continue;
    found += 1;
    const device = subject.devices.find(({ id }) => id === sent.device) as TestDevice;
    if (sent.key === null) continue;
    const client = clientOf(url, subject, device);
    const answer = await client.batch(sent.writes, { key: sent.key, atomic: true });
    const { seq: first, results } = v.parse(batchAnswerSchema, await answer.json());
    expect([first, results.every(({ ok }) => ok)]).toEqual([seq, true]);
  }
  return found;
}

// Twenty starts of a process: on a busy machine each takes seconds.
test(`killed ${ROUNDS} times while eight devices write (ARQ_SEED=${seed})`, {
  timeout: 180_000,
}, async () => {
  console.log(`kill test: ARQ_SEED=${seed}`);
  const settings = { ARQ_PORT: '0', ARQ_DATA: folder };
  service = await startProcess({ settings });
  const subjects = [await join(service.url, 5), await join(service.url, 3)];
  const counts = { acknowledged: 0, refused: 0, unanswered: 0, ofThemWritten: 0 };

  for (let round = 1; round <= ROUNDS; round += 1) {
    const { url, end } = service;
    const moment = Date.now() + MIN_MS + random() * (MAX_MS - MIN_MS);
    // Every other time just when something was acknowledged, when whatever is answered too early is not yet written.
    const onAnswer = round % 2 === 0;
    const kill = () => void end('SIGKILL');
    const sentBefore = subjects.map(({ shared }) => shared.sent.length);
    const pushers = subjects.flatMap((subject) => [
      watch(clientOf(url, subject, subject.made.device), subject),
      ...subject.devices.map((device) =>
        pushOn(clientOf(url, subject, device), subject.shared, random, () => {
          if (onAnswer && Date.now() >= moment) kill();
        }),
      ),
    ]);
    // Where nothing is answered any more, the other way has to do.
    setTimeout(kill, moment - Date.now() + (onAnswer ? 1_000 : 0));
    await Promise.all(pushers);
    expect((await end('SIGKILL')).signal).toBe('SIGKILL');

    service = await startProcess({ settings });
    for (const [index, subject] of subjects.entries()) {
      const { shared, made } = subject;
      const client = clientOf(service.url, subject, made.device);
      const feed = await readFeed(client);
      const live = checkFeed(subject, feed);
      await checkBodies(client, subject, live);
      for (const { outcome } of shared.sent.slice(sentBefore[index])) {
        if (outcome === 'refused') counts.refused += 1;
        else counts[outcome === 'unknown' ? 'unanswered' : 'acknowledged'] += 1;
      }
      counts.ofThemWritten += await repeatUnanswered(service.url, subject, feed);
      subject.feed = await readFeed(client);
      subject.seen = [];
      expect(subject.feed).toEqual(feed);
      shared.held.clear();
      for (const [slot, etag] of live) shared.held.set(slot, etag);
    }
  }
  console.log(`kill test: ${JSON.stringify(counts)}`);
  // Without all of these, nothing was shown.
  expect(counts.acknowledged).toBeGreaterThan(ROUNDS * 10);
  expect(counts.unanswered).toBeGreaterThan(ROUNDS);
});
