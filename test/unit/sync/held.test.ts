/**
 * What the service holds, as the person is shown it: exactly what lies there, and of the contents nothing that was deleted.
 *
 * Over 300 lines, because everything that may be shown, or must not be, is asked of the same account.
 */
import Ajv from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { type Bytes, fromBase64Url, fromUtf8 } from '../../../src/base/bytes.ts';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import { ok } from '../../../src/base/result.ts';
import { schemasOf } from '../../../src/lifecycle/schemas.ts';
import type { HeldContents, HeldObject, HeldPage } from '../../../src/model/held.ts';
import type { Purge } from '../../../src/model/purge.ts';
import type { EraseTarget } from '../../../src/model/selector.ts';
import type { Slot } from '../../../src/protocol/ids.ts';
import { PATHS } from '../../../src/protocol/routes.ts';
import { readHeld } from '../../../src/sync/held.ts';
import { readHeldObject } from '../../../src/sync/held-object.ts';
import { objectsBecome } from '../../support/other-objects.ts';
import type { TestDevice } from '../../support/sync-world.ts';
import { a, b, usePair, world } from '../../support/two-devices.ts';

usePair();

const tryHeld = (device: TestDevice, span: Parameters<typeof readHeld>[1] = {}) =>
  device.run(() => device.sync.looking((session) => readHeld(session, span)));
async function held(device: TestDevice, span: Parameters<typeof readHeld>[1] = {}): Promise<HeldPage> {
  const page = await tryHeld(device, span);
  if (!page.ok) throw new Error(page.error.message);
  return page.value;
}
/** All of it, as a page puts it together. */
async function allHeld(device: TestDevice): Promise<{ objects: HeldObject[]; pages: number[] }> {
  const objects = new Map<string, HeldObject>();
  const pages: number[] = [];
  for (let before: number | undefined; ; ) {
    const page: HeldPage = await held(device, { before });
    pages.push(page.objects.length);
    for (const one of page.objects) if (!objects.has(one.slot)) objects.set(one.slot, one);
    if (page.next === undefined) return { objects: [...objects.values()], pages };
    before = page.next;
  }
}
const tryOpen = (device: TestDevice, slot: string) =>
  device.run(() => device.sync.looking((session) => readHeldObject(session, slot as Slot)));
async function opened(device: TestDevice, slot: string): Promise<HeldContents> {
  const contents = await tryOpen(device, slot);
  if (!contents.ok) throw new Error(contents.error.message);
  return contents.value;
}
type Told = Omit<HeldObject, 'inside' | 'closed'>;
/** What the service's own store has: of each object what is told of it, the newest write first. */
async function inStore(): Promise<Told[]> {
  const objects: Omit<Told, 'seq' | 'device'>[] = [];
  const writes = new Map<string, Pick<Told, 'seq' | 'device'>>();
  for await (const one of world.service.deps.store.dump(await world.accountId())) {
    if (one.type === 'object') objects.push({ slot: one.slot, etag: one.etag, size: one.size, atMs: one.at });
    if (one.type === 'change')
      for (const { slot } of one.ops) writes.set(slot, { seq: one.seq, device: one.device });
  }
  return objects
    .map((object) => ({ ...object, ...(writes.get(object.slot) ?? { seq: -1, device: '' }) }))
    .sort(bySeq);
}
const bySeq = (one: Told, other: Told) => other.seq - one.seq || (one.slot < other.slot ? -1 : 1);
const asTold = ({ inside: _, closed: __, ...told }: HeldObject): Told => told;
const ofKind = async (device: TestDevice, kind: string) =>
  (await allHeld(device)).objects.filter(({ inside }) => inside?.kind === kind);
const idOf = (device: TestDevice) => device.store.vault.deviceId;

