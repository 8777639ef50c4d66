import { beforeEach, describe, expect, it } from 'vitest';
import type { TestDevice } from '../../support/sync-world.ts';
import { a, b, oracle, usePair, world } from '../../support/two-devices.ts';

usePair();

beforeEach(async () => {
  await oracle.visit(a, 'one.example', '/a');
  await oracle.visit(b, 'two.example', '/b');
  await world.settle();
});

async function end(device: TestDevice, how: 'leave' | 'delete'): Promise<void> {
  expect(await device.run(() => device.sync.end(how))).toEqual({ ok: true, value: null });
  expect(device.sync.state()).toEqual({ phase: 'off' });
}

/** Nothing of an account is left but what was recorded. */
async function isOff(device: TestDevice): Promise<void> {
  expect(await device.outbox()).toBe(0);
  expect(await device.knownSlots()).toEqual([]);
  device.network.forget();
  await device.visit('alone.example', '/');
  await device.restart();
  expect((await device.round()).phase).toBe('off');
  expect(device.network.sent).toEqual([]);
  expect(await device.outbox()).toBe(0);
}

describe('leaving an account', () => {
  it('keeps everything here, sends what waited, and leaves the others in step', async () => {
    await oracle.visit(b, 'two.example', '/last');
    await end(b, 'leave');
    expect(await b.urls()).toEqual(oracle.urls());
    await isOff(b);
    await world.settle([a]);
    expect(await a.urls()).toEqual(oracle.urls());
    expect(a.sync.state().devices?.map(({ name }) => name)).toEqual(['d0']);
  });

  it('and coming back with the same profile loses nothing and doubles nothing', async () => {
    await end(b, 'leave');
    // Both go on alone.
    await oracle.visit(b, 'two.example', '/alone');
    await oracle.visit(a, 'one.example', '/alone');
    await oracle.erase(a, { what: 'page', url: 'https://two.example/b' });
    await world.settle([a]);
    world.pass();
    await world.join(a, b);
    // It still had what was deleted in the account meanwhile: that goes when its person says so.
    expect((await b.round()).phase).toBe('asks');
    await b.run(() => b.sync.agree(b.sync.preview()?.deleted.of ?? ''));
    await world.settle();
    await oracle.check();
    // And once more, the other way round.
    await end(a, 'leave');
    await world.join(b, a);
    await world.settle();
    await oracle.check();
  });

  it('and coming back has the settings of both, the stricter where they differ', async () => {
    await b.set({ level: 'anonymous' });
    await world.settle();
    await a.set({ level: 'private' });
    await world.settle();
    await end(b, 'leave');
    await b.set({ level: 'ephemeral', rules: [{ id: 'r', host: 'b.example', capture: 'skip' }] });
    await world.join(a, b);
    await world.settle();
    expect(a.settings()).toEqual(b.settings());
    expect(b.settings()).toMatchObject({ level: 'ephemeral', rules: [{ host: 'b.example' }] });
  });

  it('and what was erased while away does not come back', async () => {
    await oracle.visit(b, 'secret.example', '/x');
    await world.settle();
    await end(b, 'leave');
    await b.erase({ what: 'site', host: 'secret.example' });
    await world.join(a, b);
    await world.settle();
    expect(await b.urls()).not.toContain('https://secret.example/x');
    // Its own part of it, under a key that is gone, is taken away from the service too.
    expect(await b.knownSlots()).toEqual(await world.liveSlots());
    for (const device of world.devices) expect(device.sync.state().phase).toBe('synced');
  });

  it('and what it recorded and erased while away does not come back from what another device sent for it', async () => {
    const secret = await oracle.visit(b, 'secret.example', '/x');
    await oracle.visit(a, 'other.example', '/x');
    await world.settle();
    await end(b, 'leave');
    await a.round();
    // It sends the day anew, with what nobody else has to send any more.
    await a.erase({ what: 'site', host: 'other.example' });
    await a.round();
    await b.erase({ what: 'site', host: 'secret.example' });
    await world.join(a, b);
    await b.round();
    await b.run(() => b.sync.agree(b.sync.preview()?.deleted.of ?? ''));
    await world.settle();
    expect(secret).toBeDefined();
    expect(await b.urls()).not.toContain('https://secret.example/x');
  });

  it('that nobody hears of can be tried again', async () => {
    b.network.fate = (nth) => (nth >= 0 ? 'lost-answer' : 'ok');
    expect(await b.run(() => b.sync.end('leave'))).toMatchObject({
      ok: false,
      error: { code: 'unreachable' },
    });
    expect(b.sync.state().phase).not.toBe('off');
    expect(await b.urls()).toEqual(oracle.urls());
    b.network.up();
    await end(b, 'leave');
    await isOff(b);
  });

  it('is possible without the service too, when the person says so', async () => {
    b.network.fate = () => 'lost-request';
    expect(await b.run(() => b.sync.end('leave', true))).toMatchObject({ ok: true });
    expect(await b.urls()).toEqual(oracle.urls());
    await isOff(b);
  });
});

