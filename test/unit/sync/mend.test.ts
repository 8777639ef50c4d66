/** What does not open on one device: which key it needs, what brings it back, and what erasing it takes. */
import { describe, expect, it } from 'vitest';
import {
  closedReport,
  eraseClosed,
  fetchClosed,
  tryPhrase,
} from '../../../src/background/services/closed.ts';
import { toBase64Url } from '../../../src/base/bytes.ts';
import { DAY_MS, dayOf, dayStartMs } from '../../../src/base/clock.ts';
import { newMasterKey } from '../../../src/crypto/account-keys.ts';
import { CARRIED_OUT } from '../../../src/model/purge.ts';
import { eventsOf } from '../../../src/storage/vault.ts';
import { damageDay, damageKeys } from '../../support/damage.ts';
import { SERVICE_URL, type TestDevice } from '../../support/sync-world.ts';
import { a, b, oracle, usePair, world } from '../../support/two-devices.ts';

usePair();

const parts = (device: TestDevice) => ({ profile: device.profile, sync: device.sync });
const look = (device: TestDevice) => device.run(() => closedReport(parts(device)));
const today = () => dayOf(a.clock.nowMs());
const pack = (device: TestDevice) => device.run(() => device.store.pack(true));

/** Two days of both, packed on A; the older one is given back. */
async function twoDays(): Promise<string> {
  const old = today();
  await oracle.visit(a, 'old.example', '/a');
  await oracle.visit(b, 'old.example', '/b');
  await world.settle();
  world.pass(2 * DAY_MS);
  await oracle.visit(a, 'new.example', '/a');
  await world.settle();
  await pack(a);
  return old;
}

async function damageKey(device: TestDevice, day: string): Promise<void> {
  await device.run(() => damageKeys(device.store, eventsOf(day)));
  await device.restart();
}

describe('a day whose key does not open', () => {
  it('says which key that is and how much needs it, and comes back from the account', async () => {
    const old = await twoDays();
    await damageKey(a, old);
    expect(await look(a)).toMatchObject({
      objects: 0,
      days: [{ day: old, records: 2, open: 0, needs: [{ of: 'day', generation: 1, why: 'damaged' }] }],
    });
    expect(a.profile.damagedRows).toBeGreaterThan(0);
    const fetched = await a.run(() => fetchClosed(parts(a)));
    expect(fetched).toMatchObject({ ok: true, value: { days: [], mended: 1, lacking: [] } });
    expect(a.profile.damagedRows).toBe(0);
    await world.settle();
    await oracle.check();
    await a.restart();
    expect((await look(a)).days).toEqual([]);
  });

  it('is missing one, and comes back too', async () => {
    const old = await twoDays();
    await a.run(async () => {
      const ring = await a.store.keys.ring();
      await a.store.keys.rewrite(ring.filter(({ day }) => day !== old));
    });
    await a.restart();
    expect((await look(a)).days).toMatchObject([{ day: old, needs: [{ why: 'missing' }] }]);
    expect(await a.run(() => fetchClosed(parts(a)))).toMatchObject({ ok: true, value: { days: [] } });
    await world.settle();
    await oracle.check();
  });
});

describe('what is deleted while the service is asked for its key', () => {
  it.each(['the day', 'what does not open'])('(%s) gets no destroyed key back', async (what) => {
    const old = await twoDays();
    const keysOfDay = async () =>
      (await a.run(() => a.store.vault.ring('interactions')))
        .filter(({ day }) => day === old)
        .map(({ raw }) => toBase64Url(raw));
    const held = await keysOfDay();
    await damageKey(a, old);
    let deleted: Promise<unknown> | undefined;
    a.network.tamper = async (request, answer) => {
      if (request.url.endsWith('/v1/get'))
        deleted ??= a.run(() =>
          what === 'the day'
            ? a.erase({ what: 'range', fromMs: dayStartMs(old), toMs: dayStartMs(old) + DAY_MS })
            : a.store.dropClosed([old]),
        );
      await deleted;
      return answer;
    };
    const mended = await a.run(() => a.sync.mend([old]));
    expect(deleted).toBeDefined();
    expect(mended).toMatchObject({ ok: true, value: { keys: 0 } });
    a.network.up();
    expect(held.length).toBeGreaterThan(0);
    const now = await keysOfDay();
    for (const key of held) expect(now).not.toContain(key);
  });
});