/** Records of so many days, each sent. */
async function days(device: TestDevice, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await device.visit('one.example', `/page-${i}`);
    await device.round();
    world.pass(DAY_MS);
  }
}
const target = (host: string): EraseTarget => ({ what: 'site', host });
async function hide(device: TestDevice, host: string): Promise<void> {
  const nowMs = device.clock.nowMs();
  const purge: Purge = {
    id: 'x',
    reason: 'person',
    kind: 'site',
    targets: [{ what: 'site', host }],
    atMs: nowMs,
    dueMs: nowMs,
    untilMs: nowMs,
    syncing: true,
    count: 1,
  };
  await device.run(() => device.store.hide(purge, async () => undefined));
}

describe('the list', () => {
  it('is what the service stores, newest first, in bounded pages; each object once', async () => {
    await days(a, 4);
    await days(b, 2);
    await a.erase(target('one.example'));
    await days(a, 20);
    // B has heard of nothing since: what it knows of the account is old.
    b.network.forget();
    const late = await allHeld(b);
    expect(late.objects.map(asTold).sort(bySeq)).toEqual(await inStore());
    expect(late.pages.reduce((sum, one) => sum + one)).toBe(late.objects.length);
    // Each page asks for an object once, however often it was written.
    for (const { path, body } of b.network.sent) {
      if (path !== PATHS.get) continue;
      const { slots } = JSON.parse(fromUtf8(body as Bytes)) as { slots: string[] };
      expect(slots.length).toBe(new Set(slots).size);
    }
    await world.settle();
    const stored = await inStore();
    expect(stored.length).toBeGreaterThan(25);
    for (const device of [a, b]) {
      const { objects, pages } = await allHeld(device);
      expect(objects.map(asTold).sort(bySeq)).toEqual(stored);
      expect(objects.map(({ seq }) => seq)).toEqual(stored.map(({ seq }) => seq));
      expect(Math.max(...pages)).toBeLessThanOrEqual(21);
      expect(pages.length).toBeGreaterThan(1);
    }
  });

  it('says how much that is, as the service does', async () => {
    await days(a, 2);
    const { account, head } = await held(a);
    const stored = await inStore();
    expect(account).toEqual({
      createdMs: expect.any(Number),
      objects: stored.length,
      bytes: stored.reduce((sum, one) => sum + one.size, 0),
      logged: (await world.changes()).reduce((sum, { ops }) => sum + ops.length, 0),
    });
    expect(head).toBe((await world.changes()).length);
  });

  it('says what is in each object, who wrote it and how many events it has', async () => {
    await a.visit('one.example', '/a');
    await a.visit('one.example', '/b');
    await b.visit('two.example', '/c');
    await world.settle();
    const parts = await ofKind(b, 'part');
    const day = dayOf(a.clock.nowMs());
    expect(parts.map(({ inside, closed }) => [inside, closed])).toEqual(
      expect.arrayContaining([
        [{ kind: 'part', author: idOf(a), day, epoch: 1, events: 2 }, undefined],
        [{ kind: 'part', author: idOf(b), day, epoch: 1, events: 1 }, undefined],
      ]),
    );
    expect(parts).toHaveLength(2);
    for (const kind of ['ring', 'card']) expect(await ofKind(b, kind)).toHaveLength(2);
    expect(await ofKind(b, 'settings')).toHaveLength(1);
    expect((await held(b)).names).toEqual({ [idOf(a)]: 'd0', [idOf(b)]: 'd1' });
  });

  it('of what is new has only that, and what is gone', async () => {
    await days(a, 2);
    const { head } = await held(a);
    expect(await held(a, { after: head })).toMatchObject({ head, objects: [], gone: [] });
    const before = new Set((await allHeld(a)).objects.map(({ slot }) => slot));
    await a.erase({ what: 'page', url: 'https://one.example/page-0' });
    await a.visit('three.example', '/');
    await a.round();
    const news = await held(a, { after: head });
    const stored = new Set((await inStore()).map(({ slot }) => slot));
    expect(news.gone.toSorted()).toEqual([...before].filter((slot) => !stored.has(slot)).sort());
    expect(news.gone.length).toBeGreaterThan(0);
    expect(news.objects.map(({ seq }) => seq > head)).not.toContain(false);
    expect(news.objects.map(asTold).sort(bySeq)).toEqual((await inStore()).filter(({ seq }) => seq > head));
    expect(news.next).toBeUndefined();
  });

  it('goes without totals where an older service does not know the question', async () => {
    a.network.tamper = (request, answer) =>
      request.url.endsWith('/v1/account') ? Response.json({ code: 'NOT_FOUND' }, { status: 404 }) : answer;
    const page = await held(a);
    expect(page.account).toBeUndefined();
    expect(page.objects.length).toBeGreaterThan(0);
  });

  it('is refused with a sentence when the log has a gap, the service is away, or there is no account', async () => {
    await days(a, 3);
    a.network.tamper = async (request, answer) => {
      if (!request.url.includes('/v1/changes') || request.url.endsWith('limit=1')) return answer;
      const { changes, head } = (await answer.json()) as { changes: unknown[]; head: number };
      return Response.json({ changes: changes.toSpliced(1, 1), head });
    };
    expect(await tryHeld(a)).toMatchObject({ ok: false, error: { code: 'inconsistent' } });
    a.network.up();
    a.network.down();
    expect(await tryHeld(a)).toMatchObject({ ok: false, error: { code: 'unreachable' } });
    a.network.up();
    await a.run(() => a.sync.end('leave'));
    expect(await tryHeld(a)).toMatchObject({ ok: false, error: { code: 'sync-off' } });
  });

  it('is not told when the account was left, or the profile locked, while it was read', async () => {
    const told = await a.run(() =>
      a.sync.looking(async () => {
        a.sync.close();
        return ok('secret');
      }),
    );
    expect(told).toMatchObject({ ok: false, error: { code: 'sync-off' } });
  });
});