describe('a round that fails before the end', () => {
  const batchesFail = () => {
    b.network.fate = (_, { url }) => (url.endsWith('/v1/batch') ? 'lost-request' : 'ok');
  };
  const ended = (how: 'leave' | 'delete', anyway = false) => b.run(() => b.sync.end(how, anyway));

  it.each<[string, () => Promise<unknown>]>([
    ['recorded', () => b.visit('late.example', '/')],
    ['deleted', () => b.erase({ what: 'page', url: 'https://one.example/a' })],
  ])('keeps what was %s from being left behind unsaid', async (_, late) => {
    await late();
    batchesFail();
    const refused = await ended('leave');
    expect(refused).toMatchObject({ ok: false, error: { code: 'not-sent' } });
    expect(refused.ok ? '' : refused.error.message).toMatch(
      /did not reach your other devices yet.*does not answer/,
    );
    expect(b.sync.state().phase).not.toBe('off');
    expect(await ended('leave', true)).toEqual({ ok: true, value: null });
    await isOff(b);
  });

  it('is tried again, and then nothing is left behind', async () => {
    await oracle.visit(b, 'late.example', '/');
    batchesFail();
    expect(await ended('leave')).toMatchObject({ error: { code: 'not-sent' } });
    b.network.up();
    await end(b, 'leave');
    await world.settle([a]);
    expect(await a.urls()).toEqual(oracle.urls());
  });

  it('keeps an account only while the others do not know of a deletion', async () => {
    await b.visit('late.example', '/');
    await b.erase({ what: 'page', url: 'https://one.example/a' });
    batchesFail();
    const refused = await ended('delete');
    expect(refused.ok ? '' : refused.error.message).toMatch(/^What was deleted here lately is not deleted/);
    b.network.fate = () => 'lost-request';
    // A service that does not answer has deleted nothing, whatever the person says.
    expect(await ended('delete', true)).toMatchObject({ error: { code: 'unreachable' } });
    batchesFail();
    expect(await ended('delete', true)).toEqual({ ok: true, value: null });
  });

  it('with nothing deleted here keeps no account from going', async () => {
    await b.visit('late.example', '/');
    batchesFail();
    expect(await ended('delete')).toEqual({ ok: true, value: null });
  });
});

describe('deleting the account', () => {
  it('leaves every device what it has, and nothing at the service', async () => {
    const account = await world.accountId();
    await end(a, 'delete');
    expect(await world.service.deps.store.currentList(account)).toBeNull();
    expect(await a.urls()).toEqual(oracle.urls());
    await isOff(a);
    // The other one is told, keeps everything, and can leave by itself.
    const state = await b.round();
    expect(state.phase).toBe('error');
    expect(state.message).toMatch(/This device is not part of the account any more/);
    expect(await b.urls()).toEqual(oracle.urls());
    await end(b, 'leave');
    expect(await b.urls()).toEqual(oracle.urls());
  });

  it('and making a new one with the same profiles has everything once', async () => {
    await end(a, 'delete');
    await end(b, 'leave');
    await world.create(b);
    await world.join(b, a);
    await world.settle();
    await oracle.check();
    expect(await a.urls()).toHaveLength(2);
  });

  it('and what was erased in the old one does not erase in the new one', async () => {
    // "Everything up to now" was said of this device's memory, in an account that is gone.
    await a.erase({ what: 'all' });
    await world.settle();
    await end(a, 'delete');
    await end(b, 'leave');
    const c = await world.device('c');
    const old = await c.visit('kept.example', '/', a.clock.nowMs() - 1_000_000);
    await world.create(a);
    await world.join(a, c);
    await world.settle([a, c]);
    expect((await a.records()).map(({ id }) => id)).toEqual([old.id]);
    expect(await c.records()).toEqual(await a.records());
  });
});