describe('a day whose records are damaged', () => {
  it('has them again from the account; erasing what does not open then loses nothing anywhere', async () => {
    const old = await twoDays();
    await a.run(() => damageDay(a.store, old));
    expect((await look(a)).days).toMatchObject([{ day: old, records: 2, open: 0, needs: [] }]);
    const fetched = await a.run(() => fetchClosed(parts(a)));
    // The damaged rows are still there, and beside them what they had.
    expect(fetched).toMatchObject({ ok: true, value: { mended: 0, days: [{ day: old, open: 2 }] } });
    const erased = await a.run(() => eraseClosed(parts(a), [old]));
    expect(erased).toMatchObject({ ok: true, value: { days: [], lacking: [] } });
    const { entries } = await a.run(() => a.store.deletions.read());
    expect(entries.map(({ step, kind, records }) => [step, kind, records])).toEqual(
      CARRIED_OUT.map((step) => [step, 'closed', 2]),
    );
    await world.settle();
    await oracle.check();
    const newcomer = await world.device('newcomer');
    await world.join(b, newcomer);
    await world.settle();
    await oracle.check();
  });

  it('is not erased while the service does not have it all, and says so', async () => {
    const old = await twoDays();
    await a.run(() => damageDay(a.store, old));
    a.network.tamper = async (request, answer) =>
      request.url.endsWith('/v1/get')
        ? new Response((await answer.arrayBuffer()).slice(0, 40), { headers: answer.headers })
        : answer;
    const broken = await a.run(() => eraseClosed(parts(a), [old]));
    expect(broken.ok).toBe(false);
    a.network.up();
    expect((await look(a)).days).toMatchObject([{ day: old }]);
    // Parts that are gone from the service, though A knows of them.
    const account = await world.accountId();
    const { found } = await world.service.deps.store.get(account, (await world.liveSlots()) as never, 1e9);
    const peers = await a.run(() => a.store.db.getAll('peers'));
    const part = peers.find(({ kind, day }) => kind === 'part' && day === old);
    expect(found.some(({ slot }) => slot === part?.slot)).toBe(true);
    const ops = [{ op: 'delete', slot: part?.slot as never, ifMatch: undefined }] as const;
    const batch = { key: null, device: b.store.vault.deviceId as never, atMs: 0, atomic: false, ops };
    await world.service.deps.store.commit(account, batch, world.service.deps.limits);
    const kept = await a.run(() => eraseClosed(parts(a), [old]));
    expect(kept).toMatchObject({ ok: true, value: { lacking: [old] } });
    expect((await a.run(() => a.store.deletions.read())).entries).toEqual([]);
    expect((await look(a)).days).toMatchObject([{ day: old, rows: 1 }]);
  });
});

describe('without an account', () => {
  it('erasing takes what does not open and leaves what does, on the same day and on others', async () => {
    const c = await world.device('c');
    const old = today();
    await c.visit('closed.example', '/');
    await pack(c);
    await c.visit('open.example', '/');
    await c.run(() => damageDay(c.store, old));
    world.pass(2 * DAY_MS);
    await c.visit('new.example', '/');
    await pack(c);
    expect((await look(c)).days).toMatchObject([{ day: old, records: 1, open: 1 }]);
    expect(await c.run(() => fetchClosed(parts(c)))).toMatchObject({
      ok: false,
      error: { code: 'sync-off' },
    });
    expect(await c.run(() => eraseClosed(parts(c), [old]))).toMatchObject({ ok: true, value: { days: [] } });
    expect(await c.urls()).toEqual(['https://new.example/', 'https://open.example/']);
    await c.restart();
    expect(await c.urls()).toEqual(['https://new.example/', 'https://open.example/']);
  });
});

describe('the recovery phrase', () => {
  it('opens keys that lie under the account’s master key, and says when it is a wrong one', async () => {
    const secret = a.store.vault.recoverySecret() as NonNullable<
      ReturnType<typeof a.store.vault.recoverySecret>
    >;
    const old = await twoDays();
    // The ring came from a copy of the profile: its rows are under the account's key, the profile is not.
    const ring = await a.run(() => a.store.keys.ring());
    await a.run(() => a.sync.end('leave', true, true));
    await a.run(() => a.store.exclusive(() => a.store.vault.adoptMaster(newMasterKey())));
    await a.run(() => a.store.keys.rewrite(ring));
    await a.restart();
    expect((await look(a)).days.map(({ day }) => day)).toContain(old);
    const wrong = await a.run(() => tryPhrase(parts(a), SERVICE_URL, new Uint8Array(16)));
    expect(wrong).toMatchObject({ ok: false, error: { code: 'wrong-phrase' } });
    const right = await a.run(() => tryPhrase(parts(a), SERVICE_URL, secret));
    expect(right).toMatchObject({ ok: true, value: { days: [] } });
    expect(await a.urls()).toEqual(oracle.urls());
  });

  it('opens keys that lie under any master key that the account had', async () => {
    const secret = a.store.vault.recoverySecret() as NonNullable<
      ReturnType<typeof a.store.vault.recoverySecret>
    >;
    const old = await twoDays();
    const rings = [await a.run(() => a.store.keys.ring())];
    await a.rotate();
    await world.settle();
    world.pass(DAY_MS);
    await oracle.visit(a, 'second.example', '/');
    await world.settle();
    const second = today();
    rings.push((await a.run(() => a.store.keys.ring())).filter(({ day }) => day === second));
    await a.rotate();
    await world.settle();
    // Of the first two master keys, as they lay under them.
    await a.run(() => a.store.keys.rewrite(rings.flat()));
    await a.restart();
    expect((await look(a)).days.map(({ day }) => day)).toEqual(expect.arrayContaining([old, second]));
    const right = await a.run(() => tryPhrase(parts(a), SERVICE_URL, secret));
    expect(right).toMatchObject({ ok: true, value: { days: [] } });
    expect(await a.urls()).toEqual(oracle.urls());
  });
});