describe('an object', () => {
  it('is shown as its bytes beside what opens of it: the bytes have none of the words', async () => {
    await a.visit('one.example', '/a-known-title');
    await world.settle();
    for (const device of [a, b]) {
      const [part] = await ofKind(device, 'part');
      const contents = await opened(device, part?.slot ?? '');
      const bytes = fromBase64Url(contents.bytes) as Bytes;
      expect(bytes.length).toBe(part?.size);
      expect(fromUtf8Lossy(bytes)).not.toContain('known-title');
      expect(JSON.parse(contents.text ?? '')).toMatchObject([
        { kind: 'visit', url: 'https://one.example/a-known-title', title: '/a-known-title' },
      ]);
      expect(contents).toMatchObject({ cut: 0, leftOut: 0, unknown: 0, etag: part?.etag });
      expect(JSON.parse(contents.header ?? '')).toMatchObject({ kind: 'part', author: idOf(a) });
      expect(contents.headerBytes).toBeGreaterThan(160);
      expect(contents.headerBytes).toBeLessThan(bytes.length);
    }
  });

  it('has no keys in what is shown, and what a device signed is readable', async () => {
    await days(a, 2);
    await a.erase({ what: 'page', url: 'https://one.example/page-0' });
    await world.settle();
    const ring = (await ofKind(b, 'ring')).find(({ inside }) => inside?.author === idOf(a));
    const { text = '' } = await opened(b, ring?.slot ?? '');
    const keys = await a.run(async () => (await a.store.vault.ring('interactions')).map(({ raw }) => raw));
    expect(keys.length).toBeGreaterThan(0);
    expect(text).toContain('"key": "(not shown)"');
    expect(text).not.toMatch(/[A-Za-z0-9_-]{43}/);
    const [command] = await ofKind(b, 'erase');
    expect(JSON.parse((await opened(b, command?.slot ?? '')).text ?? '')).toMatchObject({
      said: { target: { what: 'page' } },
    });
  });

  it('that is removed meanwhile is said to be gone', async () => {
    await days(a, 1);
    const [part] = await ofKind(b, 'part');
    await a.erase(target('one.example'));
    await a.round();
    expect(await tryOpen(b, part?.slot ?? '')).toMatchObject({ ok: false, error: { code: 'gone' } });
  });

  it.each<[string, (bytes: Bytes) => Bytes, string, boolean]>([
    ['whose header was changed', (bytes) => flip(bytes, 60), 'changed', false],
    ['whose body was changed', (bytes) => flip(bytes, bytes.length - 20), 'broken', true],
    ["that is somebody else's", () => new Uint8Array(300), 'not-ours', false],
    ['that is empty', () => new Uint8Array(0), 'not-ours', false],
  ])('%s is shown as its bytes, and why it does not open', async (_, spoil, closed, hasHeader) => {
    await days(a, 1);
    await b.round();
    const [part] = await ofKind(b, 'part');
    objectsBecome(b, (found, bodies) =>
      bodies.map((body, i) => (found[i]?.slot === part?.slot ? spoil(body) : body)),
    );
    const contents = await opened(b, part?.slot ?? '');
    expect(contents.closed).toBe(closed);
    expect(contents.text).toBeUndefined();
    expect(contents.inside !== undefined).toBe(hasHeader);
    const listed = (await allHeld(b)).objects.find(({ slot }) => slot === part?.slot);
    expect(listed?.closed).toBe(closed);
    expect(listed?.size).toBe(fromBase64Url(contents.bytes)?.length);
  });

  it('does not open when its author publishes no key for it', async () => {
    await days(a, 1);
    await b.round();
    const [part] = await ofKind(b, 'part');
    const rings = await ofKind(b, 'ring');
    objectsBecome(b, (found, bodies) =>
      bodies.map((body, i) => (rings.some(({ slot }) => slot === found[i]?.slot) ? null : body)),
    );
    expect((await opened(b, part?.slot ?? '')).closed).toBe('no-key');
  });

  it('of an older master key opens; of one that is not here yet, it says so', async () => {
    await days(a, 1);
    await world.settle();
    const [part] = await ofKind(b, 'part');
    const card = (await ofKind(b, 'card')).find(({ inside }) => inside?.author === idOf(a));
    await a.rotate();
    await a.visit('one.example', '/after');
    await a.round();
    // B has not heard of the new key.
    const listed = await allHeld(b);
    const wrapped = listed.objects.find(({ slot }) => slot === card?.slot);
    expect(wrapped?.closed).toBe('other-epoch');
    expect((await opened(b, card?.slot ?? '')).closed).toBe('other-epoch');
    await world.settle();
    expect(b.epoch).toBe(2);
    const old = await opened(b, part?.slot ?? '');
    expect(old.closed).toBeUndefined();
    expect(old.inside).toMatchObject({ epoch: 1, events: 1 });
    expect(old.text).toContain('/page-0');
    expect((await opened(b, card?.slot ?? '')).inside).toMatchObject({ kind: 'card', epoch: 2 });
  });
});

