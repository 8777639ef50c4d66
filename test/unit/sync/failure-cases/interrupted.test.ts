/**
 * Failure cases S1, S11 and S17 of the design: answers that do not come, are refusals, or come cut, twice or in another order. Every single
 * request and every single write of a round is in `interrupted.test.ts`.
 */
import { describe, expect, it, vi } from 'vitest';
import { toHex } from '../../../../src/base/bytes.ts';
import { LIMITS } from '../../../../src/protocol/limits.ts';
import type { Change, ChangesAnswer } from '../../../../src/protocol/wire.ts';
import { readCursor } from '../../../../src/sync/feed.ts';
import { readStaged } from '../../../../src/sync/outbox.ts';
import { feedBecomes } from '../../../support/lying-service.ts';
import { objectsBecome } from '../../../support/other-objects.ts';
import { expectStopped, GAP } from '../../../support/stopped-sync.ts';
import type { TestDevice } from '../../../support/sync-world.ts';
import { a, b, newPair, oracle, usePair, world } from '../../../support/two-devices.ts';

usePair();

const isBatch = ({ url }: { readonly url: string }) => url.endsWith('/v1/batch');
const batches = (device: TestDevice) =>
  device.network.sent.filter(({ path }) => path === '/v1/batch').map(({ body }) => toHex(body));

describe('S1: a worker that is stopped after the service committed sends the same bytes again, and there is one version', () => {
  /** As when the worker is gone at that moment: nothing that it began comes to an end. */
  const stops: readonly (readonly [string, (answered: () => void) => void])[] = [
    [
      'before the answer came',
      (answered) => {
        a.network.tamper = (request, answer) => {
          if (!isBatch(request)) return answer;
          answered();
          return new Promise(() => {});
        };
      },
    ],
    [
      'before anything of the answer was stored',
      (answered) => {
        a.network.tamper = (request, answer) => {
          if (!isBatch(request)) return answer;
          a.context.writesLeft = 0;
          answered();
          return answer;
        };
      },
    ],
  ];
  it.each(stops)('%s', async (_, stop) => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    await oracle.visit(a, 'one.example', '/a');
    await a.set({ level: 'anonymous' });
    const before = (await world.changes()).length;
    a.network.forget();
    const committed = new Promise<void>((answered) => stop(answered));
    const round = a.round().catch(() => {});
    await committed;
    if (a.context.writesLeft === 0) await round;
    const written = (await world.changes()).slice(before);
    expect(written).toHaveLength(1);
    await a.restart();
    expect(await a.run(() => readStaged(a.store))).toHaveLength(1);
    expect(await a.outbox()).toBeGreaterThan(0);
    a.network.up();
    const answers: unknown[] = [];
    a.network.tamper = async (request, answer) => {
      if (isBatch(request)) answers.push(await answer.clone().json());
      return answer;
    };
    expect((await a.round()).phase).toBe('synced');
    expect(batches(a)).toEqual([batches(a)[0], batches(a)[0]]);
    // The answer of then: the entry that it named is the one that there is.
    expect(answers).toMatchObject([{ seq: written[0]?.seq }]);
    expect((await world.changes()).slice(before)).toEqual(written);
    expect(await a.outbox()).toBe(0);
    await world.settle();
    await oracle.check();
    expect(b.settings().level).toBe('anonymous');
  });
});

/**
 * Batches are cut below the protocol's limits before they are sent (`outbox.test.ts`: "more than one batch takes"), and a client does not
 * ask for a service's own. So a refusal for size cannot be helped by cutting more: what waits is parked with a sentence.
 */
describe('S11: what the service has no room for is parked with a message, and goes when there is room', () => {
  it('507: the account is full, until something is deleted', async () => {
    world.end();
    await newPair({ objects: 8 });
    for (let i = 0; i < 3; i++) {
      await oracle.visit(a, 'one.example', `/${i}`);
      await a.round();
      world.pass();
    }
    await oracle.visit(a, 'two.example', '/too-much');
    expect((await a.round()).message).toMatch(
      /^The account is full at the sync service\. Delete old records/,
    );
    // It waits over a restart, and recording goes on.
    const waiting = await a.outbox();
    await a.restart();
    await oracle.visit(a, 'two.example', '/more');
    expect(await a.outbox()).toBe(waiting + 1);
    expect((await a.round()).message).toMatch(/^The account is full/);
    expect(await a.outbox()).toBe(waiting + 1);
    await oracle.erase(a, { what: 'site', host: 'one.example' });
    await world.settle();
    await oracle.check();
    expect(oracle.urls()).toEqual(['https://two.example/more', 'https://two.example/too-much']);
  });

  it('413: the service takes less at once than it says, until its host mends that', async () => {
    Object.assign(world.service.deps.limits, { bodyBytes: 2_000 });
    a.network.tamper = (request, answer) =>
      request.url.endsWith('/v1/limits') ? Response.json(LIMITS) : answer;
    for (let i = 0; i < 60; i++)
      await oracle.visit(a, 'one.example', `/${i}/${toHex(crypto.getRandomValues(new Uint8Array(40)))}`);
    const events = await a.outbox();
    expect(await a.round()).toMatchObject({
      phase: 'error',
      message: 'The sync service takes less at once than it should. Tell its host; nothing was lost.',
    });
    // With its card, which says how many records there are.
    const waiting = events + 1;
    expect(await a.outbox()).toBe(waiting);
    await a.restart();
    expect((await a.round()).message).toMatch(/takes less at once than it should/);
    expect(await a.outbox()).toBe(waiting);
    expect(a.network.sent.filter(({ path }) => path === '/v1/limits').length).toBeGreaterThan(0);
    Object.assign(world.service.deps.limits, { bodyBytes: LIMITS.bodyBytes });
    await world.settle();
    await oracle.check();
  });
});