describe('what was deleted', () => {
  /** A part of A with a page that stays and one that goes. */
  async function onePart(): Promise<string> {
    await a.visit('stays.example', '/stays');
    await a.visit('goes.example', '/goes');
    await world.settle();
    const [part] = await ofKind(b, 'part');
    return part?.slot ?? '';
  }
  const shown = async (device: TestDevice, slot: string) => {
    const { text = '', leftOut } = await opened(device, slot);
    return [text.includes('stays.example'), text.includes('goes.example'), leftOut];
  };

  it('is not shown while it waits to be deleted', async () => {
    const slot = await onePart();
    for (const device of [a, b]) {
      expect(await shown(device, slot)).toEqual([true, true, 0]);
      await hide(device, 'goes.example');
      expect(await shown(device, slot)).toEqual([true, false, 1]);
      await device.run(() => device.store.unhide());
      expect(await shown(device, slot)).toEqual([true, true, 0]);
    }
  });

  it('is not shown of the part of a device that has not carried it out yet', async () => {
    const slot = await onePart();
    await b.erase(target('goes.example'));
    expect(await shown(b, slot)).toEqual([true, false, 1]);
  });

  it('is not shown by an update alone: of a visit that lies in another part', async () => {
    const visit = await a.visit('goes.example', '/goes');
    await world.settle();
    const before = new Set((await ofKind(b, 'part')).map(({ slot }) => slot));
    await a.append(
      {
        kind: 'visit-update',
        visit: visit.id,
        atMs: a.clock.nowMs(),
        level: 'private',
        title: 'Title of goes',
      } as never,
      dayOf(visit.atMs),
    );
    await world.settle();
    const slot = (await ofKind(b, 'part')).find((one) => !before.has(one.slot))?.slot ?? '';
    expect((await opened(b, slot)).text).toContain('Title of goes');
    await hide(b, 'goes.example');
    expect(await opened(b, slot)).toMatchObject({ text: '[]', leftOut: 1 });
  });
});

describe('the export', () => {
  /** They hold to their schema. */
  async function exportedLines(bodies: boolean) {
    const lines = await b.run(async () => {
      const all: Readonly<Record<string, unknown>>[] = [];
      for await (const line of b.sync.holdings()?.held(bodies) ?? []) all.push(line);
      return all;
    });
    const schema = schemasOf('full', 'x')['service.json'] as object;
    const ajv = new Ajv({ formats: { 'date-time': true } });
    const file = { service: 'https://x.example', askedAt: '', complete: true, held: lines };
    expect(ajv.validate({ ...schema }, file), ajv.errorsText()).toBe(true);
    return lines;
  }

  it('has all of it too, holds to its schema, and says what each object is known to be here', async () => {
    await days(a, 2);
    await a.erase({ what: 'page', url: 'https://one.example/page-0' });
    await world.settle();
    const lines = await exportedLines(false);
    const { objects } = await allHeld(b);
    const writes = new Map(
      lines.flatMap(({ type, seq, device, ops }) =>
        type === 'change'
          ? (ops as { slot: string }[]).map(({ slot }) => [slot, { seq, device }] as const)
          : [],
      ),
    );
    const exported = lines
      .filter(({ type }) => type === 'object')
      .map(({ slot, etag, size, at, here }) => ({
        slot,
        etag,
        size,
        atMs: at,
        here,
        ...writes.get(`${slot}`),
      }));
    expect(exported.sort((one, other) => bySeq(one as never, other as never))).toEqual(
      objects.sort(bySeq).map(({ inside, ...told }) => ({
        ...told,
        here: {
          kind: inside?.kind,
          epoch: inside?.epoch,
          ...(inside?.day === undefined ? {} : { day: inside.day }),
        },
      })),
    );
  });

  it('has the bytes too when the person asks for them, each beside what opens of it, without keys and what was deleted', async () => {
    await days(a, 2);
    await a.erase({ what: 'page', url: 'https://one.example/page-0' });
    await world.settle();
    const lines = await exportedLines(true);
    const objects = lines.filter(({ type }) => type === 'object');
    expect(objects.length).toBeGreaterThan(4);
    for (const { slot, body } of objects) {
      const contents = await b.run(() => b.sync.looking((session) => readHeldObject(session, slot as Slot)));
      if (!contents.ok) throw new Error(contents.error.message);
      expect(body).toBe(contents.value.bytes);
    }
    const opened = JSON.stringify(objects.map((one) => one.opened));
    expect(opened).toContain('https://one.example/page-1');
    expect(opened).not.toContain('page-0');
    expect(opened).toContain('(not shown)');
    expect(objects.every((one) => 'header' in (one.opened as object))).toBe(true);
  });
});

const flip = (bytes: Bytes, at: number): Bytes => {
  const copy = bytes.slice();
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
};
const fromUtf8Lossy = (bytes: Bytes): string => new TextDecoder().decode(bytes);