describe('S17: a page of the feed', () => {
  /** Something of everything that a device takes over, in several entries. */
  async function aSendsThings(): Promise<void> {
    await oracle.visit(a, 'gone.example', '/a');
    await world.settle();
    for (const page of ['/1', '/2']) {
      world.pass();
      await oracle.visit(a, 'one.example', page);
      await a.round();
    }
    await oracle.erase(a, { what: 'site', host: 'gone.example' });
    await a.set({ rules: [{ id: 'r', host: 'rule.example', capture: 'skip' }] });
    await a.round();
    await oracle.visit(b, 'two.example', '/b');
  }
  const cut = async (answer: Response, part: number) => {
    const bytes = await answer.arrayBuffer();
    return new Response(bytes.slice(0, Math.floor(bytes.byteLength * part)), { headers: answer.headers });
  };

  it.each<[string, string, number]>([
    ['cut in its middle', '/v1/changes', 0.5],
    ['cut to nothing', '/v1/changes', 0],
    ['whose objects are cut in their middle', '/v1/get', 0.5],
    ['whose last object is cut', '/v1/get', 0.99],
  ])('%s is not taken at all, and taken whole with the next round', async (_, path, part) => {
    await aSendsThings();
    const [cursor, urls] = [await b.run(() => readCursor(b.store)), await b.urls()];
    b.network.tamper = (request, answer) => (request.url.includes(path) ? cut(answer, part) : answer);
    expect((await b.round()).phase).toBe('error');
    expect(await b.run(() => readCursor(b.store))).toBe(cursor);
    expect(await b.urls()).toEqual(urls);
    b.network.up();
    await world.settle();
    await oracle.check();
  });

  it('that has less than there is is taken, and then the rest', async () => {
    await aSendsThings();
    let pages = 0;
    b.network.tamper = async (request, answer) => {
      if (!request.url.includes('/v1/changes')) return answer;
      pages += 1;
      const { changes, head }: ChangesAnswer = await answer.json();
      return Response.json({ changes: changes.slice(0, 1), head });
    };
    expect((await b.round()).phase).toBe('synced');
    expect(pages).toBeGreaterThan(2);
    b.network.up();
    await world.settle();
    await oracle.check();
  });

  it('that is applied again changes nothing', async () => {
    await oracle.visit(a, 'one.example', '/a');
    await oracle.visit(a, 'two.example', '/a');
    await a.set({ level: 'anonymous' });
    await world.settle();
    await oracle.erase(a, { what: 'site', host: 'two.example' });
    await world.settle();
    for (const forget of ['cursor only', 'cursor and objects'] as const) {
      await b.run(async () => {
        await b.store.db.put('metadata', 0, 'cursor');
        if (forget === 'cursor and objects') await b.store.db.clear('peers');
      });
      await b.round();
      await world.settle();
      await oracle.check();
    }
  });

  it('whose objects come in another order gives the same', async () => {
    await aSendsThings();
    objectsBecome(b, (_, bodies) => bodies, 'reversed');
    expect((await b.round()).phase).toBe('synced');
    b.network.up();
    await world.settle();
    await oracle.check();
  });

  it('whose objects come twice is not taken', async () => {
    await aSendsThings();
    const urls = await b.urls();
    objectsBecome(b, (_, bodies) => bodies, 'twice');
    expect((await b.round()).message).toMatch(/not an ARQ sync service/);
    expect(await b.urls()).toEqual(urls);
    b.network.up();
    await world.settle();
    await oracle.check();
  });

  // An honest service numbers its entries, so these are lies, after which nothing is taken from it any more (docs/decisions/0018).
  it.each<[string, (entries: readonly Change[]) => readonly Change[]]>([
    ['whose entries come in another order', (entries) => entries.toReversed()],
    ['that has an entry twice', ([first, ...rest]) => [first as Change, first as Change, ...rest]],
    ['that lacks an entry', ([first, , ...rest]) => [first as Change, ...rest]],
  ])('%s is not taken, and ends sync with a sentence', async (_, change) => {
    await aSendsThings();
    const before = await b.run(() => readCursor(b.store));
    feedBecomes(world, b, (all) => [...all.slice(0, before), ...change(all.slice(before))]);
    const urls = await b.urls();
    await expectStopped(b, GAP);
    expect((await b.urls()).filter((url) => !url.endsWith('/later'))).toEqual(urls);
  });
});
